"""Approvals: in turns, by substitutes, void by an edit (M6 to M8, S7, S9)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.accounts.models import Absence
from apps.accounts.permissions import Role as R
from apps.core.access import Level
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents import services, turns
from apps.documents.models import Approval, Document, Version
from apps.documents.tasks_home import decision_tasks
from apps.notifications.models import Notice

REASON = "Se corrige el plazo que ya no se cumplía."
NOTE = "El plazo del paso dos no se puede cumplir."
DRAFT, IN_REVIEW, IN_FORCE = "draft", "in_review", "in_force"


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


@pytest.fixture
def draft(document, supervisor) -> Version:
    return services.start_version(
        document,
        title="Política",
        body="<p>Uno.</p>",
        change=Version.Change.FIRST,
        justification=REASON,
        by=supervisor,
    )


@pytest.fixture
def second(make_person, make_position):
    return make_person("ines", R.DIRECTION, position=make_position("Dirección comercial"))


@pytest.fixture
def third(make_person, make_position):
    return make_person("raul", R.QUALITY, position=make_position("Jefatura de calidad"))


@pytest.fixture
def away(quality):
    """Puts `quality` on leave from yesterday to tomorrow, with a substitute."""

    def leave(substitute, *, since=-1, until=1) -> Absence:
        return Absence.objects.create(
            person=quality,
            substitute=substitute,
            from_on=today() + timedelta(days=since),
            to_on=today() + timedelta(days=until),
        )

    return leave


def told(kind, person) -> int:
    return Notice.objects.filter(kind=kind, person=person).count()


def edit(version, text="<p>Dos.</p>"):
    """What the editor does with a draft."""
    version.body = text
    version.save()
    services.void_approvals(version)


# Submission ----------------------------------------------------------------------------------


def test_m6_a_first_version_without_its_reason_is_not_submitted(draft, supervisor, quality):
    with pytest.raises(RuleBroken) as broken:
        services.submit(draft, approvers=[quality], justification="x" * 19, by=supervisor)
    assert "justification" in broken.value.message_dict
    version = services.submit(draft, approvers=[quality], justification="x" * 20, by=supervisor)
    assert version.state == IN_REVIEW


@pytest.mark.parametrize("change", ["", "otra"])
def test_m6_a_version_without_its_type_of_change_is_not_submitted(draft, supervisor, change):
    with pytest.raises(RuleBroken) as broken:
        services.submit(draft, change=change, by=supervisor)
    assert "change" in broken.value.message_dict


def test_m6_only_the_first_version_is_a_first_version(document, draft, supervisor, quality):
    services.approve(services.submit(draft, by=supervisor), by=quality)
    later = services.start_version(
        document, title="P", body="", change="minor", justification=REASON, by=supervisor
    )
    with pytest.raises(RuleBroken):
        services.submit(later, change="first", by=supervisor)
    assert services.submit(later, change="major", by=supervisor).change == "major"


def test_a_submission_keeps_its_note_and_the_day_it_proposes(draft, supervisor, quality):
    day = today() + timedelta(days=5)
    version = services.submit(
        draft,
        approvers=[quality],
        wanted_on=day,
        note=" Miren el plazo. ",
        asks_acknowledgement=True,
        by=supervisor,
    )
    assert (version.wanted_on, version.submission_note) == (day, "Miren el plazo.")
    assert version.submitted_at
    assert services.approve(version, by=quality).effective_on == day


def test_a_day_that_passed_is_not_proposed(draft, supervisor):
    with pytest.raises(RuleBroken) as broken:
        services.submit(draft, wanted_on=today() - timedelta(days=1), by=supervisor)
    assert "wanted_on" in broken.value.message_dict


def test_m7_nobody_who_wrote_it_is_asked(draft, supervisor, quality, direction):
    draft.editors.add(quality)
    with pytest.raises(RuleBroken) as broken:
        services.submit(draft, approvers=[direction, quality], by=supervisor)
    assert "redactó esta versión" in str(broken.value)
    assert not draft.approvals.exists()


def test_only_people_who_may_approve_and_read_it_are_asked(
    document, draft, supervisor, agent, auditor, quality, direction
):
    for person in (agent, auditor):
        with pytest.raises(RuleBroken):
            services.submit(draft, approvers=[person], by=supervisor)
    Document.objects.filter(pk=document.pk).update(classification=Level.RESERVED)
    draft.refresh_from_db()
    assert set(turns.approvers_for(draft)) == set()
    Document.objects.filter(pk=document.pk).update(classification=Level.CONFIDENTIAL)
    draft.document.refresh_from_db()
    assert set(turns.approvers_for(draft)) == {quality, direction}


def test_a_reviewer_who_left_is_not_asked(draft, supervisor, quality):
    quality.is_active = False
    quality.save()
    with pytest.raises(RuleBroken) as broken:
        services.submit(draft, approvers=[quality], by=supervisor)
    assert "elija a otra persona" in str(broken.value)


def test_who_wrote_it_learns_that_a_reviewer_left_and_asks_another(
    draft, supervisor, quality, direction
):
    version = services.submit(draft, approvers=[quality], by=supervisor)
    assert not list(decision_tasks(supervisor))
    quality.is_active = False
    quality.save()
    (task,) = decision_tasks(supervisor)
    assert task.title.startswith("Elegir quién aprueba ")
    version = services.withdraw(version, by=supervisor)
    version = services.submit(version, approvers=[direction], by=supervisor)
    assert services.approve(version, by=direction).state == "in_force"


def test_nobody_is_asked_twice(draft, supervisor, quality):
    with pytest.raises(RuleBroken):
        services.submit(draft, approvers=[quality, quality], by=supervisor)


def test_m7_a_person_away_whom_the_author_replaces_is_not_asked(draft, supervisor, quality, away):
    away(supervisor)
    with pytest.raises(RuleBroken) as broken:
        services.submit(draft, approvers=[quality], by=supervisor)
    assert "le reemplaza quien redactó" in str(broken.value)


def test_turns_are_numbered_without_gaps(quality, direction, second):
    assert turns.in_turns([[quality, direction], [second]]) == [
        (1, quality),
        (1, direction),
        (2, second),
    ]
    assert turns.in_turns([(7, second), (3, quality)]) == [(1, quality), (2, second)]


# Yes, turn by turn ---------------------------------------------------------------------------


def test_approvers_in_turns_are_asked_one_after_the_other(
    draft, supervisor, quality, direction, second
):
    version = services.submit(draft, approvers=[[quality, direction], [second]], by=supervisor)
    assert [told("approval_asked", p) for p in (quality, direction, second)] == [1, 1, 0]
    with pytest.raises(RuleBroken) as broken:
        services.approve(version, by=second)
    assert "Todavía no es su turno" in str(broken.value)
    assert services.approve(version, by=direction).state == IN_REVIEW
    assert told("approval_asked", second) == 0
    services.approve(version, by=quality)
    assert told("approval_asked", second) == 1
    version = services.approve(version, by=second)
    assert (version.state, version.approver) == (IN_FORCE, second)
    assert told("version_decided", supervisor) == 1
    assert {row.decision for row in version.approvals.all()} == {"approved"}


def test_who_was_not_asked_does_not_approve(draft, supervisor, quality, direction):
    version = services.submit(draft, approvers=[quality], by=supervisor)
    with pytest.raises(RuleBroken) as broken:
        services.approve(version, by=direction)
    assert "no se le pidió" in str(broken.value)


def test_nobody_says_yes_twice(draft, supervisor, quality, direction):
    version = services.submit(draft, approvers=[[quality, direction]], by=supervisor)
    services.approve(version, by=quality)
    with pytest.raises(RuleBroken):
        services.approve(version, by=quality)


def test_the_day_chosen_before_the_last_turn_is_proposed_to_it(
    draft, supervisor, quality, direction
):
    day = today() + timedelta(days=9)
    version = services.submit(draft, approvers=[quality, direction], by=supervisor)
    version = services.approve(version, effective_on=day, by=quality)
    assert (version.state, version.wanted_on) == (IN_REVIEW, day)
    assert services.default_day(version) == day
    assert services.approve(version, by=direction).state == "approved"


def test_an_approval_of_a_text_that_changed_meanwhile_is_refused(draft, supervisor, quality):
    version = services.submit(draft, approvers=[quality], by=supervisor)
    seen = services.hash_of(version)
    edit(services.withdraw(version, by=supervisor))
    version = services.submit(version, approvers=[quality], by=supervisor)
    with pytest.raises(StaleEdit):
        services.approve(version, seen=seen, by=quality)
    assert services.approve(version, seen=services.hash_of(version), by=quality).is_published


def test_s9_nothing_is_decided_on_what_is_not_in_review(draft, supervisor, quality):
    for act in (
        lambda: services.approve(draft, by=quality),
        lambda: services.return_for_changes(draft, note=NOTE, by=quality),
        lambda: services.withdraw(draft, by=supervisor),
    ):
        with pytest.raises(RuleBroken):
            act()
    draft.refresh_from_db()
    assert draft.state == DRAFT


def test_m7_s7_an_editor_does_not_approve_either(draft, supervisor, quality, direction):
    draft.editors.add(quality)
    version = services.submit(draft, by=supervisor)
    with pytest.raises(RuleBroken) as broken:
        services.approve(version, by=quality)
    assert "redacta" in str(broken.value)
    assert services.approve(version, by=direction).approver == direction


def test_m7_the_database_refuses_a_writers_yes(draft, supervisor, quality, direction):
    draft.editors.add(direction)
    for person in (supervisor, direction):
        with pytest.raises(DatabaseError), transaction.atomic():
            Approval.objects.create(
                version=draft,
                person=quality,
                decision="approved",
                decided_by=person,
                decided_at=timezone.now(),
            )


# Substitutes ---------------------------------------------------------------------------------


def test_m7_a_substitute_decides_and_the_record_shows_both(
    draft, supervisor, quality, agent, away, second
):
    away(agent)
    version = services.submit(draft, approvers=[quality, second], by=supervisor)
    assert told("approval_asked", agent) == 1
    assert Version.objects.visible_to(agent).filter(pk=version.pk).exists()
    services.approve(version, note="En nombre de Clara.", by=agent)
    row = version.approvals.get(order=1)
    assert (row.person, row.decided_by, row.decision) == (quality, agent, "approved")
    services.approve(version, by=second)
    version.refresh_from_db()
    assert version.approver == second


@pytest.mark.parametrize(("since", "until"), [(-5, -1), (1, 5)])
def test_m7_a_substitute_decides_only_on_the_days_of_the_absence(
    draft, supervisor, quality, agent, away, since, until
):
    away(agent, since=since, until=until)
    version = services.submit(draft, approvers=[quality], by=supervisor)
    with pytest.raises(PermissionDenied):
        services.approve(version, by=agent)
    assert not Version.objects.visible_to(agent).filter(pk=version.pk).exists()


def test_m7_the_author_never_decides_as_a_substitute(draft, supervisor, quality, away):
    version = services.submit(draft, approvers=[quality], by=supervisor)
    away(supervisor)
    with pytest.raises(RuleBroken):
        services.approve(version, by=supervisor)
    with pytest.raises(RuleBroken):
        services.return_for_changes(version, note=NOTE, by=supervisor)


def test_a_circle_of_substitutes_gives_nobody_else_the_word(
    draft, supervisor, quality, direction, third, away
):
    """Quality is replaced by the direction, who is away too and replaced by a third person."""
    version = services.submit(draft, approvers=[quality], by=supervisor)
    away(direction)
    days = {"from_on": today(), "to_on": today()}
    Absence.objects.create(person=direction, substitute=third, **days)
    Absence.objects.create(person=third, substitute=quality, **days)
    with pytest.raises(RuleBroken):
        services.approve(version, by=third)
    assert services.approve(version, by=direction).is_published


def test_one_person_does_not_speak_for_two(draft, supervisor, quality, direction, away):
    version = services.submit(draft, approvers=[[quality, direction]], by=supervisor)
    away(direction)
    services.approve(version, by=direction)
    row = version.approvals.get(decision="approved")
    assert row.person == direction
    with pytest.raises(RuleBroken):
        services.approve(version, by=direction)
    assert services.approve(version, by=quality).is_published


# Changes asked, withdrawal, edits ------------------------------------------------------------


def test_asking_for_changes_makes_it_a_draft_and_tells_the_author(
    draft, supervisor, quality, direction
):
    version = services.submit(draft, approvers=[[quality, direction]], by=supervisor)
    row = version.approvals.get(person=quality)
    for note in ("", "corta"):
        with pytest.raises(RuleBroken):
            services.return_for_changes(row, note=note, by=quality)
    version = services.return_for_changes(row, note=NOTE, by=quality)
    row.refresh_from_db()
    assert (version.state, row.decision, row.note) == (DRAFT, "returned", NOTE)
    assert told("version_decided", supervisor) == 1
    assert version.approvals.get(person=direction).voided_at


def test_changes_are_asked_by_whom_the_approval_names(draft, supervisor, quality, direction):
    version = services.submit(draft, approvers=[[quality, direction]], by=supervisor)
    row = version.approvals.get(person=quality)
    with pytest.raises(RuleBroken):
        services.return_for_changes(row, note=NOTE, by=direction)


def test_m8_a_resubmission_without_an_edit_keeps_the_yeses(
    draft, supervisor, quality, direction, second
):
    turns_asked = [quality, direction]
    version = services.submit(draft, approvers=turns_asked, by=supervisor)
    services.approve(version, by=quality)
    version = services.return_for_changes(version, note=NOTE, by=direction)
    version = services.submit(version, approvers=turns_asked, by=supervisor)
    standing = {row.person: row.decision for row in turns.standing_of(version)}
    assert standing == {quality: "approved", direction: "pending"}
    assert told("approval_asked", quality) == 1
    assert services.approve(version, by=direction).is_published


def test_m8_an_edit_voids_the_yeses_and_they_learn(draft, supervisor, quality, direction):
    version = services.submit(draft, approvers=[quality, direction], by=supervisor)
    services.approve(version, by=quality)
    version = services.withdraw(version, by=supervisor)
    assert [row.decision for row in turns.standing_of(version)] == ["approved"]
    edit(version)
    assert turns.standing_of(version) == []
    assert told("approval_voided", quality) == 1
    version = services.submit(version, approvers=[quality, direction], by=supervisor)
    assert {row.decision for row in turns.standing_of(version)} == {"pending"}
    assert version.approvals.count() == 4  # nothing of what was said is lost


def test_m8_saving_the_same_text_voids_nothing(draft, supervisor, quality, direction):
    version = services.submit(draft, approvers=[quality, direction], by=supervisor)
    services.approve(version, by=quality)
    version = services.withdraw(version, by=supervisor)
    assert services.void_approvals(version) == 0


def test_m8_a_yes_counts_for_its_text_even_if_nobody_voided_it(
    draft, supervisor, quality, direction
):
    version = services.submit(draft, approvers=[quality, direction], by=supervisor)
    services.approve(version, by=quality)
    version = services.withdraw(version, by=supervisor)
    version.body = "<p>Otro.</p>"
    version.save()
    version = services.submit(version, approvers=[quality, direction], by=supervisor)
    assert {row.decision for row in turns.standing_of(version)} == {"pending"}


def test_m8_nobody_edits_what_is_in_review(draft, supervisor, quality):
    version = services.submit(draft, approvers=[quality], by=supervisor)
    for change in ({"body": "<p>Otro.</p>"}, {"title": "Otro"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Version.objects.filter(pk=version.pk).update(**change)


def test_who_asked_for_changes_is_asked_again(draft, supervisor, quality, direction):
    version = services.submit(draft, approvers=[quality, direction], by=supervisor)
    services.approve(version, by=quality)
    version = services.return_for_changes(version, note=NOTE, by=direction)
    with pytest.raises(RuleBroken) as broken:
        services.submit(version, approvers=[quality], by=supervisor)
    assert "ya aprobaron este texto" in str(broken.value)


def test_only_who_wrote_it_or_governs_takes_it_back(
    draft, supervisor, quality, direction, make_person
):
    version = services.submit(draft, approvers=[direction], by=supervisor)
    for person in (make_person("pia", R.SUPERVISOR), direction):
        with pytest.raises(PermissionDenied):
            services.withdraw(version, by=person)
    assert services.withdraw(version, by=quality).state == DRAFT  # governs documents
    assert version.approvals.get().voided_at


# Who sees what is being decided --------------------------------------------------------------


def test_s2_a_text_in_review_exists_for_those_who_write_approve_or_are_asked(
    draft, supervisor, quality, direction, agent, auditor, other_unit, away
):
    services.set_audience(draft.document, [other_unit], by=quality)
    services.submit(draft, approvers=[quality], by=supervisor)
    seen = Version.objects.visible_to
    assert [seen(p).exists() for p in (supervisor, quality, direction)] == [True] * 3
    assert [seen(p).exists() for p in (agent, auditor)] == [False] * 2
    away(agent)
    assert seen(agent).exists()


def test_s4_a_substitute_without_the_level_sees_nothing(
    draft, supervisor, quality, agent, away, document
):
    Document.objects.filter(pk=document.pk).update(classification=Level.CONFIDENTIAL)
    version = services.submit(draft, approvers=[quality], by=supervisor)
    away(agent)
    assert not Version.objects.visible_to(agent).exists()
    with pytest.raises(PermissionDenied):
        services.approve(version, by=agent)


def test_what_waits_for_a_person_is_their_turn_or_their_substitution(
    draft, supervisor, quality, direction, agent, away
):
    version = services.submit(draft, approvers=[quality, direction], by=supervisor)
    waiting = {
        person: Version.objects.waiting_for(person, today()).exists()
        for person in (quality, direction, supervisor, agent)
    }
    assert waiting == {quality: True, direction: False, supervisor: False, agent: False}
    away(agent)
    assert Version.objects.waiting_for(agent, today()).get() == version
    services.approve(version, by=agent)
    assert not Version.objects.waiting_for(quality, today()).exists()
    assert Version.objects.waiting_for(direction, today()).exists()


def test_a_version_sent_to_nobody_waits_for_everyone_who_approves(
    draft, supervisor, quality, direction
):
    version = services.submit(draft, by=supervisor)
    for person, waits in ((quality, True), (direction, True), (supervisor, False)):
        assert Version.objects.waiting_for(person, today()).exists() is waits
    services.approve(version, by=direction)
    row = version.approvals.get()
    assert (row.person, row.decided_by) == (direction, direction)
