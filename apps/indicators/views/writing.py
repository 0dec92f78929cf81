"""Defining indicators, and defining them anew."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.views.common import confirmed, form_page, submitted
from apps.core.access import requires
from apps.core.rules import StaleEdit
from apps.indicators import services, showing
from apps.indicators.forms import DefinitionForm, ReasonForm
from apps.indicators.models import Definition, Indicator
from apps.indicators.periods import period_of
from apps.indicators.permissions import Perm
from apps.indicators.services import Wanted
from apps.indicators.views.common import crumbs, crumbs_of, indicator_for, processes_for


@requires(Perm.VIEW, Perm.DEFINE)
def new(request: HttpRequest) -> HttpResponse:
    """Define an indicator."""
    initial = {
        "code": _next_code(),
        "shape": Definition.Shape.PROPORTION,
        "direction": Definition.Direction.HIGHER,
        "feed": Definition.Feed.HAND,
        "effective_on": period_of(timezone.localdate(), "month").start,
        "owner": request.user.pk,
    }
    form = DefinitionForm.of(
        request, processes=processes_for(request.user), is_new=True, initial=initial
    )

    def do(**data: Any) -> str:
        row = services.create_indicator(data["code"], form.wanted, by=request.user)
        return row.get_absolute_url()

    answer = submitted(request, form, do, done=_("El indicador quedó definido."))
    if answer:
        return answer
    context = {
        "crumbs": crumbs((_("Definir un indicador"), "")),
        "heading": _("Definir un indicador"),
        "form": form,
        "action": _("Definir"),
        "cancel_url": reverse("indicators:list"),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "indicators/define.html", context, status=status)


def _next_code() -> str:
    """The code after the highest of the usual kind."""
    codes = Indicator.objects.filter(code__regex=r"^IND-\d{1,6}$").values_list("code", flat=True)
    highest = max((int(re.sub(r"\D", "", code)) for code in codes), default=0)
    return f"IND-{highest + 1:02d}"


@requires(Perm.VIEW, Perm.DEFINE)
def redefine(request: HttpRequest, code: str) -> HttpResponse:
    """Put a new definition in the place of the present one."""
    row = indicator_for(request, code)
    now = row.current
    initial = {name: getattr(now, name) for name in Wanted.__dataclass_fields__}
    initial |= {
        "unit": now.unit.code,
        "owner": now.owner_id,
        "is_comparable": True,
        "effective_on": _next_beginning(row),
        "seen": now.number,
    }
    form = DefinitionForm.of(
        request, processes=processes_for(request.user), is_new=False, initial=initial
    )
    stale: list[dict[str, str]] = []

    def do(**data: Any) -> str:
        try:
            services.redefine(
                row, form.wanted, reason=data["reason"], seen=data["seen"] or 0, by=request.user
            )
        except StaleEdit as rule:
            stale.extend(_compared(form, rule.newer))
            raise
        return row.get_absolute_url()

    answer = submitted(request, form, do, done=_("La definición nueva quedó guardada."))
    if answer:
        return answer
    newest = Definition.objects.filter(indicator=row).select_related("written_by").first()
    if stale:
        form.data = form.data.copy()
        form.data["seen"] = newest.number
    context = {
        "crumbs": crumbs_of(row, (_("Definición nueva"), "")),
        "heading": _("Definición nueva de %(code)s") % {"code": row.code},
        "lead": _("Lo ya medido conserva la definición con que se midió."),
        "form": form,
        "action": _("Guardar la definición"),
        "cancel_url": row.get_absolute_url(),
        "stale_rows": stale,
        "stale_by": newest.written_by,
        "stale_at": newest.written_at,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "indicators/define.html", context, status=status)


def _next_beginning(row: Indicator) -> Any:
    """First day of the first period a new definition can rule."""
    last = row.measurements.order_by("-period_end").first()
    period = period_of(timezone.localdate(), row.current.frequency)
    if last is not None and last.period_end >= period.start:
        return period_of(last.period_end, row.current.frequency).next().start
    return max(period.start, row.current.effective_on)


def _compared(form: DefinitionForm, newer: Definition) -> list[dict[str, str]]:
    """What was typed beside what somebody else saved meanwhile, where they differ."""
    yours = Definition(**vars(form.wanted), indicator=newer.indicator)
    return [
        {"label": label, "yours": showing.said(yours, name), "newer": showing.said(newer, name)}
        for name, label in showing.FIELDS
        if showing.said(yours, name) != showing.said(newer, name)
    ]


@requires(Perm.VIEW, Perm.DEFINE)
def retire(request: HttpRequest, code: str) -> HttpResponse:
    """Stop measuring it; says why."""
    row = indicator_for(request, code)
    form = ReasonForm.of(request)

    def do(reason: str) -> str:
        services.retire(row, reason=reason, by=request.user)
        return row.get_absolute_url()

    answer = submitted(request, form, do, done=_("El indicador quedó retirado."))
    return answer or form_page(
        request,
        form,
        heading=_("Retirar %(code)s") % {"code": row.code},
        lead=_("Deja de medirse y de pedirse. Lo medido se conserva y se puede consultar."),
        action=_("Retirar"),
        cancel_url=row.get_absolute_url(),
        where=crumbs_of(row),
    )


@requires(Perm.VIEW, Perm.DEFINE)
def bring_back(request: HttpRequest, code: str) -> HttpResponse:
    """Measure a retired one again."""
    row = indicator_for(request, code)
    return confirmed(
        request,
        lambda: services.bring_back(row, by=request.user),
        heading=_("Volver a medir %(code)s") % {"code": row.code},
        what=_("El indicador vuelve a medirse."),
        consequences=[_("Se piden de nuevo sus mediciones, también las de los meses sin medir.")],
        action=_("Volver a medirlo"),
        back=row.get_absolute_url(),
        done=_("El indicador se mide otra vez."),
        where=crumbs_of(row),
    )
