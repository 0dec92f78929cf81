"""The picture of causes (Ishikawa) in numbers: where each bone and each word stands.

A server-drawn SVG: three branches above the spine, three below. The list beside it says the
same in words; the picture itself is hidden from screen readers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.text import Truncator

from apps.improvement.selectors import Why

WIDTH = 1120
HEAD = 180
ROW = 24
LETTERS = 33
SHOWN = 5
TOP = 34


@dataclass(frozen=True)
class Rib:
    """A reason on a bone: its line from (x1, y) to (x2, y) and its words above it."""

    x1: float
    x2: float
    y: float
    text: str
    is_root: bool


@dataclass(frozen=True)
class Bone:
    """A branch: a line from its name at (x1, y1) to the spine at (x2, y2)."""

    title: str
    x1: float
    y1: float
    x2: float
    y2: float
    title_y: float
    ribs: list[Rib] = field(default_factory=list)
    more: int = 0


@dataclass(frozen=True)
class Fishbone:
    """The whole picture. `head` are the lines of the finding's title."""

    width: int
    height: float
    spine: float
    spine_end: int
    head: list[tuple[str, float]]
    head_y: float
    head_height: float
    bones: list[Bone]


def draw(title: str, branches: list[tuple[str, str, list[Why]]]) -> Fishbone:
    """The picture of `branches` (key, name, reasons) that lead to `title`."""
    most = max(1, min(SHOWN, max((len(whys) for _key, _name, whys in branches), default=1)))
    arm = ROW * (most + 1) + 10
    spine = TOP + arm
    end = WIDTH - HEAD
    span = (end - 20) / 3
    bones = []
    for place, (_key, name, whys) in enumerate(branches):
        column, below = place % 3, place >= 3
        foot = 20 + span * (column + 1) - 8
        lean = span * 0.28
        away = 1 if below else -1
        tip = spine + away * arm
        ribs = []
        for row, why in enumerate(whys[:SHOWN]):
            y = spine + away * (ROW * (row + 1))
            at = foot - lean * abs(y - spine) / arm
            ribs.append(
                Rib(
                    x1=round(at - span * 0.74, 1),
                    x2=round(at, 1),
                    y=round(y, 1),
                    text=Truncator(f"{why.number} {why.cause.text}").chars(LETTERS),
                    is_root=why.cause.is_root,
                )
            )
        bones.append(
            Bone(
                title=name,
                x1=round(foot - lean, 1),
                y1=round(tip, 1),
                x2=round(foot, 1),
                y2=spine,
                title_y=round(tip + (18 if below else -8), 1),
                ribs=ribs,
                more=max(0, len(whys) - SHOWN),
            )
        )
    lines = _lines(title)
    height = 18 * len(lines) + 16
    first = spine - height / 2 + 22
    return Fishbone(
        width=WIDTH,
        height=spine + arm + TOP,
        spine=spine,
        spine_end=end,
        head=[(line, round(first + 18 * place, 1)) for place, line in enumerate(lines)],
        head_y=round(spine - height / 2, 1),
        head_height=height,
        bones=bones,
    )


def _lines(title: str) -> list[str]:
    """`title` on at most four lines of 22 letters."""
    lines = [""]
    for word in title.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= 22 or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    if len(lines) > 4:
        lines = [*lines[:3], f"{lines[3]}…"]
    return [Truncator(line).chars(24) for line in lines]
