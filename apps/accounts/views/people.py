"""People: list, card, invitation, activation, roles."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import services
from apps.accounts.door.views import open_sessions
from apps.accounts.forms import InvitationForm, PeopleFilter, PersonForm, PersonRolesForm
from apps.accounts.models import Holding, Invitation, Person, Role
from apps.accounts.permissions import Perm
from apps.accounts.reauth import recently_confirmed
from apps.accounts.services.people import PERSON_FIELDS
from apps.accounts.views.common import (
    Crumbs,
    Edit,
    chips_of,
    confirmed,
    crumbs,
    form_page,
    query_of,
    submitted,
    tabs,
)
from apps.core.access import SAFE_METHODS, requires
from apps.core.exports import Column, export
from apps.core.pagination import paginate
from apps.core.rules import StaleEdit

# Key in the address -> fields. Whoever never came in counts as the one who came first.
ORDERS = {
    "": ("last_name", "first_name", "id"),
    "-nombre": ("-last_name", "-first_name", "-id"),
    "entrada": ("entered_at", "id"),
    "-entrada": ("-entered_at", "-id"),
}
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def people_for(request: HttpRequest) -> QuerySet[Person]:
    """People whose card exists for who asks; the portal itself is nobody."""
    return Person.objects.visible_to(request.user).filter(is_system=False)


def person_for(request: HttpRequest, pk: int) -> Person:
    """One of them, or 404."""
    return get_object_or_404(people_for(request), pk=pk)


def where(shown: Person) -> Crumbs:
    """Crumbs down to a person's card."""
    return crumbs(
        (_("Personas"), reverse("accounts:people")), (str(shown), shown.get_absolute_url())
    )


def _filtered(request: HttpRequest) -> PeopleFilter:
    rows = people_for(request)
    if not request.user.has_perm(Perm.MANAGE_PEOPLE):
        rows = rows.active()  # who left, roles and sign-ins are for those who manage people
    return PeopleFilter(request.GET, queryset=rows, request=request)


@requires(Perm.VIEW_PEOPLE, methods=SAFE_METHODS)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, filtered, a page at a time."""
    filtered = _filtered(request)
    may_manage = request.user.has_perm(Perm.MANAGE_PEOPLE)
    rows, sort = filtered.qs.prefetch_related("holdings__position__unit"), _sort(request)
    if may_manage:
        rows = rows.prefetch_related("groups__role").with_open_invitation()
    if sort.endswith("entrada"):
        rows = rows.annotate(entered_at=Coalesce("last_login", Value(NEVER)))
    page = paginate(rows, request, order=ORDERS[sort])
    today = timezone.localdate()
    context = {
        "tabs": tabs(request, "people"),
        "form": filtered.form,
        "chips": chips_of(request, filtered.form),
        "page": page,
        "people": [(row, row.holdings_on(today)) for row in page.rows],
        "columns": _columns(request, sort, may_manage=may_manage),
        "may_manage": may_manage,
        "exports": {
            kind: reverse("accounts:people-export") + "?" + query_of(request, formato=kind)
            for kind in ("csv", "xlsx")
        },
    }
    return render(request, "accounts/people.html", context)


def _sort(request: HttpRequest) -> str:
    sort = request.GET.get("orden", "")
    known = sort in ORDERS
    if sort.endswith("entrada") and not request.user.has_perm(Perm.MANAGE_PEOPLE):
        known = False
    return sort if known else ""


def _columns(request: HttpRequest, sort: str, *, may_manage: bool) -> list[dict[str, Any]]:
    def sortable(title: str, key: str, reverse_key: str) -> dict[str, Any]:
        state = {key: "ascending", reverse_key: "descending"}.get(sort, "")
        return {
            "title": title,
            "sorted": state,
            "url": f"?{query_of(request, orden=reverse_key if state == 'ascending' else key)}",
        }

    columns = [sortable(_("Persona"), "", "-nombre"), {"title": _("Cargo y unidad")}]
    if not may_manage:
        return [*columns, {"title": _("Teléfono interno")}]
    return [
        *columns,
        {"title": _("Roles")},
        {"title": _("Estado")},
        sortable(_("Última entrada"), "entrada", "-entrada"),
    ]


@requires(Perm.MANAGE_PEOPLE, methods=SAFE_METHODS)
@recently_confirmed
def export_people(request: HttpRequest) -> HttpResponseBase:
    """The filtered list as a file; filters that are wrong lead back to the list."""
    filtered = _filtered(request)
    if not filtered.form.is_valid():
        return redirect(reverse("accounts:people") + "?" + query_of(request, formato=""))
    rows = filtered.qs.order_by(*ORDERS[""]).prefetch_related(
        "groups__role", "holdings__position__unit"
    )
    today = timezone.localdate()
    columns = [
        Column(_("Apellidos"), lambda p: p.last_name),
        Column(_("Nombre"), lambda p: p.first_name),
        Column(_("Correo"), lambda p: p.email),
        Column(_("Teléfono interno"), lambda p: p.phone),
        Column(_("Cargo"), lambda p: "; ".join(h.position.title for h in p.holdings_on(today))),
        Column(
            _("Unidad"), lambda p: "; ".join(h.position.unit.name for h in p.holdings_on(today))
        ),
        Column(_("Roles"), lambda p: "; ".join(g.role.title for g in p.groups.all())),
        Column(_("Activa"), lambda p: p.is_active),
        Column(_("Ingreso"), lambda p: p.joined_on),
        Column(_("Última entrada"), lambda p: p.last_login),
    ]
    return export(request, name=_("personas"), columns=columns, rows=rows.iterator(chunk_size=500))


@requires(Perm.VIEW_PEOPLE, methods=SAFE_METHODS)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """A person's card: what everybody may know, and more for those who manage people."""
    shown = person_for(request, pk)
    actor, today = request.user, timezone.localdate()
    may_manage, is_self = actor.has_perm(Perm.MANAGE_PEOPLE), shown.pk == actor.pk
    holdings = list(shown.holdings.select_related("position__unit").order_by("-from_on")[:50])
    future = shown.absences.filter(to_on__gte=today).select_related("substitute")
    standing_in = shown.substitutions.filter(to_on__gte=today).select_related("person")
    context = {
        "person": shown,
        "current": [h for h in holdings if h.until_on is None or h.until_on >= today],
        "former": [h for h in holdings if h.until_on is not None and h.until_on < today],
        "absences": list(future.order_by("from_on")[:20]),
        "substitutions": list(standing_in.order_by("from_on")[:20]),
        "today": today,
        "is_self": is_self,
        "may_manage": may_manage,
        "sees_roles": is_self or may_manage or actor.has_perm(Perm.VIEW_ROLES),
        "may_change_roles": actor.has_perm(Perm.MANAGE_ROLES) and not is_self,
        "may_end_sessions": actor.has_perm(Perm.CLOSE_SESSIONS),
        "may_reset": actor.has_perm(Perm.RESET_FACTORS) and not is_self,
        "may_read_log": actor.has_perm(Perm.VIEW_LOG),
        "crumbs": crumbs((_("Personas"), reverse("accounts:people")), (str(shown), "")),
    }
    if context["sees_roles"]:
        context["roles"] = list(Role.objects.filter(group__user=shown))
    if may_manage:
        context |= _door(shown)
    if context["may_reset"]:
        context["reset"] = services.waiting_reset(shown)
    return render(request, "accounts/person.html", context)


def _door(shown: Person) -> dict[str, Any]:
    """How a person comes in, for those who manage people."""
    invitation = shown.invitations.order_by("-sent_at").first()
    return {
        "invitation": invitation,
        "is_expired": bool(invitation) and invitation.expires_at < timezone.now(),
        "may_resend": shown.is_active and not shown.has_usable_password(),
        "has_factor": shown.access().has_second_factor,
        "sessions": len(open_sessions(shown)),
    }


@requires(Perm.MANAGE_PEOPLE)
@recently_confirmed
def edit_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, telephone and e-mail of a person (S17: another e-mail is told to both)."""
    shown = person_for(request, pk)
    edit = Edit(shown, PERSON_FIELDS)
    initial = {name: getattr(shown, name) for name in PERSON_FIELDS}
    form = PersonForm.of(request, initial=initial | {"expected": edit.state})

    def do(**card: Any) -> str:
        return services.update_person(shown, **card, by=request.user).get_absolute_url()

    answer = submitted(request, form, do, done=_("Los cambios quedaron guardados."), edit=edit)
    return answer or form_page(
        request,
        form,
        heading=_("Cambiar datos"),
        lead=_("Si cambia el correo, avisamos al anterior y al nuevo."),
        action=_("Guardar cambios"),
        cancel_url=shown.get_absolute_url(),
        where=where(shown),
        **edit.told(),
    )


@requires(Perm.MANAGE_PEOPLE)
@recently_confirmed
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
    shown = person_for(request, pk)
    return confirmed(
        request,
        lambda: services.resend_invitation(shown, by=request.user),
        heading=_("Enviar otra invitación"),
        what=_("Enviaremos un enlace nuevo a %(name)s.") % {"name": shown},
        consequences=[_("Los enlaces anteriores dejan de servir."), _("El nuevo vale 72 horas.")],
        action=_("Enviar invitación"),
        back=shown.get_absolute_url(),
        done=_("La invitación va en camino por correo."),
        where=where(shown),
    )


@requires(Perm.MANAGE_PEOPLE)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the open invitation stop working."""
    shown = person_for(request, pk)
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
        where=where(shown),
    )


@requires(Perm.MANAGE_PEOPLE)
@recently_confirmed
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the door to a person."""
    shown = person_for(request, pk)
    today = timezone.localdate()
    current = Holding.objects.current(today).filter(person=shown).select_related("position")
    posts = ", ".join(holding.position.title for holding in current)
    return confirmed(
        request,
        lambda: services.deactivate(shown, by=request.user),
        heading=_("Desactivar a una persona"),
        what=_("Va a desactivar a %(name)s.") % {"name": shown},
        consequences=[
            _("Sus sesiones se cierran ahora mismo y no podrá entrar."),
            _("Deja sin titular: %(posts)s.") % {"posts": posts}
            if posts
            else _("No ocupa ningún cargo: nada queda vacante."),
            _("Lo que hizo queda registrado con su nombre."),
            _("Puede volver a activarla cuando quiera."),
        ],
        action=_("Desactivar"),
        danger=True,
        back=shown.get_absolute_url(),
        done=_("La persona quedó desactivada y sus sesiones, cerradas."),
        where=where(shown),
    )


@requires(Perm.MANAGE_PEOPLE)
@recently_confirmed
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the door again."""
    shown = person_for(request, pk)
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
        where=where(shown),
    )


@requires(Perm.MANAGE_ROLES)
@recently_confirmed
def person_roles(request: HttpRequest, pk: int) -> HttpResponse:
    """Which roles a person holds. A stale edit changes nothing and is told (S6, S7)."""
    shown = person_for(request, pk)
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
        where=where(shown),
        stale=_("Ahora tiene: %(roles)s. Lo que usted eligió sigue marcado abajo.")
        % {"roles": ", ".join(stale) or _("ninguno")}
        if form.is_bound and now != form.data.get("expected") or stale
        else "",
    )
