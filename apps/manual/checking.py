"""What a draft still lacks, told while it is being written and again when it is submitted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core.richtext import PICTURE
from apps.documents.markup import faults_of
from apps.documents.models import Version
from apps.documents.services.content import JUSTIFICATION_MIN
from apps.manual import links
from apps.manual.models import Picture, Procedure, Step
from apps.manual.services.drafting import WITH_STEPS


@dataclass(frozen=True)
class Check:
    """One thing to do. `anchor` is where on the page; `blocks` if it cannot be submitted so."""

    text: str
    anchor: str
    blocks: bool = True


def checks_of(version: Version) -> list[Check]:
    """What `version`, a draft, still lacks, in the order of its page. At most five queries."""
    procedure = Procedure.objects.filter(version=version).first()
    steps = list(Step.objects.filter(version=version).select_related("role"))
    texts = [(version.body, "id_body")]
    found = []
    if len(version.justification.strip()) < JUSTIFICATION_MIN:
        found.append(Check(_("Falta explicar por qué cambia."), "id_justification"))
    if version.document.kind in WITH_STEPS:
        if procedure is None or not procedure.purpose.strip():
            found.append(Check(_("Falta decir para qué sirve."), "id_purpose", blocks=False))
        if not steps:
            found.append(Check(_("Todavía no tiene pasos."), "pasos", blocks=False))
    elif not version.body.strip():
        found.append(Check(_("Todavía no tiene texto."), "id_body", blocks=False))
    if procedure is not None:
        texts += [(procedure.example, "id_example"), (procedure.notes, "id_notes")]
    texts += [(step.text, f"paso-{step.key}") for step in steps]
    for text, anchor in texts:
        found += [Check(fault, anchor) for fault in dict.fromkeys(faults_of(text))]
    found += [Check(words, f"paso-{key}") for key, words in _step_faults(steps)]
    found += _advice(version, texts)
    return found


def step_checks(version: Version) -> Iterable[str]:
    """What of the steps keeps `version` from being submitted (registered submission check)."""
    steps = Step.objects.filter(version=version)
    return [words for _key, words in _step_faults(steps)]


def _step_faults(steps: Iterable[Step]) -> list[tuple[str, str]]:
    return [
        (step.key, _("El paso %(n)s no tiene responsable.") % {"n": step.number})
        for step in steps
        if step.role_id is None
    ]


def _advice(version: Version, texts: list[tuple[str, str]]) -> list[Check]:
    """What readers will stumble over although it may be submitted."""
    found = []
    states = links.states_of({target for text, _a in texts for target in links.targets_in(text)})
    for text, anchor in texts:
        for target in sorted(links.targets_in(text), key=str):
            if target in states:
                words = _("El enlace a %(code)s: %(state)s.")
                said = words % {"code": target[0], "state": states[target]}
                found.append(Check(said, anchor, blocks=False))
    shown = {path: anchor for text, anchor in texts for path in PICTURE.findall(text)}
    if shown:
        own = {
            picture.get_absolute_url()
            for picture in Picture.objects.filter(document=version.document_id)
        }
        words = _("Hay una imagen de otro documento: quien no lo pueda leer no la verá.")
        found += [Check(words, at, blocks=False) for path, at in shown.items() if path not in own]
    return found
