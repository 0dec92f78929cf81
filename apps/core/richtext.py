"""Rich text: what may stay in it (S33)."""

from __future__ import annotations

import html
import re

import nh3

TAGS = {
    "a", "aside", "b", "blockquote", "br", "caption", "code", "dd", "dl", "dt", "em", "figcaption",
    "figure", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p", "s", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
}

# Callouts: what a reader must not miss.
CLASSES = {"aside": {"nota", "aviso", "importante"}}
# Where pictures of documents are served; nothing else is fetched by opening a page.
PICTURE = re.compile(r"/manual/imagenes/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/")
# An image whose address was not kept: nh3 writes attributes in double quotes.
NO_PICTURE = re.compile(r'<img(?: (?!src=)[a-z]+="[^"]*")*>')


def _keep(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("img", "src"):
        # SECURITY: a foreign image would tell another host who reads what (S29), and an
        # address of ours could do something when it is fetched: only pictures are.
        return value if PICTURE.fullmatch(value) else None
    return value


def sanitise(markup: str) -> str:
    """`markup` with only the tags and attributes a document may hold.

    No script, style, handler, form, `javascript:` or foreign image survives (S33); links to
    other hosts get `rel="noopener noreferrer"`.
    """
    clean = nh3.clean(
        markup.replace("\x00", ""),
        tags=TAGS,
        attributes=ATTRIBUTES,
        allowed_classes=CLASSES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
        attribute_filter=_keep,
        strip_comments=True,
    )
    return NO_PICTURE.sub("", clean)


def plain_text(markup: str) -> str:
    """The words of `markup`, blocks separated by a space."""
    spaced = re.sub(r"<(/?(?:p|li|h\d|tr|td|th|div|br|blockquote))\b", r" <\1", markup)
    return re.sub(r"\s+", " ", html.unescape(nh3.clean(spaced, tags=set()))).strip()
