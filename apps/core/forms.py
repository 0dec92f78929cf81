"""What every form of the house has: a key of its own and clean input."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core import kept
from apps.core.models import SubmittedForm

KEY_FIELD = "envio"


class _House:
    """Adds the hidden submission key, and takes back what was kept of an earlier try."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[KEY_FIELD] = forms.UUIDField(
            required=False, initial=uuid.uuid4, widget=forms.HiddenInput
        )

    def full_clean(self) -> None:
        """What is missing is asked for by its name, unless the field has words of its own."""
        usual = forms.Field.default_error_messages["required"]
        for field in self.fields.values():
            if field.required and field.label and field.error_messages["required"] == usual:
                field.error_messages["required"] = _("Complete «%(label)s».") % {
                    "label": field.label
                }
        super().full_clean()

    @classmethod
    def of(cls, request: HttpRequest, **kwargs: Any) -> Self:
        """The form for this request: bound on POST, else with what was kept for its address."""
        if request.method == "POST":
            return cls(request.POST, request.FILES, **kwargs)
        initial = (kwargs.pop("initial", None) or {}) | kept.restored(request)
        return cls(initial=initial, **kwargs)

    @property
    def payload(self) -> dict[str, Any]:
        """Cleaned data without the submission key: what a service takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != KEY_FIELD}


class HouseForm(_House, forms.Form):
    """A form of the house."""


@dataclass
class Ticket:
    """Where a submitted form leads: set by the view, remembered for a second post."""

    answer: str = ""


@contextmanager
def once(request: HttpRequest) -> Iterator[Ticket]:
    """A transaction in which the posted form acts at most once (DESIGN §10).

    The ticket's `answer` is filled when the same key was already posted by this person:
    redirect to it and do nothing. Otherwise act, and set `answer` before leaving. A second
    post at the same time waits for the first.
    """
    try:
        key = uuid.UUID(request.POST.get(KEY_FIELD, ""))
    except ValueError:
        key = uuid.uuid4()
    person = request.user if request.user.is_authenticated else None
    with transaction.atomic():
        row, created = SubmittedForm.objects.get_or_create(key=key, defaults={"person": person})
        if not created and row.person_id != (person.pk if person else None):
            # SECURITY: somebody else's key tells nothing and blocks nothing.
            row, created = SubmittedForm.objects.create(key=uuid.uuid4(), person=person), True
        ticket = Ticket(answer="" if created else row.answer_url)
        yield ticket
        if created:
            row.answer_url = ticket.answer
            row.save(update_fields=["answer_url"])
