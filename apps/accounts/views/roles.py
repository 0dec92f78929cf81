"""Roles: the matrix, what one permits, its face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts import selectors, services
from apps.accounts.forms import RoleForm, RolePermissionsForm
from apps.accounts.models import Role
from apps.accounts.permissions import Perm
from apps.accounts.reauth import recently_confirmed
from apps.accounts.views.common import confirmed, crumbs, form_page, submitted, tabs
from apps.core.access import SAFE_METHODS, requires
from apps.core.rules import StaleEdit


def _where(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return crumbs((_("Roles"), reverse("accounts:roles")), *more)


@requires(Perm.VIEW_ROLES, methods=SAFE_METHODS)
def matrix(request: HttpRequest) -> HttpResponse:
    """Who may what: roles across, permissions down."""
    roles, groups = selectors.role_matrix()
    context = {
        "tabs": tabs(request, "roles"),
        "roles": roles,
        "groups": groups,
        "may_manage": request.user.has_perm(Perm.MANAGE_ROLES),
    }
    return render(request, "accounts/roles.html", context)


@dataclass
class Summary:
    """What a change of a role gives and takes, to be read before it is saved."""

    given: list[str]
    taken: list[str]


def _to_review(form: RolePermissionsForm, held: list[str], titles: dict[str, str]) -> Any:
    """The summary of a change that was not shown yet; then the form carries that it was."""
    if not form.is_valid() or form.cleaned_data["expected"] != held:
        return None
    chosen = set(form.cleaned_data["permissions"])
    mark = ",".join(sorted(chosen))
    if chosen == set(held) or form.cleaned_data["reviewed"] == mark:
        return None
    form.data = form.data.copy()
    form.data["reviewed"] = mark
    return Summary(
        given=[titles[perm] for perm in titles if perm in chosen - set(held)],
        taken=[titles[perm] for perm in titles if perm in set(held) - chosen],
    )


@requires(Perm.MANAGE_ROLES)
@recently_confirmed
def permissions(request: HttpRequest, key: str) -> HttpResponse:
    """What one role permits. A stale edit changes nothing and shows both sides."""
    role = get_object_or_404(Role.objects.select_related("group"), key=key)
    titles = selectors.permission_titles()
    held = sorted(services.permissions_of(role))
    form = RolePermissionsForm.of(
        request, titles=titles, initial={"permissions": held, "expected": ",".join(held)}
    )
    stale: list[tuple[str, str, str]] = []

    def do(permissions: list[str], expected: list[str], reviewed: str) -> str:
        try:
            services.set_role_permissions(role, permissions, expected=expected, by=request.user)
        except StaleEdit:
            for perm in sorted(set(permissions) ^ set(held)):
                mine, theirs = (_("Sí"), _("No")) if perm in permissions else (_("No"), _("Sí"))
                stale.append((titles[perm], mine, theirs))
            raise
        return reverse("accounts:roles")

    summary = _to_review(form, held, titles) if request.method == "POST" else None
    answer = None
    if summary is None:
        answer = submitted(
            request, form, do, done=_("El rol quedó guardado y rige desde la próxima página.")
        )
    if answer:
        return answer
    if form.is_bound:
        # What they chose stays; it is compared with what is there now.
        form.data = form.data.copy()
        form.data["expected"] = ",".join(held)
    chosen = form["permissions"].value() or []
    chosen = {chosen} if isinstance(chosen, str) else set(chosen)
    groups: dict[str, list[dict[str, Any]]] = {}
    for perm, title in titles.items():
        room = str(selectors.ROOMS.get(perm.partition(".")[0], perm.partition(".")[0]))
        groups.setdefault(room, []).append({"perm": perm, "title": title, "given": perm in chosen})
    context = {
        "role": role,
        "form": form,
        "groups": list(groups.items()),
        "stale": stale,
        "summary": summary,
        "people": role.group.user_set.filter(is_active=True).count(),
        "crumbs": _where((role.title, "")),
    }
    return render(
        request, "accounts/role.html", context, status=422 if form.is_bound and form.errors else 200
    )


@requires(Perm.MANAGE_ROLES)
@recently_confirmed
def new(request: HttpRequest) -> HttpResponse:
    """A role of one's own; it permits nothing at first."""
    form = RoleForm.of(request)

    def do(**data: Any) -> str:
        role = services.save_role(None, **data, by=request.user)
        return reverse("accounts:role", args=[role.key])

    return submitted(
        request, form, do, done=_("El rol quedó creado. Elija ahora qué permite.")
    ) or form_page(
        request,
        form,
        heading=_("Nuevo rol"),
        action=_("Crear rol"),
        cancel_url=reverse("accounts:roles"),
        where=_where(),
    )


@requires(Perm.MANAGE_ROLES)
@recently_confirmed
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Name and description of a role."""
    role = get_object_or_404(Role, key=key)
    fields = ("title", "description", "is_sensitive")
    form = RoleForm.of(request, initial={name: getattr(role, name) for name in fields})

    def do(**data: Any) -> str:
        services.save_role(role, **data, by=request.user)
        return reverse("accounts:roles")

    return submitted(request, form, do, done=_("Los cambios quedaron guardados.")) or form_page(
        request,
        form,
        heading=_("Cambiar rol"),
        lead=role.title,
        action=_("Guardar cambios"),
        cancel_url=reverse("accounts:roles"),
        where=_where(),
    )


@requires(Perm.MANAGE_ROLES)
@recently_confirmed
def delete(request: HttpRequest, key: str) -> HttpResponse:
    """Remove a role that nobody holds."""
    role = get_object_or_404(Role, key=key)
    return confirmed(
        request,
        lambda: services.delete_role(role, by=request.user),
        heading=_("Borrar rol"),
        what=_("Va a borrar el rol %(title)s.") % {"title": role.title},
        consequences=[_("Solo se puede si nadie lo tiene."), _("No se puede deshacer.")],
        action=_("Borrar rol"),
        danger=True,
        back=reverse("accounts:roles"),
        done=_("El rol quedó borrado."),
        where=_where(),
    )
