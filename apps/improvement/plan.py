"""The improvement plan as PDF."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import Organisation
from apps.core.pdf import render_pdf
from apps.improvement.models import Action

MOST = 500


def days_late(action: Action, today: date) -> int:
    """Calendar days past its day, 0 once it is done or while it has time."""
    waits = action.state in (Action.State.PROPOSED, Action.State.IN_PROGRESS)
    return max(0, (today - action.due_on).days) if waits else 0


def pdf_of(actions: QuerySet[Action], filters: list[str], *, by: Any, at: datetime) -> bytes:
    """The plan of `actions` (those the person may see) for `by`, at the instant `at` (aware).

    At most 500 actions, what is due first; it says so when there are more.
    """
    rows = actions.select_related("owner", "unit", "finding", "checker")
    found = list(rows.order_by("due_on", "pk")[: MOST + 1])
    local = timezone.localtime(at)
    today = local.date()
    name = Organisation.objects.values_list("name", flat=True).first() or "Cauce"
    shown = found[:MOST]
    total = ngettext("%(n)s acción", "%(n)s acciones", len(shown)) % {"n": len(shown)}
    data = {
        "organisation": name,
        "title": _("Plan de mejora"),
        "lead": " · ".join([total, *filters]),
        "more": _("Hay más acciones: use filtros para verlas.") if len(found) > MOST else "",
        "taken": _("Descargado por %(who)s el %(on)s.")
        % {"who": by.get_full_name(), "on": date_format(local, "DATETIME_FORMAT")},
        "page_of": [_("Página"), _("de")],
        "labels": {
            "finding": _("Hallazgo"),
            "cause": _("Causa raíz"),
            "owner": _("Responsable"),
            "due": _("Vence"),
            "checker": _("Verifica"),
            "aim": _("Qué debe cambiar"),
            "cost": _("Costo previsto"),
        },
        "actions": [_told(action, today) for action in shown],
    }
    return render_pdf("plan.typ", data, created_at=at)


def _told(action: Action, today: date) -> dict[str, Any]:
    late = days_late(action, today)
    state = str(action.get_state_display())
    if late:
        words = ngettext("%(n)s día de atraso", "%(n)s días de atraso", late) % {"n": late}
        state = f"{state} · {words}"
    return {
        "code": action.code,
        "title": action.title,
        "kind": str(action.get_kind_display()),
        "state": state,
        "late": bool(late),
        "progress": action.progress,
        "finding": str(action.finding),
        "cause": action.finding.root_cause,
        "owner": f"{action.owner.get_full_name()}, {action.unit.name}",
        "due": date_format(action.due_on),
        "checker": action.checker.get_full_name() if action.checker else "",
        "aim": action.aim,
        "cost": f"{action.planned_cost:,.0f}".replace(",", ".") if action.planned_cost else "",
    }
