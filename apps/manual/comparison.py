"""What changed between two versions of a procedure: by fact, by step and by word (M10)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.documents.differences import changed_text, changed_words
from apps.manual.content import FACTS, Content, StepContent

# What surrounds the words of a step: attribute, label, icon.
HOW = (
    ("role", gettext_lazy("Responsable"), "person"),
    ("accountable", gettext_lazy("Responde"), "person-check"),
    ("limit", gettext_lazy("Plazo"), "clock"),
    ("tool", gettext_lazy("Herramienta"), "display"),
    ("channel", gettext_lazy("Canal"), "chat-dots"),
    ("form", gettext_lazy("Formulario"), "file-earmark-text"),
    ("record", gettext_lazy("Queda"), "archive"),
)
RICH_FIELDS = (
    ("body", gettext_lazy("Introducción")),
    ("example", gettext_lazy("Ejemplo")),
    ("notes", gettext_lazy("Casos especiales")),
)


@dataclass(frozen=True)
class Difference:
    """A named text as HTML with its changes marked."""

    label: str | Promise
    html: SafeString
    icon: str = ""


@dataclass(frozen=True)
class StepDifference:
    """A step that changed. `kinds`: "added", "removed", "moved", "changed"."""

    key: str
    kinds: tuple[str, ...]
    old_number: int | None
    new_number: int | None
    title: SafeString
    text: SafeString
    how: tuple[Difference, ...] = ()

    @property
    def number(self) -> int:
        return self.new_number or self.old_number or 0


@dataclass
class Comparison:
    """Everything that differs from one version to a later one, and the same in words."""

    old_number: int
    new_number: int
    facts: list[Difference] = field(default_factory=list)
    texts: list[Difference] = field(default_factory=list)
    steps: list[StepDifference] = field(default_factory=list)
    same_steps: int = 0
    summary: list[str] = field(default_factory=list)

    def step(self, key: str) -> StepDifference | None:
        """The difference of that step, or None if it stayed as it was."""
        return next((step for step in self.steps if step.key == key), None)


def compare(old: Content, new: Content, *, signs: bool = True) -> Comparison:
    """Compare two versions. With `signs`, each change also carries a visible + or −."""
    result = Comparison(old.number, new.number)
    if old.title != new.title:
        title = changed_words(old.title, new.title, signs=signs)
        result.facts.append(Difference(_("Título"), title))
    if old.purpose != new.purpose:
        purpose = changed_words(old.purpose, new.purpose, signs=signs)
        result.facts.append(Difference(_("Para qué sirve"), purpose))
    for name, label in FACTS:
        before, after = old.facts.get(name, ""), new.facts.get(name, "")
        if before != after:
            result.facts.append(Difference(label, changed_words(before, after, signs=signs)))
    for name, label in RICH_FIELDS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            result.texts.append(
                Difference(label, changed_text(before, after, signs=signs, level=4))
            )
    result.steps = _compare_steps(old.steps, new.steps, signs=signs)
    touched = {step.key for step in result.steps}
    result.same_steps = sum(step.key not in touched for step in new.steps)
    result.summary = _in_words(result)
    return result


def _compare_steps(
    old: tuple[StepContent, ...], new: tuple[StepContent, ...], *, signs: bool
) -> list[StepDifference]:
    before = {step.key: step for step in old}
    after = {step.key for step in new}
    moved = _moved(old, new)
    found = []
    for step in new:
        former = before.get(step.key)
        if former is None:
            found.append(_whole(step, "added", signs))
            continue
        how = _compare_how(former, step, signs)
        kinds = [] if step.key not in moved else ["moved"]
        if how or former.title != step.title or former.text != step.text:
            kinds.append("changed")
        if kinds:
            found.append(
                StepDifference(
                    step.key,
                    tuple(kinds),
                    former.number,
                    step.number,
                    changed_words(former.title, step.title, signs=signs),
                    changed_text(former.text, step.text, signs=signs, level=4),
                    how,
                )
            )
    found.extend(_whole(step, "removed", signs) for step in old if step.key not in after)
    return found


def _whole(step: StepContent, kind: str, signs: bool) -> StepDifference:
    """A step that came or went as a whole, with all that surrounded it."""
    came = kind == "added"
    nothing = StepContent(step.key, step.number, "", "", "")
    before, after = (nothing, step) if came else (step, nothing)
    return StepDifference(
        step.key,
        (kind,),
        None if came else step.number,
        step.number if came else None,
        changed_words(before.title, after.title, signs=signs),
        changed_text(before.text, after.text, signs=signs, level=4),
        _compare_how(before, after, signs),
    )


def _compare_how(old: StepContent, new: StepContent, signs: bool) -> tuple[Difference, ...]:
    return tuple(
        Difference(label, changed_words(getattr(old, name), getattr(new, name), signs=signs), icon)
        for name, label, icon in HOW
        if getattr(old, name) != getattr(new, name)
    )


def _moved(old: tuple[StepContent, ...], new: tuple[StepContent, ...]) -> set[str]:
    """Keys of steps that changed their place among those that stayed.

    The longest run that kept its order stays; a step that only got another number because
    one before it came or went has not moved.
    """
    place = {step.key: at for at, step in enumerate(old)}
    stayed = [step.key for step in new if step.key in place]
    tails: list[int] = []
    best: list[int] = []
    for key in stayed:
        at = bisect_left(tails, place[key])
        tails[at : at + 1] = [place[key]]
        best.append(at)
    kept, length = set(), len(tails) - 1
    for at in range(len(stayed) - 1, -1, -1):
        if best[at] == length:
            kept.add(stayed[at])
            length -= 1
    return set(stayed) - kept


def _in_words(result: Comparison) -> list[str]:
    """One sentence for each kind of change."""
    sentences = []
    named = {
        kind: [step for step in result.steps if kind in step.kinds]
        for kind in ("changed", "moved", "added", "removed")
    }
    if changed := named["changed"]:
        numbers = _listed([str(step.new_number) for step in changed])
        if len(changed) == 1:
            sentences.append(_("Cambia el paso %(n)s.") % {"n": numbers})
        else:
            sentences.append(_("Cambian los pasos %(n)s.") % {"n": numbers})
    for step in named["moved"]:
        sentences.append(
            _("El paso %(old)s pasa a ser el %(new)s.")
            % {"old": step.old_number, "new": step.new_number}
        )
    for step in named["added"]:
        sentences.append(_("Se añade el paso %(n)s.") % {"n": step.new_number})
    for step in named["removed"]:
        sentences.append(
            _("Se quita el paso %(n)s de la versión %(old)s.")
            % {"n": step.old_number, "old": result.old_number}
        )
    if labels := [str(item.label) for item in (*result.facts, *result.texts)]:
        sentences.append(
            _("También cambia: %(what)s.") % {"what": _listed(labels)}
            if sentences
            else _("Cambia: %(what)s.") % {"what": _listed(labels)}
        )
    return sentences or [_("Los dos textos son iguales.")]


def _listed(words: list[str]) -> str:
    return get_text_list(words, _("y"))
