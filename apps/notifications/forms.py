"""Filters of the list, and when each kind of notice comes by mail."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.forms import HouseForm
from apps.notifications.kinds import Mail, kinds
from apps.notifications.models import Notice
from apps.notifications.selectors import choices_of

PREFIX = "kind_"


class NoticeFilter(django_filters.FilterSet):
    unread = django_filters.ChoiceFilter(
        label=_("Mostrar"),
        method="by_state",
        choices=[("1", _("Sin leer")), ("0", _("Leídos"))],
        empty_label=_("Todos"),
    )
    kind = django_filters.ChoiceFilter(label=_("Tipo"), empty_label=_("Todos los tipos"))

    class Meta:
        model = Notice
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = [(key, kind.title) for key, kind in kinds]
        self.filters["kind"].extra["choices"] = sorted(titles, key=lambda pair: str(pair[1]))

    def by_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Unread notices, or those already read."""
        return queryset.filter(is_unread=value == "1")


class SeenForm(forms.Form):
    """When the page was drawn whose notices are all marked as read."""

    until = forms.DateTimeField(widget=forms.HiddenInput)


class PreferencesForm(HouseForm):
    """One choice per kind. Its rows are for the table: field, note and icon of the kind."""

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kinds = choices_of(person)
        for key, kind, mail in self._kinds:
            choices = [
                choice for choice in Mail.choices if choice[0] != Mail.NEVER or not kind.obligatory
            ]
            self.fields[PREFIX + key] = forms.ChoiceField(
                label=kind.title, choices=choices, initial=mail
            )

    def rows(self) -> list[dict[str, Any]]:
        """Kinds by title: bound field, note, icon, whether it is obligatory."""
        return [
            {
                "field": self[PREFIX + key],
                "note": kind.note,
                "icon": kind.icon,
                "obligatory": kind.obligatory,
            }
            for key, kind, _mail in self._kinds
        ]

    @property
    def payload(self) -> dict[str, Any]:
        """The choices by kind, as `services.choose_mail` takes them."""
        return {
            "choices": {name.removeprefix(PREFIX): value for name, value in super().payload.items()}
        }
