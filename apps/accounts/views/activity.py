"""The activity log: who did what, when, before and after."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import django_filters
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Person
from apps.accounts.permissions import Perm
from apps.accounts.reauth import recently_confirmed
from apps.accounts.views.common import tabs
from apps.core.access import SAFE_METHODS, requires
from apps.core.exports import Column, export
from apps.core.pagination import paginate

ACTIONS = [
    (LogEntry.Action.CREATE, gettext_lazy("Creó")),
    (LogEntry.Action.UPDATE, gettext_lazy("Cambió")),
    (LogEntry.Action.DELETE, gettext_lazy("Borró")),
    (LogEntry.Action.ACCESS, gettext_lazy("Consultó")),
]
FIELD_TITLES = {
    "roles": gettext_lazy("roles"),
    "permissions": gettext_lazy("permisos"),
    "is_active": gettext_lazy("activa"),
}
SHOWN_MAX = 300


def kinds() -> dict[int, str]:
    """Kinds of things the log tells of, by content type, with their Spanish name."""
    models = [model for model in auditlog.get_models() if model._meta.app_label in _ours()]
    found = ContentType.objects.get_for_models(*models)
    names = {kind.pk: str(model._meta.verbose_name).capitalize() for model, kind in found.items()}
    return dict(sorted(names.items(), key=lambda pair: pair[1]))


def _ours() -> set[str]:
    return {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}


class ActivityFilter(django_filters.FilterSet):
    person = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Quién"),
        field_name="actor",
        queryset=Person.objects.order_by("last_name", "first_name"),
        empty_label=gettext_lazy("Cualquiera"),
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Qué"),
        field_name="content_type_id",
        empty_label=gettext_lazy("Todo"),
    )
    action = django_filters.ChoiceFilter(
        label=gettext_lazy("Acción"), choices=ACTIONS, empty_label=gettext_lazy("Todas")
    )
    since = django_filters.DateFilter(
        label=gettext_lazy("Desde"), field_name="timestamp", lookup_expr="date__gte"
    )
    until = django_filters.DateFilter(
        label=gettext_lazy("Hasta"), field_name="timestamp", lookup_expr="date__lte"
    )

    class Meta:
        model = LogEntry
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = list(kinds().items())
        for name in ("since", "until"):
            self.form.fields[name].widget.input_type = "date"


def entries() -> QuerySet[LogEntry]:
    """Rows of the log, with who acted."""
    return LogEntry.objects.select_related("actor", "content_type")


def told(entry: LogEntry) -> dict[str, Any]:
    """An entry in words: what it was about, and each field before and after."""
    model = entry.content_type.model_class()
    changes = []
    for name, value in (entry.changes_dict or {}).items():
        before, after = value if isinstance(value, list) and len(value) == 2 else ("", value)
        changes.append((_title(model, name), _shown(before), _shown(after)))
    kind = model._meta.verbose_name if model else entry.content_type.model
    return {
        "entry": entry,
        "action": dict(ACTIONS).get(entry.action, ""),
        "kind": str(kind),
        "changes": changes if entry.action == LogEntry.Action.UPDATE else changes[:12],
    }


def _title(model: Any, name: str) -> str:
    if name in FIELD_TITLES:
        return str(FIELD_TITLES[name])
    try:
        return str(getattr(model._meta.get_field(name), "verbose_name", name)) if model else name
    except FieldDoesNotExist:
        return name


def _shown(value: Any) -> str:
    if value in (None, "None", ""):
        return "—"
    words = {"True": _("Sí"), "False": _("No")}
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = words.get(text, text)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"


@requires(Perm.VIEW_LOG, methods=SAFE_METHODS)
def activity(request: HttpRequest) -> HttpResponse:
    """The log, newest first, filtered, a page at a time."""
    filtered = ActivityFilter(request.GET, queryset=entries())
    page = paginate(filtered.qs, request, order=("-id",))
    query = {name: value for name, value in request.GET.items() if value and name != "pagina"}
    return render(
        request,
        "accounts/activity.html",
        {
            "tabs": tabs(request, "activity"),
            "form": filtered.form,
            "page": page,
            "rows": [told(entry) for entry in page.rows],
            "exports": {
                kind: reverse("accounts:activity-export")
                + "?"
                + urlencode(query | {"formato": kind})
                for kind in ("csv", "xlsx")
            },
        },
    )


@requires(Perm.VIEW_LOG, methods=SAFE_METHODS)
@recently_confirmed
def export_activity(request: HttpRequest) -> HttpResponseBase:
    """The filtered log as a file."""
    filtered = ActivityFilter(request.GET, queryset=entries())
    columns = [
        Column(_("Cuándo"), lambda row: row["entry"].timestamp),
        Column(_("Quién"), lambda row: row["entry"].actor or _("El portal")),
        Column(_("Acción"), lambda row: row["action"]),
        Column(_("Qué"), lambda row: row["kind"]),
        Column(_("Cuál"), lambda row: row["entry"].object_repr),
        Column(
            _("Cambios"),
            lambda row: "; ".join(f"{name}: {old} → {new}" for name, old, new in row["changes"]),
        ),
    ]
    rows = (told(entry) for entry in filtered.qs.order_by("-id").iterator(chunk_size=500))
    return export(request, name="actividad", columns=columns, rows=rows)
