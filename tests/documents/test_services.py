"""What can happen to a governed document: drafts, review, approval, in force, history."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.accounts.models import Unit
from apps.core.access import Level
from apps.core.rules import RuleBroken
from apps.documents import jobs, services
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm

REASON = "Se corrige el plazo que ya no se cumplía."


def today():
    return timezone.localdate()


@pytest.fixture
def document(supervisor, unit) -> Document:
    return services.open_document(
        kind=Document.Kind.POLICY,
        code="POL-01",
        title="Política",
        owner=supervisor,
        unit=unit,
        by=supervisor,
    )


def start(document, by, **fields) -> Version:
    fields = {
        "title": "Política",
        "body": "<p>Uno.</p>",
        "change": Version.Change.MINOR,
        "justification": REASON,
    } | fields
    return services.start_version(document, by=by, **fields)


def publish(document, author, approver, *, on=None) -> Version:
    version = services.submit(start(document, author), by=author)
    return services.approve(version, effective_on=on or today(), by=approver)


def test_one_draft_at_a_time(document, supervisor):
    start(document, supervisor)
    with pytest.raises(RuleBroken):
        start(document, supervisor)


def test_m7_s7_nobody_approves_their_own_version(document, quality):
    version = services.submit(start(document, quality), by=quality)
    with pytest.raises(RuleBroken):
        services.approve(version, effective_on=today(), by=quality)
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(approver=quality)


def test_s9_a_draft_never_submitted_is_not_approved(document, supervisor, quality):
    with pytest.raises(RuleBroken):
        services.approve(start(document, supervisor), effective_on=today(), by=quality)


def test_s9_what_was_submitted_or_approved_is_not_submitted_again(document, supervisor, quality):
    version = services.submit(start(document, supervisor), by=supervisor)
    with pytest.raises(RuleBroken):
        services.submit(version, by=supervisor)
    services.approve(version, effective_on=today(), by=quality)
    for act in (
        lambda: services.submit(version, by=supervisor),
        lambda: services.approve(version, effective_on=today(), by=quality),
    ):
        with pytest.raises(RuleBroken):
            act()


def test_only_who_may_writes_and_approves(document, supervisor, agent):
    for act in (
        lambda: start(document, agent),
        lambda: services.open_document(
            kind="policy", code="X", title="X", owner=agent, unit=document.unit, by=agent
        ),
        lambda: services.set_audience(document, [], by=agent),
        lambda: services.relate(document, [], by=agent),
    ):
        with pytest.raises(PermissionDenied):
            act()
    version = services.submit(start(document, supervisor), by=supervisor)
    with pytest.raises(PermissionDenied):
        services.approve(version, effective_on=today(), by=supervisor)


def test_m9_a_version_with_a_date_to_come_waits_for_its_day(
    document, supervisor, quality, time_machine
):
    first = publish(document, supervisor, quality)
    second = publish(document, supervisor, quality, on=today() + timedelta(days=3))
    jobs.bring_due_versions_into_force()
    second.refresh_from_db()
    assert second.state == Version.State.APPROVED
    time_machine.move_to(timezone.now() + timedelta(days=3))
    for _twice in range(2):
        jobs.bring_due_versions_into_force()
    first.refresh_from_db()
    second.refresh_from_db()
    document.refresh_from_db()
    assert (first.state, second.state) == (Version.State.SUPERSEDED, Version.State.IN_FORCE)
    assert first.superseded_on == second.effective_on
    assert document.current == second


def test_m9_the_day_in_force_is_never_before_the_approval(document, supervisor, quality):
    version = services.submit(start(document, supervisor), by=supervisor)
    with pytest.raises(RuleBroken):
        services.approve(version, effective_on=today() - timedelta(days=1), by=quality)


def test_m9_before_its_day_no_version_is_forced(document, supervisor, quality):
    version = publish(document, supervisor, quality, on=today() + timedelta(days=1))
    with pytest.raises(RuleBroken):
        services.bring_into_force(version)
    with pytest.raises(RuleBroken):
        services.bring_into_force(start(document, supervisor))


def test_m9_one_version_at_most_is_in_force(document, supervisor, quality):
    publish(document, supervisor, quality)
    second = publish(document, supervisor, quality, on=today() + timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.filter(pk=second.pk).update(state=Version.State.IN_FORCE)


def test_m9_versions_take_their_turn_in_the_order_of_their_numbers(
    document, supervisor, quality, time_machine
):
    second = publish(document, supervisor, quality, on=today() + timedelta(days=1))
    with pytest.raises(RuleBroken):
        publish(document, supervisor, quality)  # would rule before the one that waits
    third = document.versions.get(state=Version.State.IN_REVIEW)
    third = services.approve(third, effective_on=today() + timedelta(days=1), by=quality)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    services.bring_into_force(third)
    services.bring_into_force(second)
    states = dict(document.versions.values_list("number", "state"))
    assert states == {1: "superseded", 2: "in_force"}


@pytest.mark.django_db(transaction=True)
def test_m9_f14_of_two_people_who_publish_at_once_one_version_stays_in_force(
    document, supervisor, quality
):
    publish(document, supervisor, quality)
    version = services.submit(start(document, supervisor), by=supervisor)
    barrier, outcomes = Barrier(4), []

    def approve():
        barrier.wait()
        try:
            services.approve(version, effective_on=today(), by=quality)
            outcomes.append("approved")
        except RuleBroken:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [Thread(target=approve) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", "told", "told", "told"]
    states = list(document.versions.order_by("number").values_list("number", "state"))
    assert states == [(1, "superseded"), (2, "in_force")]


def test_m11_the_hash_is_of_the_text(document, supervisor, quality):
    version = publish(document, supervisor, quality)
    assert version.content_hash == services.hash_of(version)
    other = Version(title=version.title, body="<p>Otro.</p>")
    assert services.hash_of(other) != version.content_hash


def test_the_next_review_counts_from_the_day_in_force(document, supervisor, quality):
    publish(document, supervisor, quality)
    document.refresh_from_db()
    assert (document.next_review_on - today()).days in (365, 366)


def test_coming_into_force_is_announced_once(document, supervisor, quality):
    heard = []

    def hear(version, imported, **kwargs):
        heard.append((version.number, imported))

    services.came_into_force.connect(hear)
    try:
        version = publish(document, supervisor, quality)
        services.bring_into_force(version)
        record(document, 2, supervisor, quality)
    finally:
        services.came_into_force.disconnect(hear)
    assert heard == [(1, False), (2, True)]


# History from outside ----------------------------------------------------------------------


def record(document, number, author, by, *, days_ago=0, approver=None, **fields) -> Version:
    at = timezone.now() - timedelta(days=max(0, days_ago))
    fields = {
        "title": "Política",
        "body": "<p>Uno.<script>x</script></p>",
        "change": Version.Change.MINOR,
        "justification": REASON,
        "approved_at": at,
        "effective_on": today() - timedelta(days=days_ago),
    } | fields
    return services.record_published(
        document, number=number, author=author, approver=approver or by, by=by, **fields
    )


def test_history_is_recorded_oldest_first_with_its_dates(document, supervisor, quality):
    first = record(document, 1, supervisor, quality, days_ago=300)
    second = record(document, 2, supervisor, quality, days_ago=100)
    third = record(document, 3, supervisor, quality, days_ago=-5)
    first.refresh_from_db()
    second.refresh_from_db()
    document.refresh_from_db()
    assert first.superseded_on == second.effective_on
    assert [v.state for v in (first, second, third)] == ["superseded", "in_force", "approved"]
    assert document.current == second
    assert first.body == "<p>Uno.</p>"
    assert services.hash_of(first) == first.content_hash


@pytest.mark.parametrize("number", [0, 1, 3])
def test_history_has_no_gap_and_no_double(document, supervisor, quality, number):
    record(document, 1, supervisor, quality, days_ago=10)
    with pytest.raises(RuleBroken):
        record(document, number, supervisor, quality)


def test_history_that_contradicts_itself_is_refused(document, supervisor, quality):
    record(document, 1, supervisor, quality, days_ago=10)
    for fields in (
        {"days_ago": 20},
        {"justification": "corta"},
        {"approved_at": timezone.now() + timedelta(days=1)},
        {"days_ago": 5, "approved_at": timezone.now()},
        {"approver": supervisor},
    ):
        with pytest.raises(RuleBroken), transaction.atomic():
            record(document, 2, supervisor, quality, **fields)
    assert document.versions.count() == 1


def test_history_is_recorded_by_who_may_approve_and_not_over_a_draft(document, supervisor, quality):
    with pytest.raises(PermissionDenied):
        record(document, 1, quality, supervisor)
    start(document, supervisor)
    with pytest.raises(RuleBroken):
        record(document, 2, supervisor, quality)


# Who it is for ----------------------------------------------------------------------


def test_an_audience_takes_in_everything_below_its_units(document, supervisor, unit):
    below = Unit.objects.create(code="ATC-T", name="Telefónico", parent=unit)
    deep = Unit.objects.create(code="ATC-T1", name="Turno", parent=below)
    services.set_audience(document, [unit], by=supervisor)
    assert set(document.audience.all()) == {unit, below, deep}
    services.set_audience(document, [], by=supervisor)
    assert not document.audience.exists()


def test_s2_a_document_for_another_unit_is_out_of_reach(
    document, supervisor, quality, other_unit, make_person, make_position
):
    services.set_audience(document, [other_unit], by=quality)
    peer = make_person("pia", "supervision", position=make_position("Otra supervisión"))
    assert not Document.objects.visible_to(peer).exists()
    assert Document.objects.visible_to(supervisor).exists()  # owns it
    for act in (
        lambda: services.set_audience(document, [], by=peer),
        lambda: services.relate(document, [], by=peer),
    ):
        with pytest.raises(PermissionDenied):
            act()


@pytest.mark.parametrize(
    ("level", "agent_sees"),
    [
        (Level.PUBLIC, True),
        (Level.INTERNAL, True),
        (Level.CONFIDENTIAL, False),
        (Level.RESERVED, False),
    ],
)
def test_s4_nobody_sees_above_their_level(document, agent, level, agent_sees):
    Document.objects.filter(pk=document.pk).update(classification=level)
    assert Document.objects.visible_to(agent).exists() == agent_sees


def test_drafts_exist_for_writers_only(document, supervisor, quality, agent):
    publish(document, supervisor, quality)
    start(document, supervisor)
    assert Version.objects.visible_to(agent).count() == 1
    assert Version.objects.visible_to(supervisor).count() == 2


def test_relations_are_set_as_a_whole(document, supervisor, unit):
    others = [
        services.open_document(
            kind="policy", code=f"POL-1{n}", title="x", owner=supervisor, unit=unit, by=supervisor
        )
        for n in range(3)
    ]
    services.relate(document, others[:2], by=supervisor)
    services.relate(document, others[1:], by=supervisor)
    assert {r.related for r in document.relations.all()} == set(others[1:])
    with pytest.raises(RuleBroken):
        services.relate(document, [document], by=supervisor)


def test_a_code_is_given_once_and_reviews_have_bounds(document, supervisor, unit):
    common = {"kind": "policy", "title": "x", "owner": supervisor, "unit": unit, "by": supervisor}
    with pytest.raises(RuleBroken):
        services.open_document(code="POL-01", **common)
    for months in (0, 37, -1):
        with pytest.raises(RuleBroken):
            services.open_document(code="POL-02", review_months=months, **common)


def test_the_permissions_of_documents_are_named_once():
    assert {perm.partition(".")[0] for perm in Perm} == {"documents"}
