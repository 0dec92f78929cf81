"""A kind of each sort and an audience, as a room above would register them."""

import pytest

from apps.accounts.models import Person
from apps.notifications.kinds import NoticeKind, audiences, kinds

KINDS = {
    "test_now": NoticeKind(title="Pruebas urgentes", mail="now"),
    "test_daily": NoticeKind(title="Pruebas del día", mail="daily", note="Cuando algo cambia."),
    "test_quiet": NoticeKind(title="Pruebas calladas", mail="never"),
    "test_duty": NoticeKind(title="Pruebas obligatorias", mail="now", obligatory=True),
}


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr(kinds, "_entries", {**dict(kinds), **KINDS})
    everyone = {"test_everyone": lambda subject_id: Person.objects.all()}
    monkeypatch.setattr(audiences, "_entries", {**dict(audiences), **everyone})
