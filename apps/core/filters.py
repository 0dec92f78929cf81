"""Filters in the address of a list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest

from apps.core.pagination import PARAMETER


class FilterForm(forms.Form):
    """Filters in the address of a list. What is wrong is told at the field and left out."""

    def chosen(self, name: str) -> Any:
        """Value of a filter that is on and right, else None."""
        self.is_valid()
        return getattr(self, "cleaned_data", {}).get(name) or None

    def chips(self, request: HttpRequest) -> list[dict[str, str]]:
        """The filters that are on, each with the address that takes it off."""
        found = []
        for name, field in self.fields.items():
            value = self.chosen(name)
            if value is None or field.widget.is_hidden:
                continue
            words = str(value)
            if isinstance(field, forms.ChoiceField) and not isinstance(
                field, forms.ModelChoiceField
            ):
                words = str(dict(field.choices).get(value, value))
            query = request.GET.copy()
            query.pop(name, None)
            query.pop(PARAMETER, None)
            found.append({"text": f"{field.label}: {words}", "url": f"?{query.urlencode()}"})
        return found
