"""What every form of the house has: a key of its own and clean input."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
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
        created = _claim(key, person)
        row = None if created else SubmittedForm.objects.get(pk=key)
        if row is not None and row.person_id != (person.pk if person else None):
            # SECURITY: somebody else's key tells nothing and blocks nothing.
            key = uuid.uuid4()
            row, created = None, _claim(key, person)
        ticket = Ticket(answer=row.answer_url if row else "")
        yield ticket
        if created:
            SubmittedForm.objects.filter(pk=key).update(answer_url=ticket.answer)


def _claim(key: uuid.UUID, person: Any) -> bool:
    """Whether this transaction is the first with `key`; it waits for another that began."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_submittedform (key, person_id, answer_url, created_at)"
            " VALUES (%s, %s, '', %s) ON CONFLICT (key) DO NOTHING RETURNING key",
            [key, person and person.pk, timezone.now()],
        )
        return cursor.fetchone() is not None
