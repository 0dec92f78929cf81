"""Rich text: what may stay in it (S33)."""

from __future__ import annotations

import html
import re

import nh3

TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "dd", "dl", "dt", "em", "figcaption",
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

OWN_ADDRESS = re.compile(r"/(?!/)[^\\\s\x00-\x20]*")


def _keep(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("img", "src"):
        # SECURITY: a foreign image would tell another host who reads what (S29). Browsers
        # take a backslash for a slash and drop tabs, so neither may be in the address.
        return value if OWN_ADDRESS.fullmatch(value) else None
    return value


def sanitise(markup: str) -> str:
    """`markup` with only the tags and attributes a document may hold.

    No script, style, handler, form, `javascript:` or foreign image survives (S33); links to
    other hosts get `rel="noopener noreferrer"`.
    """
    return nh3.clean(
        markup.replace("\x00", ""),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
        attribute_filter=_keep,
        strip_comments=True,
    )


def plain_text(markup: str) -> str:
    """The words of `markup`, blocks separated by a space."""
    spaced = re.sub(r"<(/?(?:p|li|h\d|tr|td|th|div|br|blockquote))\b", r" <\1", markup)
    return re.sub(r"\s+", " ", html.unescape(nh3.clean(spaced, tags=set()))).strip()
