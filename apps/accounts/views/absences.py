"""Absences and who stands in: one's own, or another's by those who manage people."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from apps.accounts import services
from apps.accounts.forms import AbsenceForm
from apps.accounts.models import Absence, Person
from apps.accounts.permissions import Perm
from apps.accounts.views.common import confirmed, form_page, submitted
from apps.accounts.views.people import people_for, person_for, where
from apps.core.access import signed_in


def _may_note(request: HttpRequest, shown: Person) -> bool:
    return shown.pk == request.user.pk or request.user.has_perm(Perm.MANAGE_PEOPLE)


@signed_in
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Note an absence: one's own, or another's with permission."""
    shown = person_for(request, pk)
    if not _may_note(request, shown):
        raise PermissionDenied
    form = AbsenceForm.of(request, person=shown)

    def do(**data: Any) -> str:
        services.record_absence(shown, **data, by=request.user)
        return shown.get_absolute_url()

    answer = submitted(request, form, do, done=_("La ausencia quedó anotada."))
    return answer or form_page(
        request,
        form,
        heading=_("Anotar una ausencia"),
        lead=_("Durante esos días, quien le reemplaza atiende lo que espera a %(name)s.")
        % {"name": shown},
        action=_("Anotar ausencia"),
        cancel_url=shown.get_absolute_url(),
        where=where(shown),
    )


@signed_in
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove an absence."""
    absence = get_object_or_404(
        Absence.objects.filter(person__in=people_for(request)).select_related("person"), pk=pk
    )
    shown = absence.person
    if not _may_note(request, shown):
        raise Http404
    return confirmed(
        request,
        lambda: services.cancel_absence(absence, by=request.user),
        heading=_("Quitar ausencia"),
        what=_("Va a quitar la ausencia de %(name)s.") % {"name": shown},
        consequences=[_("Nadie le reemplazará en esos días.")],
        action=_("Quitar ausencia"),
        danger=True,
        back=shown.get_absolute_url(),
        done=_("La ausencia quedó quitada."),
        where=where(shown),
    )
