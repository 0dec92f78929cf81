"""Why it happened: reasons below reasons, until one that can be acted on (CIC-16)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.rules import RuleBroken
from apps.improvement.models import Cause, CauseKind, Event, Finding
from apps.improvement.services.records import locked, note, refuse_ended, require_treater, said

DEEPEST = 7
MOST = 60


@transaction.atomic
def add_cause(
    finding: Finding,
    *,
    text: str,
    kind: CauseKind,
    by: Person,
    why_of: Cause | None = None,
    is_root: bool = False,
) -> Cause:
    """Add a reason, of the finding or of the reason `why_of`.

    Raises PermissionDenied unless `by` answers for the finding or manages actions, RuleBroken
    if it is closed, its analysis is concluded, `why_of` is another's, or it goes deeper than
    7 whys or beyond 60 reasons.
    """
    require_treater(finding, by)
    finding = _open_analysis(finding)
    if why_of is not None and why_of.finding_id != finding.pk:
        raise RuleBroken(_("Ese porqué es de otro hallazgo."))
    depth, above = 1, why_of
    while above is not None:
        depth, above = depth + 1, above.why_of
    if depth > DEEPEST:
        raise RuleBroken(_("Ya preguntó siete veces por qué: elija la causa raíz entre ellas."))
    if finding.causes.count() >= MOST:
        raise RuleBroken(_("Ya hay sesenta causas: quite las que no explican nada."))
    if not kind.is_active:
        raise RuleBroken({"kind": _("Esa clase de causa ya no se ofrece.")})
    return Cause.objects.create(
        finding=finding,
        why_of=why_of,
        kind=kind,
        text=text.strip(),
        is_root=is_root,
        added_by=by,
    )


@transaction.atomic
def mark_root(cause: Cause, *, is_root: bool, by: Person) -> Cause:
    """Say that a reason is a root cause, or that it is not."""
    require_treater(cause.finding, by)
    _open_analysis(cause.finding)
    cause = Cause.objects.select_for_update().get(pk=cause.pk)
    cause.is_root = is_root
    cause.save(update_fields=["is_root"])
    return cause


@transaction.atomic
def remove_cause(cause: Cause, *, by: Person) -> None:
    """Take a reason away, with those below it."""
    require_treater(cause.finding, by)
    _open_analysis(cause.finding)
    cause.delete()


@transaction.atomic
def conclude_analysis(finding: Finding, *, root_cause: str, by: Person) -> Finding:
    """Say in words what causes it: corrective actions may begin.

    Raises RuleBroken unless at least one reason is marked as root, or with under 20 characters.
    """
    require_treater(finding, by)
    finding = _open_analysis(finding)
    root_cause = said(root_cause, "root_cause")
    if not finding.causes.filter(is_root=True).exists():
        raise RuleBroken(_("Marque al menos una causa como causa raíz."))
    finding.root_cause, finding.analysed_by = root_cause, by
    finding.analysed_at = timezone.now()
    finding.save(update_fields=["root_cause", "analysed_by", "analysed_at"])
    note(Event.What.ANALYSED, by, root_cause, finding=finding)
    return finding


@transaction.atomic
def reopen_analysis(finding: Finding, *, by: Person) -> Finding:
    """Look for the causes again. Raises RuleBroken if the analysis was not concluded."""
    require_treater(finding, by)
    finding = locked(finding)
    refuse_ended(finding)
    if finding.analysed_at is None:
        raise RuleBroken(_("El análisis sigue abierto."))
    return forget_conclusion(finding, by)


def forget_conclusion(finding: Finding, by: Person) -> Finding:
    """The conclusion does not hold any more; what was written stays. `finding` is locked."""
    finding.analysed_at = finding.analysed_by = None
    finding.save(update_fields=["analysed_at", "analysed_by"])
    note(Event.What.REOPENED, by, finding=finding)
    return finding


def _open_analysis(finding: Finding) -> Finding:
    finding = locked(finding)
    refuse_ended(finding)
    if finding.analysed_at is not None:
        raise RuleBroken(_("El análisis está concluido: vuelva a abrirlo para cambiarlo."))
    return finding
