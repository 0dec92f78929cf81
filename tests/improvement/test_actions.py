"""Actions: begun, done, verified by somebody else; whatever is tried, the rules hold."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.rules import RuleBroken, StaleEdit
from apps.improvement import services
from apps.improvement.models import Action, Evidence
from tests.improvement.conftest import REASON

State = Action.State


def _later(time_machine, days: int) -> None:
    time_machine.move_to(timezone.now() + timedelta(days=days))


def test_cic16_a_corrective_action_begins_with_its_cause_known(
    finding, analysed, make_action, agent
):
    action = make_action()
    with pytest.raises(RuleBroken, match="concluya el análisis"):
        services.start(action, by=agent)
    preventive = make_action(kind=Action.Kind.PREVENTIVE)
    assert services.start(preventive, by=agent).state == State.IN_PROGRESS
    analysed(finding)
    assert services.start(action, by=agent).state == State.IN_PROGRESS
    with pytest.raises(RuleBroken, match="ya empezó"):
        services.start(action, by=agent)


def test_cic16_done_needs_evidence_and_its_steps(finding, analysed, make_action, agent, quality):
    analysed(finding)
    action = services.start(make_action(), by=agent)
    step = services.add_step(action, text="Probarlo en la oficina", person=quality, by=agent)
    with pytest.raises(RuleBroken, match="evidencia"):
        services.finish(action, by=agent)
    services.add_evidence(action, text="Acta de la prueba.", by=agent)
    with pytest.raises(RuleBroken, match="pasos sin hacer"):
        services.finish(action, by=agent)
    services.mark_step(step, done=True, by=quality)
    action = services.finish(action, real_cost=Decimal("120000"), by=agent)
    assert action.state == State.DONE
    assert action.progress == 100
    assert action.check_on == timezone.localdate() + timedelta(days=30)


def test_cic16_somebody_else_verifies_and_not_before_its_day(done, agent, quality, time_machine):
    with pytest.raises(RuleBroken, match="Se verifica desde"):
        services.check(done, outcome="effective", conclusion=REASON, by=quality)
    _later(time_machine, 30)
    with pytest.raises(PermissionDenied):
        services.check(done, outcome="effective", conclusion=REASON, by=agent)
    check = services.check(done, outcome="effective", conclusion=REASON, by=quality)
    done.refresh_from_db()
    assert done.state == State.EFFECTIVE
    assert check.checked_by == quality
    assert agent.notices.filter(key=f"action-checked:{done.pk}").exists()
    with pytest.raises(RuleBroken, match="está hecho"):
        services.check(done, outcome="effective", conclusion=REASON, by=quality)


def test_cic16_who_did_it_never_verifies_it_whatever_they_may(
    finding, analysed, make_action, supervisor, quality, time_machine
):
    analysed(finding)
    action = services.start(make_action(owner=quality), by=quality)
    services.add_evidence(action, text="Hecho.", by=supervisor)
    action = services.finish(action, by=supervisor)
    _later(time_machine, 40)
    for person in (quality, supervisor):  # its owner, and who said it was done
        with pytest.raises(RuleBroken, match="usted la hizo"):
            services.check(action, outcome="effective", conclusion=REASON, by=person)


def test_cic16_not_effective_opens_the_action_that_follows(
    done, finding, quality, agent, analysed, time_machine
):
    _later(time_machine, 30)
    services.check(done, outcome="not_effective", conclusion=REASON, by=quality)
    done.refresh_from_db()
    following = done.followed_by
    assert (done.state, following.state) == (State.NOT_EFFECTIVE, State.PROPOSED)
    assert following.owner == agent
    assert following.due_on > timezone.localdate()
    finding.refresh_from_db()
    assert finding.analysed_at is None
    with pytest.raises(RuleBroken, match="concluya el análisis"):
        services.start(following, by=agent)
    with pytest.raises(RuleBroken, match="sin terminar"):
        services.close_finding(finding, resolution="actions", conclusion=REASON, by=quality)
    services.conclude_analysis(finding, root_cause="Otra causa, más abajo.", by=quality)
    services.start(following, by=agent)
    services.add_evidence(following, text="Hecho otra vez.", by=agent)
    services.finish(following, by=agent)
    _later(time_machine, 31)
    services.check(following, outcome="effective", conclusion=REASON, by=quality)
    closed = services.close_finding(finding, resolution="actions", conclusion=REASON, by=quality)
    assert closed.resolution == "actions"


def test_a_done_action_is_given_back_with_its_reason(done, quality, agent):
    action = services.return_action(done, reason=REASON, by=quality)
    assert (action.state, action.check_on, action.done_by) == (State.IN_PROGRESS, None, None)
    assert agent.notices.filter(text=REASON).exists()


def test_who_verifies_is_another_person(make_action, agent, quality):
    with pytest.raises(RuleBroken, match="otra persona"):
        make_action(checker=agent)
    action = make_action(checker=quality)
    Action.objects.filter(pk=action.pk).update(title="igual")
    with pytest.raises(IntegrityError), transaction.atomic():
        Action.objects.filter(pk=action.pk).update(checker=agent)


def test_bad_days_and_amounts_are_refused_at_their_field(make_action):
    for field, value in (
        ("due_in", -1),
        ("check_days", 0),
        ("planned_cost", Decimal("-1")),
    ):
        with pytest.raises(RuleBroken):
            make_action(**{field: value})
    assert not Action.objects.exists()


def test_f14_a_stale_edit_is_refused(make_action, supervisor):
    from apps.accounts.services.editing import state_of

    action = make_action()
    drawn = state_of(action, services.ACTION_FIELDS)
    services.edit_action(action, title="Otra cosa", by=supervisor)
    with pytest.raises(StaleEdit):
        services.edit_action(action, title="La mía", expected=drawn, by=supervisor)


def test_evidence_is_never_changed(done):
    row = done.evidence.get()
    with pytest.raises(Exception, match="evidence_is_kept"), transaction.atomic():
        Evidence.objects.filter(pk=row.pk).update(text="Otra")


def test_evidence_is_a_file_that_is_what_it_says(make_action, agent):
    action = services.start(make_action(kind="improvement"), by=agent)
    lie = SimpleUploadedFile("acta.pdf", b"no es un pdf")
    with pytest.raises(RuleBroken, match="no corresponde"):
        services.add_evidence(action, text="Acta", uploaded=lie, by=agent)
    assert not action.evidence.exists()


def test_several_change_together_or_none(make_action, done, agent, quality, supervisor):
    first, second = make_action(), make_action()
    with pytest.raises(RuleBroken, match=done.code), transaction.atomic():
        services.change_together([first, done], owner=quality, reason=REASON, by=supervisor)
    first.refresh_from_db()
    assert first.owner == agent
    day = timezone.localdate() + timedelta(days=60)
    changed = services.change_together(
        [first, second], owner=quality, due_on=day, reason=REASON, by=supervisor
    )
    assert changed == 2
    assert set(Action.objects.filter(due_on=day).values_list("owner", flat=True)) == {quality.pk}
    with pytest.raises(PermissionDenied):
        services.change_together([first], due_on=day, reason=REASON, by=agent)


# Whatever is tried ---------------------------------------------------------------------------

VERBS = ("start", "evidence", "finish", "return", "check", "fail", "cancel", "wait", "analyse")


def _try(verb: str, action: Action, people: dict, analysed) -> None:
    agent, quality, supervisor = people["agente"], people["calidad"], people["supervision"]
    match verb:
        case "start":
            services.start(action, by=agent)
        case "evidence":
            services.add_evidence(action, text="Prueba", by=agent)
        case "finish":
            services.finish(action, by=agent)
        case "return":
            services.return_action(action, reason=REASON, by=quality)
        case "check":
            services.check(action, outcome="effective", conclusion=REASON, by=quality)
        case "fail":
            services.check(action, outcome="not_effective", conclusion=REASON, by=quality)
        case "cancel":
            services.cancel(action, reason=REASON, by=supervisor)
        case "analyse":
            analysed(action.finding)


ALLOWED = {
    "start": (State.PROPOSED, State.IN_PROGRESS),
    "finish": (State.IN_PROGRESS, State.DONE),
    "return": (State.DONE, State.IN_PROGRESS),
    "check": (State.DONE, State.EFFECTIVE),
    "fail": (State.DONE, State.NOT_EFFECTIVE),
}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.sampled_from(VERBS), max_size=9))
def test_cic16_whatever_is_tried_an_action_goes_only_where_it_may(
    cast, make_finding, make_action, analysed, time_machine, verbs
):
    """Each act moves the action along one arrow or is refused and changes nothing."""
    now = timezone.now()
    time_machine.move_to(now)
    with transaction.atomic():
        action = make_action(finding=make_finding())
        for verb in verbs:
            if verb == "wait":
                _later(time_machine, 31)
                continue
            action.refresh_from_db()
            before = action.state
            try:
                with transaction.atomic():
                    _try(verb, action, cast, analysed)
            except RuleBroken:
                action.refresh_from_db()
                assert action.state == before
                continue
            action.refresh_from_db()
            if verb in ALLOWED:
                assert (before, action.state) == ALLOWED[verb]
            elif verb == "cancel":
                assert before in (State.PROPOSED, State.IN_PROGRESS)
                assert action.state == State.CANCELLED
            else:
                assert action.state == before
            if verb == "start":
                assert action.finding.analysed_at
            if verb == "finish":
                assert action.evidence.exists()
            if verb in ("check", "fail"):
                assert action.check_on <= timezone.localdate()
                assert hasattr(action, "followed_by") == (verb == "fail")
        transaction.set_rollback(True)
    time_machine.move_to(now)
