"""Work of this room that is too long for a request: writing a spreadsheet of many lines."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.models import ImportRun, Person
from apps.accounts.services import imports
from apps.core.models import LongWork
from apps.core.registry import WorkKind, work_kinds
from apps.core.rules import RuleBroken


def _apply(work: LongWork, advance: Callable[[int], None]) -> dict[str, int]:
    run = ImportRun.objects.filter(pk=work.subject).first()
    if run is None:
        raise RuleBroken(_("Esta prueba ya no se conserva: suba el archivo de nuevo."))
    by = Person.objects.with_access().get(pk=work.started_by_id)
    return imports.counts_of(imports.apply(run, by=by, advance=advance))


def _said(result: dict[str, int]) -> str:
    created, changed = result["created"], result["changed"]
    new = ngettext(
        "%(n)s fila era nueva y se creó.", "%(n)s filas eran nuevas y se crearon.", created
    ) % {"n": created}
    old = ngettext(
        "%(n)s fila ya estaba y quedó al día.",
        "%(n)s filas ya estaban y quedaron al día.",
        changed,
    ) % {"n": changed}
    return " ".join(sentence for sentence, n in ((new, created), (old, changed)) if n)


def _place(work: LongWork) -> tuple[str, str]:
    words = _("Ver la importación") if work.state == LongWork.State.DONE else _("Ver las filas")
    return reverse("accounts:import", args=[work.subject]), words


work_kinds.add(
    imports.WORK,
    WorkKind(
        label=gettext_lazy("Importar una hoja de cálculo"), run=_apply, said=_said, place=_place
    ),
)
