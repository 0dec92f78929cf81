"""What people type or paste, made into the rich text a document may hold.

Word marks lists by styles of paragraphs and fills the text with its own tags; that is turned
into plain lists and paragraphs here, in one pass over the text. What may stay is decided by
`core.richtext.sanitise`, which every text passes afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

# A text with none of these is plain: its blank lines part paragraphs.
MARKUP = re.compile(
    r"</?(?:p|h[1-6]|ul|ol|li|table|t[rdh]|a|b|i|u|s|em|strong|br|hr|img|div|span|blockquote|aside)"
    r"(?:\s[^<>]*=[^<>]*)?\s*/?>",
    re.IGNORECASE,
)
WORD = re.compile(r"mso-|urn:schemas-microsoft-com|class=\"?Mso|<o:p", re.IGNORECASE)
# Whole parts of a Word clipboard that are never text.
DROPPED = ("<style", "</style>"), ("<xml", "</xml>"), ("<head", "</head>"), ("<title", "</title>")
# The bullet or number that Word wrote for those who cannot make lists.
MARKERS = (
    ("<![if !supportlists]>", "<![endif]>"),
    ("<!--[if !supportlists]-->", "<!--[endif]-->"),
)
# Where a marker stood, until the lists are made.
MARKED = re.compile("\x01([^\x01\x02]*)\x02")
LEVEL = re.compile(r"mso-list:\s*l\d+\s+level(\d)", re.IGNORECASE)
NUMBERED = re.compile(r"^\W?(?:\d+|[a-z]|[ivx]+)[.)]", re.IGNORECASE)
# Pictures stay on the disk of who copied: they are added to the text one by one.
PICTURE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
OWN_TAG = re.compile(r"</?[a-z][a-z0-9]*:[^<>]*>|<!\[[^\]<>]*\]>|<!\[[^<>]*>", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")
EMPTY = re.compile(r"<(p|h[1-6])(?:\s[^<>]*)?>(?:\s|&nbsp;|\xa0|<br>|</?span[^<>]*>)*</\1>")
HEADING = re.compile(r"<(/?)h([1-6])\b", re.IGNORECASE)


def from_input(text: str) -> str:
    """Rich text of what was typed or pasted into a field; still to be sanitised.

    Plain text becomes paragraphs: a blank line parts them, a line break stays one.
    """
    if not MARKUP.search(text):
        return paragraphs(text)
    if WORD.search(text):
        text = from_word(text)
    return EMPTY.sub("", _levelled(text))


def paragraphs(text: str) -> str:
    """Plain `text` as paragraphs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = [block.strip() for block in re.split(r"\n[ \t]*\n", text) if block.strip()]
    return "".join(
        f"<p>{escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks
    )


def from_word(text: str) -> str:
    """The clipboard of Word without what is only Word's, its lists made into lists."""
    text = text.replace("\x01", "").replace("\x02", "")
    for begin, end in DROPPED:
        text = _between(text, begin, end, lambda inner: "")
    for begin, end in MARKERS:
        text = _between(text, begin, end, lambda inner: f"\x01{TAG.sub('', inner)}\x02")
    text = _between(text, "<!--", "-->", lambda inner: "")
    text = PICTURE.sub("", MARKED.sub("", _lists(text)))
    return OWN_TAG.sub("", text)


def _lists(text: str) -> str:
    """Paragraphs that Word styles as entries of a list, as a list."""
    parts: list[str] = []
    open_lists: list[str] = []
    for block in re.split(r"(?<=</p>)", text):
        at = block.rfind("<p")
        level = LEVEL.search(block, at, block.find(">", at) + 1 or len(block)) if at >= 0 else None
        if (block if level is None else block[:at]).strip():
            parts.extend(f"</li></{kind}>" for kind in reversed(open_lists))
            open_lists.clear()
        if level is None:
            parts.append(block)
            continue
        parts.append(block[:at])
        inner = block[block.find(">", at) + 1 :].removesuffix("</p>")
        marker = MARKED.search(inner)
        words = marker.group(1).replace("&nbsp;", " ").strip() if marker else ""
        kind = "ol" if NUMBERED.match(words) else "ul"
        depth = min(int(level.group(1)), len(open_lists) + 1)
        while len(open_lists) > depth:
            parts.append(f"</li></{open_lists.pop()}>")
        if len(open_lists) == depth:
            parts.append("</li>")
        else:
            open_lists.append(kind)
            parts.append(f"<{kind}>")
        parts.append(f"<li>{MARKED.sub('', inner).strip()}")
    parts.extend(f"</li></{kind}>" for kind in reversed(open_lists))
    return "".join(parts)


def _between(text: str, begin: str, end: str, made: Callable[[str], str]) -> str:
    """`text` with what stands from `begin` to `end` (lower case) replaced by what is `made` of
    it; an unclosed one takes the rest."""
    lower, parts, at = text.lower(), [], 0
    while (start := lower.find(begin, at)) >= 0:
        parts.append(text[at:start])
        stop = lower.find(end, start)
        inner_end = len(text) if stop < 0 else stop
        parts.append(made(text[start + len(begin) : inner_end]))
        at = len(text) if stop < 0 else stop + len(end)
    return "".join([*parts, text[at:]])


def _levelled(text: str) -> str:
    """Headings within h2 to h4: h1 is the title of the page."""
    first = re.search(r"<h1\b", text, re.IGNORECASE) is not None
    return HEADING.sub(
        lambda found: f"<{found.group(1)}h{min(4, max(2, int(found.group(2)) + first))}", text
    )
