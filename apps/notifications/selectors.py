"""What a person chose, kind by kind."""

from __future__ import annotations

from apps.accounts.models import Person
from apps.notifications.kinds import Mail, NoticeKind, kinds
from apps.notifications.models import Preference


def choices_of(person: Person) -> list[tuple[str, NoticeKind, str]]:
    """Every kind by title, with when it comes by mail for `person`."""
    chosen = dict(Preference.objects.filter(person=person).values_list("kind", "mail"))
    rows = []
    for key, kind in sorted(kinds, key=lambda entry: str(entry[1].title)):
        mail = chosen.get(key, kind.mail)
        if kind.obligatory and mail == Mail.NEVER:
            mail = kind.mail
        rows.append((key, kind, mail))
    return rows
