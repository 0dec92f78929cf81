"""Sanitised rich text as a tree: what comparing, printing and checking it need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.richtext import sanitise

INLINE = {"a", "b", "br", "code", "em", "i", "img", "s", "strong", "sub", "sup", "u"}
VOID = {"br", "hr", "img"}
HEADINGS = ("h2", "h3", "h4")
# Callouts: class, word, icon.
CALLOUTS = {
    "nota": (gettext_lazy("Nota"), "info-circle"),
    "aviso": (gettext_lazy("Aviso"), "exclamation-triangle"),
    "importante": (gettext_lazy("Importante"), "exclamation-octagon"),
}


@dataclass
class Element:
    """A tag with its attributes and children; a child is an Element or text."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: list[Element | str] = field(default_factory=list)

    def get(self, name: str) -> str:
        """Value of an attribute, or the empty string."""
        return dict(self.attributes).get(name, "")

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in the order of the text."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    @property
    def text(self) -> str:
        """The words inside, as they stand."""
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    @property
    def is_inline(self) -> bool:
        return self.tag in INLINE

    @property
    def holds_blocks(self) -> bool:
        """Whether a child is a block, so that its text is not one run of words."""
        return any(isinstance(c, Element) and not c.is_inline for c in self.children)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, tuple((name, value or "") for name, value in attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        for at in range(len(self.open) - 1, 0, -1):
            if self.open[at].tag == tag:
                del self.open[at:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(markup: str) -> Element:
    """The tree of `markup`, sanitised first; its root has no tag.

    Words that stand outside any block are put in a paragraph, and the blanks between blocks
    are dropped, so that every child of the root is a block.
    """
    builder = _Builder()
    builder.feed(sanitise(markup))
    builder.close()
    _gather(builder.root, wrap=True)
    return builder.root


def _gather(element: Element, *, wrap: bool) -> None:
    """Drop blanks between blocks; with `wrap`, put loose words into paragraphs."""
    if not (wrap or element.holds_blocks):
        return
    blocks: list[Element | str] = []
    for child in element.children:
        if isinstance(child, Element) and not child.is_inline:
            _gather(child, wrap=child.tag in ("blockquote", "aside"))
            blocks.append(child)
        elif blocks and isinstance(blocks[-1], Element) and blocks[-1].tag == "" and wrap:
            blocks[-1].children.append(child)
        elif isinstance(child, str) and not child.strip():
            continue
        else:
            blocks.append(Element("", (), [child]) if wrap else child)
    for block in blocks:
        if isinstance(block, Element) and block.tag == "":
            block.tag = "p"
    element.children = blocks


def to_html(node: Element | str) -> str:
    """`node` as HTML, everything escaped."""
    if isinstance(node, str):
        return escape(node, quote=False)
    inner = "".join(to_html(child) for child in node.children)
    if not node.tag:
        return inner
    if node.tag in VOID:
        return open_tag(node)
    return f"{open_tag(node)}{inner}</{node.tag}>"


def open_tag(element: Element) -> str:
    """The opening tag of `element`."""
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.attributes)
    return f"<{element.tag}{attributes}>"


def without_inner_links(element: Element) -> Element:
    """`element` with links to pages of the staff replaced by their words."""
    children: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str):
            children.append(child)
            continue
        child = without_inner_links(child)
        href = child.get("href")
        if child.tag == "a" and href.startswith("/") and not href.startswith("/atencion/"):
            children.extend(child.children)
        else:
            children.append(child)
    return Element(element.tag, element.attributes, children)


def labelled(element: Element) -> Element:
    """`element` with its callouts as notes that begin with their word: colour alone tells
    nothing."""
    children = [c if isinstance(c, str) else labelled(c) for c in element.children]
    if element.tag != "aside":
        return Element(element.tag, element.attributes, children)
    kind = element.get("class") if element.get("class") in CALLOUTS else "nota"
    word, icon = CALLOUTS[kind]
    mark = Element("i", (("class", f"bi bi-{icon}"), ("aria-hidden", "true")))
    label = Element("p", (("class", "callout-word"),), [mark, f" {word}"])
    attributes = (("class", f"callout callout-{kind}"), ("role", "note"))
    return Element("div", attributes, [label, *children])


def fitted(element: Element, level: int) -> Element:
    """`element` with its headings shifted together so that the highest one is of `level`."""
    found = [int(e.tag[1]) for e in element.walk() if e.tag in HEADINGS]
    return _shifted(element, level - min(found, default=level))


def _shifted(element: Element, by: int) -> Element:
    children = [c if isinstance(c, str) else _shifted(c, by) for c in element.children]
    tag = element.tag
    if tag in HEADINGS:
        tag = f"h{min(6, int(tag[1]) + by)}"
    return Element(tag, element.attributes, children)


def print_blocks(markup: str) -> list[dict[str, Any]]:
    """`markup` as plain data for a typst template: never as markup of typst (S38).

    A block is {tag, children}; words are {text, marks, href}. What is not a block or a word
    a printed page can show (an image) stands as its alternative text.
    """
    return [_print_block(child) for child in parse(markup).children if isinstance(child, Element)]


def _print_block(element: Element) -> dict[str, Any]:
    if element.tag == "aside":
        word, _icon = CALLOUTS.get(element.get("class"), CALLOUTS["nota"])
        label = Element("p", (), [Element("strong", (), [f"{word}"])])
        return {
            "tag": "blockquote",
            "children": _print_children(Element("", (), [label, *element.children])),
        }
    if element.tag == "table":
        rows = [e for e in element.walk() if e.tag == "tr"]
        cells = [[c for c in row.children if isinstance(c, Element)] for row in rows]
        width = max((sum(_span(c) for c in row) for row in cells), default=1)
        return {
            "tag": "table",
            "columns": width or 1,
            "rows": [
                [
                    {
                        "head": cell.tag == "th",
                        "span": min(_span(cell), width),
                        "children": _print_children(cell),
                    }
                    for cell in row
                ]
                for row in cells
            ],
        }
    return {"tag": element.tag, "children": _print_children(element)}


def _span(cell: Element) -> int:
    text = cell.get("colspan")
    return max(1, min(20, int(text))) if text.isascii() and text.isdigit() else 1


def _print_children(element: Element) -> list[dict[str, Any]]:
    children: list[dict[str, Any]] = []
    for child in element.children:
        if isinstance(child, Element) and not child.is_inline:
            children.append(_print_block(child))
        else:
            children.extend(_print_words(child, (), ""))
    return children


def _print_words(node: Element | str, marks: tuple[str, ...], href: str) -> list[dict[str, Any]]:
    if isinstance(node, str):
        text = re.sub(r"\s+", " ", node)
        return [{"tag": "text", "text": text, "marks": list(marks), "href": href}] if text else []
    if node.tag == "br":
        return [{"tag": "br"}]
    if node.tag == "img":
        words = _("[Imagen: %(words)s]") % {"words": node.get("alt") or _("sin descripción")}
        return [{"tag": "text", "text": words, "marks": ["em"], "href": ""}]
    if node.tag == "a":
        href = node.get("href")
    else:
        marks = (*marks, {"b": "strong", "i": "em"}.get(node.tag, node.tag))
    return [word for child in node.children for word in _print_words(child, marks, href)]


def faults_of(markup: str) -> list[str]:
    """What keeps `markup` from being accessible, in words; empty when nothing (M25)."""
    faults = []
    level = 2
    for element in parse(markup).walk():
        if element.tag == "img" and not element.get("alt").strip():
            faults.append(_("Hay una imagen sin texto que la describa."))
        elif element.tag in HEADINGS:
            if not element.text.strip():
                faults.append(_("Hay un título vacío."))
            if int(element.tag[1]) > level + 1:
                faults.append(
                    _("El título «%(title)s» se salta un nivel.") % {"title": element.text.strip()}
                )
            level = int(element.tag[1])
    return faults
