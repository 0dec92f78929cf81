"""The activity log: who did what, when, before and after."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.activity import entries, told, told_in_batches
from apps.accounts.forms import ActivityFilter
from apps.accounts.permissions import Perm
from apps.accounts.reauth import recently_confirmed
from apps.accounts.views.common import chips_of, query_of, tabs
from apps.core.access import SAFE_METHODS, requires
from apps.core.exports import Column, export
from apps.core.pagination import paginate


@requires(Perm.VIEW_LOG, methods=SAFE_METHODS)
def activity(request: HttpRequest) -> HttpResponse:
    """The log, newest first, filtered, a page at a time."""
    filtered = ActivityFilter(request.GET, queryset=entries(request.user), request=request)
    page = paginate(filtered.qs, request, order=("-id",), with_count=False)
    context = {
        "tabs": tabs(request, "activity"),
        "form": filtered.form,
        "chips": chips_of(request, filtered.form),
        "page": page,
        "rows": told(page.rows, request.user),
        "exports": {
            kind: reverse("accounts:activity-export") + "?" + query_of(request, formato=kind)
            for kind in ("csv", "xlsx")
        },
    }
    return render(request, "accounts/activity.html", context)


@requires(Perm.VIEW_LOG, methods=SAFE_METHODS)
@recently_confirmed
def export_activity(request: HttpRequest) -> HttpResponseBase:
    """The filtered log as a file; filters that are wrong lead back to the list."""
    filtered = ActivityFilter(request.GET, queryset=entries(request.user), request=request)
    if not filtered.form.is_valid():
        return redirect(reverse("accounts:activity") + "?" + query_of(request, formato=""))
    columns = [
        Column(_("Cuándo"), lambda row: row.entry.timestamp),
        Column(_("Quién"), lambda row: row.who),
        Column(_("Acción"), lambda row: row.action),
        Column(_("Qué"), lambda row: row.kind),
        Column(_("Cuál"), lambda row: row.thing),
        Column(
            _("Cambios"),
            lambda row: "; ".join(f"{name}: {old} → {new}" for name, old, new in row.changes),
        ),
        Column(_("Dirección"), lambda row: row.entry.remote_addr),
        Column(_("Referencia"), lambda row: row.entry.cid),
    ]
    rows = told_in_batches(filtered.qs.order_by("-id").iterator(chunk_size=500), request.user)
    return export(request, name=_("actividad"), columns=columns, rows=rows)
