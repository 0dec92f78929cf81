"""Telling who reviews that a review is near or late, and their heads when it stays late (M13)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import Person
from apps.accounts.reporting import Chart
from apps.documents.models import Document, Escalation, KindRules
from apps.documents.permissions import Perm
from apps.notifications.models import Notice
from apps.notifications.services import Tiding, notify_each

AHEAD = (30, 7)


def step_of(days_left: int) -> int | None:
    """The latest threshold passed: 30, 7, 0, and -7, -14 … once late; None while it is far.

    Only the latest counts: whoever was not told 30 days before and has 5 left is told of 7.
    """
    if days_left > AHEAD[0]:
        return None
    if days_left > 0:
        return min(step for step in AHEAD if days_left <= step)
    return -(-days_left // 7 * 7)


@transaction.atomic
def remind_reviews(now: datetime) -> int:
    """Tell whoever reviews each document near or past its date; returns how many were told.

    A person is told once for each document, date and threshold, however often, late or
    concurrently this runs. If whoever reviews cannot enter or cannot read the document, its
    owner is told, and failing them those who govern documents.
    """
    today = timezone.localdate(now)
    near = list(
        _reviewable()
        .filter(next_review_on__lte=today + timedelta(days=AHEAD[0]))
        .with_reviewer(today)
        .order_by("next_review_on", "pk")
    )
    keys = {row.pk: _key(row, today) for row in near}
    governing = set(_governing().values_list("pk", flat=True)) if near else set()
    everyone = governing.union(*(_candidates(row) for row in near))
    # Two runs at once may both find nothing here: the database refuses the second notice.
    told = set(
        Notice.objects.filter(person__in=everyone, key__in=keys.values()).values_list(
            "person_id", "key"
        )
    )
    near = [row for row in near if (row.acting_id, keys[row.pk]) not in told]
    if not near:
        return 0
    sight = _Sight(governing.union(*(_candidates(row) for row in near)), near)
    tidings = [
        _due(row, person, keys[row.pk], (row.next_review_on - today).days)
        for row in near
        for person in _first_who_sees(row, sight, governing)
        if (person, keys[row.pk]) not in told
    ]
    return notify_each("review_due", tidings)


@transaction.atomic
def escalate_reviews(now: datetime) -> int:
    """Tell heads and quality of reviews late by more than their kind admits (M13).

    The head is whoever holds the position that the reviewer's own reports to; failing that,
    the one of the document's unit, or of the units above, that reports to nobody inside it.
    Once for each document and date it was due. Returns how many documents were told of.
    """
    today = timezone.localdate(now)
    admitted = dict(KindRules.objects.values_list("kind", "escalation_days"))
    usual = KindRules._meta.get_field("escalation_days").default
    late = [
        row
        for row in _reviewable()
        .filter(next_review_on__lt=today)
        .with_reviewer(today)
        .order_by("next_review_on", "pk")
        if (today - row.next_review_on).days >= admitted.get(row.kind, usual)
    ]
    told = set(
        Escalation.objects.filter(document__in=[row.pk for row in late]).values_list(
            "document_id", "due_on"
        )
    )
    late = [row for row in late if (row.pk, row.next_review_on) not in told]
    if not late:
        return 0
    governing = set(_governing().values_list("pk", flat=True))
    chart = Chart.on(today)
    heads = {row.pk: chart.heads_of(row.charged_id, unit=row.unit_id) | governing for row in late}
    sight = _Sight(set().union(*heads.values()), late)
    tidings, done = [], []
    for row in late:
        people = [
            person for person in sorted(heads[row.pk] - {row.acting_id}) if sight.shows(row, person)
        ]
        key = f"review-late:{row.pk}:{row.next_review_on.isoformat()}"
        tidings += [_late(row, person, key, (today - row.next_review_on).days) for person in people]
        if people:
            done.append(Escalation(document_id=row.pk, due_on=row.next_review_on, told_at=now))
    Escalation.objects.bulk_create(done, ignore_conflicts=True)
    notify_each("review_late", tidings)
    return len(done)


def _reviewable() -> QuerySet[Document]:
    return Document.objects.to_review().select_related("owner", "reviewer")


def _governing() -> QuerySet[Person]:
    """Those who govern documents, by role."""
    app, _dot, codename = str(Perm.GOVERN).partition(".")
    return (
        Person.objects.may_enter()
        .filter(
            groups__permissions__codename=codename,
            groups__permissions__content_type__app_label=app,
        )
        .distinct()
        .order_by("pk")
    )


class _Sight:
    """For which of `rows` each of `people` may enter and read. One statement for the people,
    one for each of them that is asked about."""

    def __init__(self, people: Iterable[int], rows: list[Document]) -> None:
        found = Person.objects.may_enter().with_access().filter(pk__in=set(people))
        self._people = {person.pk: person for person in found}
        self._rows = [row.pk for row in rows]
        self._seen: dict[int, set[int]] = {}

    def shows(self, row: Document, person: int) -> bool:
        if person not in self._people:
            return False
        if person not in self._seen:
            rows = Document.objects.visible_to(self._people[person]).filter(pk__in=self._rows)
            self._seen[person] = set(rows.values_list("pk", flat=True))
        return row.pk in self._seen[person]


def _key(row: Document, today: date) -> str:
    step = step_of((row.next_review_on - today).days)
    return f"review:{row.pk}:{row.next_review_on.isoformat()}:{step}"


def _candidates(row: Document) -> list[int]:
    """Whom to tell, the first who can read it: stand-in, reviewer, owner."""
    found = dict.fromkeys((row.acting_id, row.charged_id, row.owner_id))
    return [person for person in found if person is not None]


def _first_who_sees(row: Document, sight: _Sight, governing: set[int]) -> list[int]:
    for person in _candidates(row):
        if sight.shows(row, person):
            return [person]
    return [person for person in sorted(governing) if sight.shows(row, person)]


def _due(row: Document, person: int, key: str, days: int) -> Tiding:
    name = {"code": row.code, "title": row.title, "on": date_format(row.next_review_on)}
    if days > 0:
        title = _("Revise %(code)s, %(title)s, antes del %(on)s") % name
        text = ngettext("Falta %(n)s día.", "Faltan %(n)s días.", days) % {"n": days}
    elif days == 0:
        title = _("Hoy toca revisar %(code)s, %(title)s") % name
        text = _("Diga si sigue siendo correcto o si necesita cambios.")
    else:
        title = _("Está atrasada la revisión de %(code)s, %(title)s") % name
        late = ngettext(
            "Tocaba el %(on)s: lleva %(n)s día de atraso.",
            "Tocaba el %(on)s: lleva %(n)s días de atraso.",
            -days,
        ) % {"n": -days, "on": name["on"]}
        text = _("%(late)s El texto sigue en vigor.") % {"late": late}
    if person not in (row.owner_id, row.reviewer_id) and person == row.acting_id:
        text = _("%(text)s Le toca porque reemplaza a quien la hace.") % {"text": text}
    elif person not in _candidates(row):
        text = _("%(text)s Quien debe hacerla no puede entrar o leerlo: indique otra persona.") % {
            "text": text
        }
    return Tiding(person, key, title, reverse("reviews:review", args=[row.code]), text)


def _late(row: Document, person: int, key: str, days: int) -> Tiding:
    charged = row.reviewer if row.charged_id == row.reviewer_id else row.owner
    whose = (
        _("Debe hacerla %(who)s.") % {"who": charged}
        if charged is not None and charged.is_active
        else _("Nadie activo la tiene a cargo: indique quién la hace.")
    )
    text = ngettext(
        "Lleva %(n)s día de atraso. %(whose)s",
        "Lleva %(n)s días de atraso. %(whose)s",
        days,
    ) % {"n": days, "whose": whose}
    title = _("La revisión de %(code)s, %(title)s, sigue sin hacerse") % {
        "code": row.code,
        "title": row.title,
    }
    return Tiding(person, key, title, reverse("reviews:review", args=[row.code]), text)
