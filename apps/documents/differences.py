"""What changed between two texts: by block, then by word (M10)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.documents.markup import Element, fitted, labelled, open_tag, parse, to_html

# Below this likeness two blocks are told as one taken away and one added.
ALIKE = 0.35
# Longer texts are compared by block only: the time of a word comparison is bounded.
WORDS_MAX = 4000

_WORD = re.compile(r"\s+|\w+(?:[.,:]\d+)*|[^\w\s]")


@dataclass(frozen=True)
class _Word:
    """A word of a line with the inline tags around it; a void tag is a word of its own."""

    text: str
    around: tuple[str, ...] = ()
    markup: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.markup and not self.text.strip()


def changed_words(old: str, new: str, *, signs: bool = False) -> SafeString:
    """`new` as HTML, with what was taken from plain `old` in <del> and what came in <ins>.

    Each is told in words to a screen reader; with `signs`, also with a visible sign.
    """
    return _trusted(_compare_words(_split(old, ()), _split(new, ()), signs))


def changed_text(old: str, new: str, *, signs: bool = False, level: int = 2) -> SafeString:
    """The same for rich text: block by block, and by word inside blocks that are alike.

    Its headings are shifted to begin at `level`. An empty `old` or `new` gives a
    text that came or went as a whole.
    """
    # Both are shifted as one, so that a heading that stayed keeps its level.
    both = labelled(fitted(Element("", (), [parse(old), parse(new)]), level))
    before, after = both.children
    return _trusted(_compare_children(before.children, after.children, signs))


def _trusted(html: str) -> SafeString:
    # SECURITY: built here from sanitised trees only; every word was escaped on the way.
    return mark_safe(html)  # noqa: S308


def _mark(op: str, inner: str, signs: bool) -> str:
    if not inner:
        return ""
    said = _("texto nuevo: ") if op == "ins" else _("texto quitado: ")
    sign = ""
    if signs:
        sign = f'<span class="sign" aria-hidden="true">{"+" if op == "ins" else "−"}</span>'
    return f'<{op}><span class="visually-hidden">{escape(said)}</span>{sign}{inner}</{op}>'


def _compare_children(old: list, new: list, signs: bool) -> str:
    before = [to_html(child) for child in old]
    after = [to_html(child) for child in new]
    parts = []
    for op, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            parts.extend(after[c:d])
        else:
            parts.append(_compare_run(old[a:b], new[c:d], signs))
    return "".join(parts)


def _compare_run(old: list, new: list, signs: bool) -> str:
    """Pair blocks that are alike, in their order; the others went or came as a whole."""
    pairs, start = [], 0
    for come, block in enumerate(new):
        for gone in range(start, len(old)):
            if _are_alike(old[gone], block):
                pairs.append((gone, come))
                start = gone + 1
                break
    parts, a, c = [], 0, 0
    for gone, come in [*pairs, (len(old), len(new))]:
        parts.extend(_whole(block, "del", signs) for block in old[a:gone])
        parts.extend(_whole(block, "ins", signs) for block in new[c:come])
        if gone < len(old):
            parts.append(_compare_pair(old[gone], new[come], signs))
        a, c = gone + 1, come + 1
    return "".join(parts)


def _are_alike(old: Element | str, new: Element | str) -> bool:
    if isinstance(old, str) or isinstance(new, str) or old.tag != new.tag:
        return False
    first, second = _WORD.findall(old.text), _WORD.findall(new.text)
    if old.tag in ("ul", "ol", "table", "tbody", "thead") or not (first and second):
        return True
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.quick_ratio() >= ALIKE and (
        max(len(first), len(second)) > WORDS_MAX or matcher.ratio() >= ALIKE
    )


def _compare_pair(old: Element, new: Element, signs: bool) -> str:
    if old.holds_blocks or new.holds_blocks:
        inner = _compare_children(old.children, new.children, signs)
    elif new.tag == "hr":
        return open_tag(new)
    else:
        inner = _compare_words(_words(old), _words(new), signs)
    return f"{open_tag(new)}{inner}</{new.tag}>"


def _whole(node: Element | str, op: str, signs: bool) -> str:
    """A block that came or went: its words marked, its shape kept."""
    if isinstance(node, str) or node.is_inline:
        return _mark(op, to_html(node), signs) if to_html(node).strip() else ""
    if node.tag == "hr":
        return open_tag(node)
    if node.holds_blocks:
        inner = "".join(_whole(child, op, signs) for child in node.children)
    else:
        words = "".join(to_html(child) for child in node.children)
        inner = _mark(op, words, signs)
    return f"{open_tag(node)}{inner}</{node.tag}>"


def _words(element: Element, around: tuple[str, ...] = ()) -> list[_Word]:
    found: list[_Word] = []
    for child in element.children:
        if isinstance(child, str):
            found.extend(_split(child, around))
        elif child.tag in ("br", "img"):
            found.append(_Word("", around, open_tag(child)))
        else:
            found.extend(_words(child, (*around, open_tag(child))))
    return found


def _split(text: str, around: tuple[str, ...]) -> list[_Word]:
    return [_Word(" " if word.isspace() else word, around) for word in _WORD.findall(text)]


def _compare_words(old: list[_Word], new: list[_Word], signs: bool) -> str:
    if max(len(old), len(new)) > WORDS_MAX:
        return _mark("del", _run(old), signs) + " " + _mark("ins", _run(new), signs)
    steps = _joined(SequenceMatcher(None, old, new, autojunk=False).get_opcodes(), new)
    parts = []
    for op, a, b, c, d in steps:
        if op == "equal":
            parts.append(_run(new[c:d]))
            continue
        gone, come = _mark("del", _run(old[a:b]), signs), _mark("ins", _run(new[c:d]), signs)
        parts.append(f"{gone} {come}" if gone and come else gone + come)
    return "".join(parts)


def _joined(opcodes: list, new: list[_Word]) -> list[tuple[str, int, int, int, int]]:
    """Changes with only a blank or one sign between them are told as one change."""
    joined: list[tuple[str, int, int, int, int]] = []
    for at, (op, a, b, c, d) in enumerate(opcodes):
        between = (
            op == "equal"
            and 0 < at < len(opcodes) - 1
            and all(not word.text.isalnum() and not word.markup for word in new[c:d])
            and d - c <= 2
        )
        if (op != "equal" or between) and joined and joined[-1][0] != "equal":
            _op, first_a, _b, first_c, _d = joined[-1]
            joined[-1] = ("replace", first_a, b, first_c, d)
        else:
            joined.append((op, a, b, c, d))
    return joined


def _run(words: list[_Word]) -> str:
    """Words as HTML, those with the same tags around them sharing one pair."""
    parts: list[str] = []
    open_now: tuple[str, ...] = ()
    for word in words:
        shared = 0
        while (
            shared < min(len(open_now), len(word.around))
            and open_now[shared] == word.around[shared]
        ):
            shared += 1
        parts.extend(_closing(tag) for tag in reversed(open_now[shared:]))
        parts.extend(word.around[shared:])
        open_now = word.around
        parts.append(word.markup or escape(word.text, quote=False))
    parts.extend(_closing(tag) for tag in reversed(open_now))
    return "".join(parts)


def _closing(tag: str) -> str:
    return f"</{tag[1:].split(' ')[0].rstrip('>')}>"
