"""People: list, card, invitation, activation, roles, absences, second factor."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import services
from apps.accounts.forms import (
    AbsenceForm,
    InvitationForm,
    PeopleFilter,
    PersonRolesForm,
    ReasonForm,
)
from apps.accounts.models import Absence, FactorReset, Invitation, Person, Role
from apps.accounts.permissions import Perm
from apps.accounts.reauth import recently_confirmed
from apps.accounts.views.common import confirmed, crumbs, form_page, submitted, tabs
from apps.core.access import SAFE_METHODS, requires, signed_in
from apps.core.exports import Column, export
from apps.core.pagination import paginate
from apps.core.rules import StaleEdit

ORDERS = {
    "": ("last_name", "first_name", "id"),
    "-nombre": ("-last_name", "-first_name", "-id"),
    "-ingreso": ("-joined_on", "-id"),
    "ingreso": ("joined_on", "id"),
}


def _people(request: HttpRequest) -> Any:
    return Person.objects.visible_to(request.user).filter(is_system=False)


def _person(request: HttpRequest, pk: int) -> Person:
    return get_object_or_404(_people(request), pk=pk)


@requires(Perm.VIEW_PEOPLE, methods=SAFE_METHODS)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, filtered, a page at a time."""
    filtered = PeopleFilter(request.GET, queryset=_people(request))
    sort = request.GET.get("orden", "")
    order = ORDERS.get(sort, ORDERS[""])
    page = paginate(
        filtered.qs.prefetch_related("groups__role", "holdings__position__unit"),
        request,
        order=order,
    )
    return render(
        request,
        "accounts/people.html",
        {
            "tabs": tabs(request, "people"),
            "form": filtered.form,
            "chips": _chips(request, filtered),
            "page": page,
            "columns": _columns(request, sort),
            "today": timezone.localdate(),
            "may_manage": request.user.has_perm(Perm.MANAGE_PEOPLE),
            "exports": {
                kind: f"{reverse('accounts:people-export')}?{_query(request, formato=kind)}"
                for kind in ("csv", "xlsx")
            },
        },
    )


def _query(request: HttpRequest, **changes: str) -> str:
    kept = {name: value for name, value in request.GET.items() if value and name != "pagina"}
    kept.update(changes)
    return urlencode({name: value for name, value in kept.items() if value})


def _columns(request: HttpRequest, sort: str) -> list[dict[str, Any]]:
    def sortable(title: str, key: str, reverse_key: str) -> dict[str, Any]:
        state = {key: "ascending", reverse_key: "descending"}.get(sort, "")
        return {
            "title": title,
            "sorted": state,
            "url": f"?{_query(request, orden=reverse_key if state == 'ascending' else key)}",
        }

    return [
        sortable(_("Persona"), "", "-nombre"),
        {"title": _("Cargo y unidad")},
        {"title": _("Roles")},
        {"title": _("Estado")},
        sortable(_("Ingreso"), "ingreso", "-ingreso") | {"css": "wide-only"},
    ]


def _chips(request: HttpRequest, filtered: PeopleFilter) -> list[dict[str, str]]:
    if not filtered.form.is_valid():
        return []
    chips = []
    for name, field in filtered.form.fields.items():
        value = filtered.form.cleaned_data.get(name)
        if value:
            words = dict(field.choices).get(value, value) if hasattr(field, "choices") else value
            words = value if hasattr(value, "pk") else words
            chips.append(
                {"text": f"{field.label}: {words}", "url": f"?{_query(request, **{name: ''})}"}
            )
    return chips


@requires(Perm.MANAGE_PEOPLE, methods=SAFE_METHODS)
@recently_confirmed
def export_people(request: HttpRequest) -> HttpResponseBase:
    """The filtered list as a file."""
    filtered = PeopleFilter(request.GET, queryset=_people(request))
    rows = filtered.qs.order_by(*ORDERS[""]).prefetch_related(
        "groups__role", "holdings__position__unit"
    )
    today = timezone.localdate()
    columns = [
        Column(_("Apellidos"), lambda p: p.last_name),
        Column(_("Nombre"), lambda p: p.first_name),
        Column(_("Correo"), lambda p: p.email),
        Column(_("Cargo"), lambda p: "; ".join(h.position.title for h in p.holdings_on(today))),
        Column(
            _("Unidad"), lambda p: "; ".join(h.position.unit.name for h in p.holdings_on(today))
        ),
        Column(_("Roles"), lambda p: "; ".join(g.role.title for g in p.groups.all())),
        Column(_("Activa"), lambda p: p.is_active),
        Column(_("Ingreso"), lambda p: p.joined_on),
    ]
    return export(request, name="personas", columns=columns, rows=rows.iterator(chunk_size=500))


@requires(Perm.VIEW_PEOPLE, methods=SAFE_METHODS)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """A person's card, and what may be done by whom is looking."""
    shown = _person(request, pk)
    actor, today = request.user, timezone.localdate()
    may_manage = actor.has_perm(Perm.MANAGE_PEOPLE)
    holdings = list(shown.holdings.select_related("position__unit").order_by("-from_on")[:50])
    context = {
        "person": shown,
        "roles": list(Role.objects.filter(group__user=shown)),
        "current": [h for h in holdings if h.until_on is None or h.until_on >= today],
        "former": [h for h in holdings if h.until_on is not None and h.until_on < today],
        "absences": list(
            shown.absences.filter(to_on__gte=today)
            .select_related("substitute")
            .order_by("from_on")[:20]
        ),
        "is_self": shown.pk == actor.pk,
        "may_manage": may_manage,
        "may_change_roles": actor.has_perm(Perm.MANAGE_ROLES) and shown.pk != actor.pk,
        "may_end_sessions": actor.has_perm(Perm.CLOSE_SESSIONS),
        "may_reset": actor.has_perm(Perm.RESET_FACTORS) and shown.pk != actor.pk,
        "crumbs": crumbs((_("Personas"), reverse("accounts:people")), (str(shown), "")),
    }
    if may_manage:
        context["invitation"] = shown.invitations.order_by("-sent_at").first()
        context["has_factor"] = shown.access().has_second_factor
        context["sessions"] = UserSession.objects.filter(user=shown).count()
    if context["may_reset"]:
        context["reset"] = services.waiting_reset(shown)
    return render(request, "accounts/person.html", context)


@requires(Perm.MANAGE_PEOPLE)
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody by mail, with position and roles."""
    form = InvitationForm.of(request)
    if not request.user.has_perm(Perm.MANAGE_ROLES):
        del form.fields["roles"]
    if not request.user.has_perm(Perm.MANAGE_ORGANISATION):
        del form.fields["position"]

    @transaction.atomic
    def do(position: Any = None, roles: Any = (), **who: Any) -> str:
        invited = services.invite_person(**who, by=request.user)
        if position:
            services.assign_position(
                invited, position, from_on=timezone.localdate(), by=request.user
            )
        if roles:
            services.set_person_roles(invited, roles, expected=[], by=request.user)
        return invited.get_absolute_url()

    answer = submitted(request, form, do, done=_("La invitación va en camino por correo."))
    return answer or form_page(
        request,
        form,
        heading=_("Invitar a una persona"),
        lead=_("Recibirá un enlace que vale 72 horas para elegir su contraseña."),
        action=_("Enviar invitación"),
        cancel_url=reverse("accounts:people"),
        where=crumbs((_("Personas"), reverse("accounts:people"))),
    )


def _where(shown: Person) -> list[tuple[str, str]]:
    return crumbs(
        (_("Personas"), reverse("accounts:people")), (str(shown), shown.get_absolute_url())
    )


@requires(Perm.MANAGE_PEOPLE)
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the invitation again."""
    shown = _person(request, pk)
    return confirmed(
        request,
        lambda: services.resend_invitation(shown, by=request.user),
        heading=_("Enviar otra invitación"),
        what=_("Enviaremos un enlace nuevo a %(name)s.") % {"name": shown},
        consequences=[_("Los enlaces anteriores dejan de servir."), _("El nuevo vale 72 horas.")],
        action=_("Enviar invitación"),
        back=shown.get_absolute_url(),
        done=_("La invitación va en camino por correo."),
        where=_where(shown),
    )


@requires(Perm.MANAGE_PEOPLE)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the open invitation stop working."""
    shown = _person(request, pk)
    invitation = get_object_or_404(
        Invitation.objects.filter(person=shown, accepted_at=None, revoked_at=None).order_by(
            "-sent_at"
        )[:1]
    )
    return confirmed(
        request,
        lambda: services.revoke_invitation(invitation, by=request.user),
        heading=_("Anular invitación"),
        what=_("El enlace que recibió %(name)s dejará de servir.") % {"name": shown},
        consequences=[_("Puede enviarle otra invitación cuando quiera.")],
        action=_("Anular invitación"),
        danger=True,
        back=shown.get_absolute_url(),
        done=_("La invitación quedó anulada."),
        where=_where(shown),
    )


@requires(Perm.MANAGE_PEOPLE)
@recently_confirmed
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the door to a person."""
    shown = _person(request, pk)
    return confirmed(
        request,
        lambda: services.deactivate(shown, by=request.user),
        heading=_("Desactivar a una persona"),
        what=_("Va a desactivar a %(name)s.") % {"name": shown},
        consequences=[
            _("Sus sesiones se cierran ahora mismo y no podrá entrar."),
            _("Sus cargos aparecerán como vacantes."),
            _("Lo que hizo queda registrado con su nombre."),
            _("Puede volver a activarla cuando quiera."),
        ],
        action=_("Desactivar"),
        danger=True,
        back=shown.get_absolute_url(),
        done=_("La persona quedó desactivada y sus sesiones, cerradas."),
        where=_where(shown),
    )


@requires(Perm.MANAGE_PEOPLE)
@recently_confirmed
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the door again."""
    shown = _person(request, pk)
    return confirmed(
        request,
        lambda: services.reactivate(shown, by=request.user),
        heading=_("Volver a activar a una persona"),
        what=_("%(name)s podrá entrar otra vez.") % {"name": shown},
        consequences=[
            _("Conserva su contraseña, su segundo factor y sus roles."),
            _("Si nunca aceptó su invitación, recibirá una nueva."),
        ],
        action=_("Activar"),
        back=shown.get_absolute_url(),
        done=_("La persona quedó activa."),
        where=_where(shown),
    )


@requires(Perm.MANAGE_ROLES)
@recently_confirmed
def person_roles(request: HttpRequest, pk: int) -> HttpResponse:
    """Which roles a person holds. A stale edit changes nothing and is told (S6, S7)."""
    shown = _person(request, pk)
    held = list(Role.objects.filter(group__user=shown))
    now = ",".join(role.key for role in held)
    form = PersonRolesForm.of(
        request, initial={"roles": [role.pk for role in held], "expected": now}
    )
    stale: list[str] = []

    def do(roles: Any, expected: list[str]) -> str:
        try:
            services.set_person_roles(shown, roles, expected=expected, by=request.user)
        except StaleEdit:
            stale.extend(role.title for role in held)
            raise
        return shown.get_absolute_url()

    answer = submitted(request, form, do, done=_("Los roles quedaron guardados."))
    if answer:
        return answer
    if stale:
        form.data = form.data.copy()
        form.data["expected"] = now
    return form_page(
        request,
        form,
        heading=_("Cambiar roles"),
        lead=_("Lo que elija vale desde la próxima página que abra %(name)s.") % {"name": shown},
        action=_("Guardar roles"),
        cancel_url=shown.get_absolute_url(),
        where=_where(shown),
        stale=_("Ahora tiene: %(roles)s. Lo que usted eligió sigue marcado abajo.")
        % {"roles": ", ".join(stale) or _("ninguno")}
        if form.is_bound and now != form.data.get("expected") or stale
        else "",
    )


@signed_in
def add_absence(request: HttpRequest, pk: int) -> HttpResponse:
    """Note an absence: one's own, or another's with permission."""
    shown = _person(request, pk)
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
        where=_where(shown),
    )


@signed_in
def cancel_absence(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove an absence."""
    absence = get_object_or_404(
        Absence.objects.filter(person__in=_people(request)).select_related("person"), pk=pk
    )
    shown = absence.person
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
        where=_where(shown),
    )


@requires(Perm.RESET_FACTORS)
@recently_confirmed
def ask_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that a person's factors be removed; another admin decides (S20)."""
    shown = _person(request, pk)
    form = ReasonForm.of(request)

    def do(reason: str) -> str:
        services.request_factor_reset(shown, reason=reason, by=request.user)
        return shown.get_absolute_url()

    answer = submitted(
        request, form, do, done=_("Otra persona de administración debe confirmarlo.")
    )
    return answer or form_page(
        request,
        form,
        heading=_("Restablecer el segundo factor"),
        lead=_("Compruebe antes, por otro medio, que quien lo pide es %(name)s.") % {"name": shown},
        action=_("Pedir restablecimiento"),
        cancel_url=shown.get_absolute_url(),
        where=_where(shown),
    )


@requires(Perm.RESET_FACTORS, methods=SAFE_METHODS)
def resets(request: HttpRequest) -> HttpResponse:
    """Requests to remove somebody's factors, those that wait first."""
    rows = FactorReset.objects.filter(person__in=_people(request)).select_related(
        "person", "asked_by", "decided_by"
    )
    page = paginate(rows, request, order=("-asked_at", "-id"))
    for row in page.rows:
        row.may_decide = row.decided_at is None and request.user.pk not in (
            row.asked_by_id,
            row.person_id,
        )
    return render(request, "accounts/resets.html", {"tabs": tabs(request, "resets"), "page": page})


@requires(Perm.RESET_FACTORS)
@recently_confirmed
def decide_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm or refuse what another admin asked."""
    reset = get_object_or_404(
        FactorReset.objects.filter(person__in=_people(request)).select_related(
            "person", "asked_by"
        ),
        pk=pk,
    )
    if request.method == "POST":
        services.decide_factor_reset(
            reset, confirm=request.POST.get("decision") == "confirmar", by=request.user
        )
        return redirect("accounts:resets")
    return render(
        request,
        "accounts/reset.html",
        {
            "reset": reset,
            "crumbs": crumbs(
                (_("Segundo factor"), reverse("accounts:resets")), (str(reset.person), "")
            ),
        },
    )
