"""Reviews: concluding them, who does them, when, and the rules of each kind (M13)."""

from datetime import timedelta
from importlib import import_module
from threading import Barrier, Thread

import pytest
from dateutil.relativedelta import relativedelta
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import InternalError, connection, transaction
from django.utils import timezone

from apps.accounts.models import Absence
from apps.core.access import Level
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents import services
from apps.documents.models import Document, KindRules, Review, ReviewChange
from apps.notifications.models import Notice

pytestmark = pytest.mark.django_db
FINE = "Se leyó entera y coincide con lo que se hace."
REASON = "La persona anterior cambió de área este mes."
SAME, CHANGE = Review.Outcome.NO_CHANGE, Review.Outcome.CHANGE


def today():
    return timezone.localdate()


def in_days(days):
    return today() + timedelta(days=days)


def conclude(document, by, outcome=SAME, conclusion=FINE, **fields):
    return services.conclude_review(
        document, outcome=outcome, conclusion=conclusion, by=by, **fields
    )


# Concluding ------------------------------------------------------------------------------------


def test_m13_no_change_stores_who_when_conclusion_and_next_date_without_a_new_version(
    publish, supervisor
):
    document = publish("POL-1", due_in=-3)
    was_due = document.next_review_on
    review = conclude(document, supervisor, conclusion=f"  {FINE} ")
    document.refresh_from_db()
    assert document.next_review_on == today() + relativedelta(months=12)
    assert document.versions.count() == 1
    assert (review.reviewed_by, review.conclusion) == (supervisor, FINE)
    assert (review.due_on, review.next_review_on) == (was_due, document.next_review_on)
    assert review.concluded_at <= timezone.now()


def test_m13_the_next_date_can_be_chosen_up_to_36_months_ahead(publish, supervisor):
    document = publish("POL-1", due_in=5)
    conclude(document, supervisor, next_review_on=in_days(1))
    document.refresh_from_db()
    assert document.next_review_on == in_days(1)
    edge = today() + relativedelta(months=36)
    for day in (today(), in_days(-1), edge + timedelta(days=1)):
        with pytest.raises(RuleBroken) as broken:
            conclude(document, supervisor, next_review_on=day)
        assert "next_review_on" in broken.value.message_dict
    conclude(document, supervisor, next_review_on=edge)


def test_m13_needs_changes_keeps_the_review_due(publish, supervisor):
    document = publish("POL-1", due_in=-3)
    review = conclude(document, supervisor, CHANGE, next_review_on=in_days(90))
    document.refresh_from_db()
    assert document.next_review_on == review.next_review_on == in_days(-3)
    assert document in Document.objects.review_overdue(today())


def test_m13_a_new_version_moves_the_date_on(publish, quality, supervisor):
    document = publish("POL-1", due_in=-3)
    services.record_published(
        document,
        number=2,
        title="Política",
        body="<p>Dos.</p>",
        change="minor",
        justification="Se corrige el plazo que ya no se cumplía.",
        author=supervisor,
        approver=quality,
        approved_at=timezone.now(),
        effective_on=today(),
        by=quality,
    )
    document.refresh_from_db()
    assert document.next_review_on == today() + relativedelta(months=12)


def test_m13_a_conclusion_of_19_characters_is_refused(publish, supervisor):
    document = publish("POL-1", due_in=5)
    for text in ("", "x" * 19, " " * 40):
        with pytest.raises(RuleBroken) as broken:
            conclude(document, supervisor, conclusion=text)
        assert "conclusion" in broken.value.message_dict
    conclude(document, supervisor, conclusion="x" * 20)


def test_m13_reviewer_owner_their_substitutes_and_quality_may_conclude(
    publish, supervisor, agent, quality, direction, make_person
):
    document = publish("POL-1", due_in=5)
    document.reviewer = agent
    document.save()
    other = make_person("ines", "agente")
    with pytest.raises(PermissionDenied):
        conclude(document, other)
    with pytest.raises(PermissionDenied):
        conclude(document, direction)
    Absence.objects.create(person=agent, substitute=other, from_on=today(), to_on=in_days(1))
    for person in (agent, supervisor, quality, other):
        conclude(document, person)


def test_m13_a_substitute_may_only_on_their_days(publish, agent, make_person):
    document = publish("POL-1", due_in=5, owner=agent)
    other = make_person("ines", "agente")
    Absence.objects.create(person=agent, substitute=other, from_on=in_days(1), to_on=in_days(2))
    Absence.objects.create(person=agent, substitute=other, from_on=in_days(-2), to_on=in_days(-1))
    with pytest.raises(PermissionDenied):
        conclude(document, other)


def test_whoever_cannot_read_a_document_does_not_review_it(publish, agent):
    document = publish("POL-1", due_in=5, classification=Level.RESERVED)
    document.reviewer = agent
    document.save()
    with pytest.raises(PermissionDenied):
        conclude(document, agent)


def test_only_what_is_in_force_is_reviewed(publish, unit, quality):
    draft = services.open_document(
        kind="policy", code="POL-9", title="Nueva", owner=quality, unit=unit, by=quality
    )
    with pytest.raises(RuleBroken):
        conclude(draft, quality)
    retired = publish("POL-1", due_in=5)
    retired.retired_on = today()
    retired.save()
    with pytest.raises(RuleBroken):
        conclude(retired, quality)


def test_f14_a_review_concluded_meanwhile_is_told(publish, supervisor, quality):
    document = publish("POL-1", due_in=-1)
    seen = {"version": 1, "due_on": document.next_review_on}
    conclude(document, supervisor, **seen)
    with pytest.raises(StaleEdit):
        conclude(document, quality, **seen)
    with pytest.raises(StaleEdit):
        conclude(document, quality, version=2)
    assert document.reviews.count() == 1


@pytest.mark.django_db(transaction=True)
def test_f14_two_people_conclude_at_once_and_one_is_told(publish, supervisor, quality):
    document = publish("POL-1", due_in=-1)
    seen = {"version": 1, "due_on": document.next_review_on}
    start, told = Barrier(2), []

    def go(person):
        start.wait()
        try:
            conclude(document, person, **seen)
        except StaleEdit as stale:
            told.append(stale)
        finally:
            connection.close()

    threads = [Thread(target=go, args=(person,)) for person in (supervisor, quality)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(told) == 1
    assert Review.objects.count() == 1


def test_m13_a_concluded_review_is_never_changed_or_deleted(publish, supervisor):
    review = conclude(publish("POL-1", due_in=5), supervisor)
    with pytest.raises(InternalError), transaction.atomic():
        review.delete()
    review.conclusion = "Otra cosa que nadie dijo entonces."
    with pytest.raises(InternalError), transaction.atomic():
        review.save()


# Who and when ----------------------------------------------------------------------------------


def test_quality_says_who_reviews_and_they_are_told(publish, agent, quality):
    document = publish("POL-1", due_in=40)
    services.set_reviewer(document, reviewer=agent, reason=REASON, by=quality)
    document.refresh_from_db()
    assert document.reviewer == agent
    change = ReviewChange.objects.get()
    assert (change.before, change.after) == ("", str(agent))
    assert (change.reason, change.changed_by) == (REASON, quality)
    assert Notice.objects.get(person=agent).url.endswith("/POL-1/")
    services.set_reviewer(document, reviewer=agent, reason=REASON, by=quality)
    assert ReviewChange.objects.count() == 1
    services.set_reviewer(document, reviewer=None, reason=REASON, by=quality)
    document.refresh_from_db()
    assert document.reviewer is None


def test_a_reviewer_must_be_active_and_able_to_read_it(publish, agent, outsider, quality):
    document = publish("POL-1", due_in=40)
    agent.is_active = False
    agent.save()
    for person in (agent, outsider):
        with pytest.raises(RuleBroken) as broken:
            services.set_reviewer(document, reviewer=person, reason=REASON, by=quality)
        assert "reviewer" in broken.value.message_dict
    with pytest.raises(RuleBroken) as broken:
        services.set_reviewer(document, reviewer=quality, reason="Corta.", by=quality)
    assert "reason" in broken.value.message_dict


def test_only_those_who_govern_change_who_and_when(publish, supervisor, direction, agent):
    document = publish("POL-1", due_in=40)
    for person in (supervisor, direction, agent):
        with pytest.raises(PermissionDenied):
            services.set_reviewer(document, reviewer=agent, reason=REASON, by=person)
        with pytest.raises(PermissionDenied):
            services.set_review_date(document, on=in_days(9), reason=REASON, by=person)
        with pytest.raises(PermissionDenied):
            rules(person)


def test_quality_moves_the_date_with_a_reason(publish, quality):
    document = publish("POL-1", due_in=40)
    services.set_review_date(document, on=in_days(9), reason=REASON, by=quality)
    document.refresh_from_db()
    assert document.next_review_on == in_days(9)
    change = ReviewChange.objects.get()
    assert (change.before, change.after) == (in_days(40).isoformat(), in_days(9).isoformat())
    services.set_review_date(document, on=in_days(9), reason=REASON, by=quality)
    assert ReviewChange.objects.count() == 1
    for day in (today(), today() + relativedelta(months=36, days=1)):
        with pytest.raises(RuleBroken):
            services.set_review_date(document, on=day, reason=REASON, by=quality)
    document.retired_on = today()
    document.save()
    with pytest.raises(RuleBroken):
        services.set_review_date(document, on=in_days(10), reason=REASON, by=quality)


def test_who_left_hands_the_review_back_to_the_owner(publish, supervisor, agent, quality):
    document = publish("POL-1", due_in=40)
    document.reviewer = agent
    document.save()

    def charged():
        return Document.objects.with_reviewer(today()).get().charged_id

    assert charged() == agent.pk
    agent.is_active = False
    agent.save()
    assert charged() == supervisor.pk
    supervisor.is_active = False
    supervisor.save()
    assert charged() is None


def test_a_substitute_who_is_away_too_or_left_does_not_act(publish, supervisor, agent, quality):
    publish("POL-1", due_in=40)

    def acting():
        return Document.objects.with_reviewer(today()).get().acting_id

    Absence.objects.create(person=supervisor, substitute=agent, from_on=today(), to_on=today())
    assert acting() == agent.pk
    away = Absence.objects.create(person=agent, substitute=quality, from_on=today(), to_on=today())
    assert acting() == supervisor.pk
    away.delete()
    agent.is_active = False
    agent.save()
    assert acting() == supervisor.pk


# Rules of each kind ----------------------------------------------------------------------------


def rules(by, **fields):
    fields = {"review_months": 6, "acknowledgement_days": 10, "escalation_days": 7} | fields
    return services.set_kind_rules("policy", **fields, by=by)


def test_every_kind_has_rules_from_the_first_day():
    assert set(KindRules.objects.values_list("kind", flat=True)) == set(Document.Kind.values)


def test_seeding_the_rules_twice_keeps_what_was_set(quality):
    rules(quality)
    seed = import_module("apps.documents.migrations.0007_kind_rules").seed
    KindRules.objects.filter(kind="case").delete()
    seed(apps, None)
    assert services.rules_of("policy").review_months == 6
    assert services.rules_of("case").review_months == 24


def test_a_kind_nobody_set_rules_for_has_those_of_the_house():
    KindRules.objects.all().delete()
    assert services.rules_of("policy").review_months == 12


def test_quality_sets_the_rules_of_a_kind(quality):
    rules(quality)
    found = services.rules_of("policy")
    assert (found.review_months, found.acknowledgement_days, found.escalation_days) == (6, 10, 7)


def test_a_document_begins_with_the_interval_of_its_kind(quality, publish):
    rules(quality)
    document = publish("POL-1", days_ago=0)
    assert document.review_months == 6
    assert document.next_review_on == today() + relativedelta(months=6)
    assert publish("POL-2", review_months=24).review_months == 24


@pytest.mark.parametrize(
    ("field", "wrong", "edge"),
    [
        ("review_months", (0, 37, -1), (1, 36)),
        ("acknowledgement_days", (0, 366), (1, 365)),
        ("escalation_days", (0, 366), (1, 365)),
    ],
)
def test_rules_stay_within_bounds(quality, field, wrong, edge):
    for value in wrong:
        with pytest.raises(RuleBroken) as broken:
            rules(quality, **{field: value})
        assert field in broken.value.message_dict
    for value in edge:
        rules(quality, **{field: value})


def test_f14_rules_that_changed_meanwhile_are_told(quality):
    from apps.accounts.services.editing import state_of
    from apps.documents.services.reviewing import KIND_RULES_FIELDS

    seen = state_of(services.rules_of("policy"), KIND_RULES_FIELDS)
    rules(quality, review_months=3)
    with pytest.raises(StaleEdit):
        rules(quality, expected=seen)
    with pytest.raises(RuleBroken):
        services.set_kind_rules(
            "novela", review_months=1, acknowledgement_days=1, escalation_days=1, by=quality
        )
