"""Who must read and accept, and accepting it (M15, M16, M19)."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import InternalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import Holding, Person, Role, Unit
from apps.core.access import Level
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents import jobs, services
from apps.documents.addressing import count_still_asked, involved_positions, reconcile
from apps.documents.models import (
    Acknowledgement,
    Addressee,
    Asking,
    Document,
    DocumentGroupPermission,
    DocumentUnitPermission,
    DocumentUnitReach,
    DocumentUserPermission,
    KindRules,
    Obligation,
    Reach,
    Version,
)
from apps.documents.services import acknowledging, reminding_readers
from apps.notifications.models import Notice
from tests.documents.readers import REASON, asked, publish, read


@pytest.fixture
def document(make_policy) -> Document:
    return make_policy()


# Which versions ask ----------------------------------------


@pytest.mark.parametrize(
    ("change", "ticked", "asks"),
    [
        ("first", False, False),
        ("first", True, True),
        ("minor", False, False),
        ("minor", True, True),
        ("correction", False, False),
        ("correction", True, False),
        ("major", False, True),
        ("major", True, True),
    ],
)
def test_m15_a_major_change_asks_a_minor_one_if_ticked_a_correction_never(
    issue, agent, change, ticked, asks
):
    if change != "first":
        issue(change="first")
    version = issue(change=change, asks=ticked)
    assert acknowledging.asks_by_itself(version) == asks
    assert Obligation.objects.filter(version=version).exists() == asks


def test_m15_history_from_outside_asks_nobody(document, supervisor, quality, agent):
    services.record_published(
        document,
        number=1,
        title="Política",
        body="",
        change="major",
        justification=REASON,
        author=supervisor,
        approver=quality,
        approved_at=timezone.now(),
        effective_on=timezone.localdate(),
        by=quality,
    )
    acknowledging.follow_all(now=timezone.now())
    assert not Asking.objects.exists()
    assert not Obligation.objects.exists()


# Who must -----------------------------------------------------------------------------------


def test_m15_without_anything_else_the_documents_own_unit_is_asked(
    issue, agent, make_person, make_position, other_unit, unit, outsider, admin
):
    below = Unit.objects.create(code="ATC-T", name="Telefónico", parent=unit)
    make_person("nina", "agente", position=make_position("Turno", at=below))
    make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    make_person("sin", "agente")
    version = issue()
    assert asked(version) == {"Luis", "Marta", "Clara", "Nina", "Andres"}


def test_m15_addressees_are_units_with_what_hangs_below_positions_and_roles(
    document, issue, agent, direction, make_person, make_position, other_unit, supervisor
):
    below = Unit.objects.create(code="FAC-1", name="Lecturas", parent=other_unit)
    make_person("fabio", "agente", position=make_position("Analista", at=below))
    head = make_position("Jefatura", at=other_unit)
    make_person("jefa", "agente", position=head)
    other = make_position("Otra")
    make_person("otra", "agente", position=other)
    acknowledging.set_addressees(
        document,
        units=[below],
        positions=[head],
        roles=Role.objects.filter(key="direccion"),
        by=supervisor,
    )
    assert asked(issue()) == {"Fabio", "Jefa", "Elena"}


def test_m15_positions_named_in_the_steps_and_the_audience_are_asked(
    press, make_person, make_position, quality, other_unit, supervisor
):
    does, answers = make_position("Hace"), make_position("Responde")
    make_person("hace", "agente", position=does)
    make_person("responde", "agente", position=answers)
    make_person("nadie", "agente", position=make_position("Ajeno"))
    make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    page = press.page("ATC-01.1")
    services.set_audience(page, [press.unit, other_unit], by=quality)
    services.set_audience(page, [other_unit], by=quality)
    from apps.manual import services as manual

    draft = services.start_version(
        page, title="x", body="", change="major", justification=REASON, by=supervisor
    )
    step = press.step("registrar", role=does, accountable=answers)
    manual.write_procedure(draft, purpose="Para algo.", steps=[step], by=supervisor)
    draft = services.submit(draft, by=supervisor)
    version = services.approve(draft, effective_on=timezone.localdate(), by=quality)
    acknowledging.spread(version.pk, now=timezone.now())
    # The two of the steps are outside the audience: what they cannot read is not asked.
    assert asked(version) == {"Fabio"}
    services.set_audience(page, [], by=quality)
    acknowledging.follow_documents([page.pk], now=timezone.now())
    assert asked(version) == {"Hace", "Responde"}
    assert set(Asking.objects.get(version=version).position_ids) == {does.pk, answers.pk}


def test_m15_only_people_for_whom_the_document_exists_are_asked(
    document, issue, agent, quality, direction, make_person, make_position, unit
):
    reader = make_person("nadie", position=make_position("Sin rol"))
    Document.objects.filter(pk=document.pk).update(classification=Level.CONFIDENTIAL)
    version = issue()
    people = Person.objects.with_access().filter(is_system=False)
    sees = {p.pk for p in people if Document.objects.visible_to(p).filter(pk=document.pk).exists()}
    rows = Obligation.objects.filter(version=version).values_list("person_id", flat=True)
    assert set(rows) == sees & set(
        Holding.objects.filter(position__unit=unit).values_list("person_id", flat=True)
    )
    assert agent.pk not in rows
    assert reader.pk not in rows
    assert quality.pk in rows


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("with_audience", [False, True])
def test_m15_the_two_sides_of_who_sees_what_agree(
    document, issue, cast, make_person, make_position, other_unit, quality, level, with_audience
):
    make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    acknowledging.set_addressees(document, roles=Role.objects.all(), by=quality)
    version = issue()
    Document.objects.filter(pk=document.pk).update(classification=level)
    document.audience.set([other_unit] if with_audience else [])
    acknowledging.follow_documents([document.pk], now=timezone.now())
    people = Person.objects.with_access().filter(is_system=False)
    sees = {p.first_name for p in people if Document.objects.visible_to(p).filter(pk=document.pk)}
    assert asked(version) == sees


def test_m15_exceptions_count_for_both_sides(
    document, issue, cast, quality, other_unit, make_person, make_position
):
    acknowledging.set_addressees(document, roles=Role.objects.all(), by=quality)
    below = Unit.objects.create(code="FAC-1", name="Lecturas", parent=other_unit)
    document.audience.set([other_unit])
    version = issue()
    make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    make_person("delia", "agente", position=make_position("Lectora", at=below))

    def perm(codename):
        return Permission.objects.get(codename=codename)

    def both_sides() -> set[str]:
        acknowledging.follow_all(now=timezone.now())
        people = Person.objects.with_access().filter(is_system=False)
        rows = Document.objects.filter(pk=document.pk)
        sees = {p.first_name for p in people if rows.visible_to(p).exists()}
        assert asked(version) == sees
        return sees

    owner_and_approvers = {"Marta", "Clara", "Elena"}
    assert both_sides() == owner_and_approvers | {"Fabio"}
    opened = DocumentUserPermission.objects.create(
        user=cast["agente"], permission=perm("open_document"), content_object=document
    )
    assert both_sides() == owner_and_approvers | {"Fabio", "Luis"}
    DocumentGroupPermission.objects.create(
        group=Group.objects.get(role__key="calidad"),
        permission=perm("hide_document"),
        content_object=document,
    )
    assert both_sides() == {"Marta", "Elena", "Fabio", "Luis"}
    by_unit = DocumentUnitPermission.objects.create(
        unit=other_unit, permission=perm("open_document"), content_object=document
    )
    for unit in (other_unit, below):
        DocumentUnitReach.objects.create(exception=by_unit, unit=unit)
    assert both_sides() == {"Marta", "Elena", "Fabio", "Luis", "Delia"}
    by_unit.permission = perm("hide_document")
    by_unit.save()
    assert both_sides() == {"Marta", "Elena", "Luis"}
    Document.objects.filter(pk=document.pk).update(classification=Level.CONFIDENTIAL)
    assert both_sides() == {"Marta", "Elena", "Luis"}
    Document.objects.filter(pk=document.pk).update(classification=Level.RESERVED)
    both_sides()
    Document.objects.filter(pk=document.pk).update(classification=Level.INTERNAL)
    DocumentUserPermission.objects.filter(pk=opened.pk).update(
        until_on=timezone.localdate() - timedelta(days=1)
    )
    assert both_sides() == {"Marta", "Elena"}


def test_m15_an_audience_of_nobody_asks_nobody_and_breaks_nothing(document, issue, supervisor):
    empty = Unit.objects.create(code="VAC", name="Vacía")
    acknowledging.set_addressees(document, units=[empty], by=supervisor)
    version = issue()
    assert asked(version) == set()
    assert Asking.objects.get(version=version).spread_at
    assert count_still_asked(document, now=timezone.now()) == 0


def test_m15_the_deactivated_and_the_portal_itself_are_not_asked(issue, agent):
    Person.objects.filter(pk=agent.pk).update(is_active=False)
    assert "Luis" not in asked(issue())


def test_m15_addressees_are_set_by_owner_and_quality(
    document, supervisor, quality, agent, unit, other_unit
):
    for by in (supervisor, quality):
        acknowledging.set_addressees(document, units=[unit], by=by)
        acknowledging.set_addressees(document, units=[unit], by=by)
    assert Addressee.objects.count() == 1
    with pytest.raises(PermissionDenied):
        acknowledging.set_addressees(document, by=agent)
    document.audience.set([other_unit])
    assert Document.objects.visible_to(quality).filter(pk=document.pk).exists()


# Days, notices, later versions ----------------------------------------


def test_m15_the_term_is_that_of_the_kind_else_fourteen_days(issue, agent):
    KindRules.objects.filter(kind="policy").delete()
    today = timezone.localdate()
    assert Obligation.objects.filter(version=issue()).first().due_on == today + timedelta(days=14)
    KindRules.objects.create(kind="policy", acknowledgement_days=5)
    assert Obligation.objects.filter(version=issue()).first().due_on == today + timedelta(days=5)


def test_m15_each_person_is_told_once(issue, agent):
    version = issue()
    told = Notice.objects.filter(kind="acknowledgement_asked", person=agent)
    assert told.get().url == "/documentos/POL-01/aceptar/"
    Asking.objects.filter(version=version).update(spread_at=None)
    assert acknowledging.spread(version.pk, now=timezone.now()) == 0
    acknowledging.follow_all(now=timezone.now())
    assert told.count() == 1


def test_m9_acknowledgement_may_begin_before_the_version_is_in_force(
    issue, agent, time_machine, document
):
    issue(change="first")
    version = issue(on=timezone.localdate() + timedelta(days=3))
    assert version.state == "approved"
    assert "Luis" in asked(version)
    acknowledging.accept(version, read=read(), by=agent)
    time_machine.move_to(timezone.now() + timedelta(days=3))
    jobs.bring_due_versions_into_force()
    acknowledging.spread(version.pk, now=timezone.now())
    acknowledging.follow_all(now=timezone.now())
    assert "Luis" not in asked(version)
    assert Obligation.objects.get(version=version, person=agent).acknowledged_at


def test_m15_a_later_version_that_asks_again_takes_the_place_of_what_was_open(
    issue, agent, supervisor
):
    first = issue()
    acknowledging.accept(first, read=read(), by=supervisor)
    second = issue()
    assert asked(first) == set()
    assert asked(second) >= {"Luis", "Marta"}
    withdrawn = Obligation.objects.get(version=first, person=agent)
    assert withdrawn.withdrawn_at
    kept = Obligation.objects.get(version=first, person=supervisor)
    assert kept.withdrawn_at is None
    assert Acknowledgement.objects.filter(version=first, person=supervisor).exists()


def test_m15_a_correction_takes_over_what_was_open_with_its_date_and_no_second_notice(
    issue, agent, supervisor, time_machine
):
    first = issue()
    due_on = Obligation.objects.get(version=first, person=agent).due_on
    acknowledging.accept(first, read=read(), by=supervisor)
    time_machine.move_to(timezone.now() + timedelta(days=4))
    second = issue(change="correction")
    assert asked(first) == set()
    assert "Luis" in asked(second)
    assert "Marta" not in asked(second)  # they accepted what asked
    assert Obligation.objects.get(version=second, person=agent).due_on == due_on
    assert Notice.objects.filter(kind="acknowledgement_asked", person=agent).count() == 1


# Accepting ----------------------------------------------------------------------------------------


def test_m16_the_proof_holds_person_version_hash_time_text_and_evidence(issue, agent):
    version = issue()
    proof = acknowledging.accept(
        version, read=read(shown=("pasos", "casos"), seen=("pasos", "otra")), by=agent
    )
    assert proof.person_id == agent.pk
    assert proof.version == version
    assert proof.content_hash == version.content_hash
    assert proof.text_shown == "Leí y comprendí."
    assert proof.evidence["seconds"] == 300
    assert proof.evidence["shown"] == ["pasos", "casos"]
    assert proof.evidence["seen"] == ["pasos"]
    row = Obligation.objects.get(version=version, person=agent)
    assert row.acknowledged_at == proof.accepted_at


def test_m16_accepting_twice_keeps_one_proof(issue, agent):
    version = issue()
    first = acknowledging.accept(version, read=read(), by=agent)
    assert acknowledging.accept(version, read=read(1), by=agent) == first
    assert Acknowledgement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_m16_two_windows_at_once_leave_one_proof(issue, agent):
    version = issue()
    barrier, proofs = Barrier(2), []

    def go() -> None:
        barrier.wait()
        proofs.append(acknowledging.accept(version, read=read(), by=agent).pk)
        connection.close()

    threads = [Thread(target=go) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(proofs) == 2
    assert len(set(proofs)) == 1
    assert Reach.objects.get(version=version).accepted == 1


def test_m16_a_proof_is_never_changed_nor_deleted(issue, agent):
    version = issue()
    proof = acknowledging.accept(version, read=read(), by=agent)
    for act in (
        lambda: Acknowledgement.objects.update(text_shown="otra"),
        proof.save,
        proof.delete,
        Acknowledgement.objects.all().delete,
    ):
        with pytest.raises(InternalError), transaction.atomic():
            act()
    issue()
    issue(change="correction")
    assert Acknowledgement.objects.get(pk=proof.pk).text_shown == "Leí y comprendí."


def test_m16_nothing_is_accepted_before_its_page_was_opened(issue, agent):
    version = issue()
    with pytest.raises(RuleBroken):
        acknowledging.accept(version, read=read(-1), by=agent)
    assert not Acknowledgement.objects.exists()


def test_m16_an_older_version_is_told_from_the_one_that_is_asked(issue, agent):
    first = issue()
    second = issue()
    with pytest.raises(StaleEdit, match="versión 2"):
        acknowledging.accept(first, read=read(), by=agent)
    assert acknowledging.accept(second, read=read(), by=agent).version == second


def test_m16_nobody_accepts_what_is_not_asked_of_them(
    issue, document, outsider, make_person, make_position, other_unit, quality
):
    version = issue()
    fabio = make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    with pytest.raises(RuleBroken):
        acknowledging.accept(version, read=read(), by=fabio)
    with pytest.raises(PermissionDenied):
        acknowledging.accept(version, read=read(), by=outsider)
    services.set_audience(document, [Unit.objects.get(code="ATC")], by=quality)
    with pytest.raises(PermissionDenied):
        acknowledging.accept(version, read=read(), by=fabio)


# People come, move and leave ----------------------------------------


def test_m19_a_new_hire_has_their_list_the_same_day(
    issue, admin, unit, make_position, django_capture_on_commit_callbacks, monkeypatch
):
    woken = []
    monkeypatch.setattr("apps.documents.following.soon", lambda job, *a: woken.append((job, a)))
    version = issue()
    position = make_position("Agente nueva")
    with django_capture_on_commit_callbacks(execute=True):
        hired = accounts.invite_person(
            email="nueva@aguas.test", first_name="Nueva", last_name="Sol", by=admin
        )
        accounts.set_person_roles(hired, Role.objects.filter(key="agente"), expected=[], by=admin)
        accounts.assign_position(hired, position, from_on=timezone.localdate(), by=admin)
    assert len(woken) == 1
    job, arguments = woken[0]
    assert hired.pk in arguments[0]
    assert "Nueva" not in asked(version)
    job(*arguments)
    assert "Nueva" in asked(version)


def test_m19_changing_post_or_role_changes_what_is_asked(
    issue, agent, admin, other_unit, make_position
):
    version = issue()
    holding = agent.holdings.get()
    accounts.end_holding(holding, until_on=timezone.localdate() - timedelta(days=0), by=admin)
    jobs.follow_people([agent.pk])
    assert "Luis" in asked(version)  # their last day
    Holding.objects.filter(pk=holding.pk).update(
        from_on=date(2026, 1, 1), until_on=timezone.localdate() - timedelta(days=1)
    )
    jobs.follow_people([agent.pk])
    assert "Luis" not in asked(version)
    Holding.objects.create(person=agent, position=make_position("De vuelta"))
    jobs.follow_people([agent.pk])
    assert "Luis" in asked(version)
    agent.groups.clear()
    jobs.follow_people([agent.pk])
    assert "Luis" not in asked(version)


def test_m19_a_post_that_begins_tomorrow_asks_tomorrow(
    issue, make_person, make_position, time_machine
):
    version = issue()
    later = make_person("pronta", "agente")
    tomorrow = timezone.localdate() + timedelta(days=1)
    Holding.objects.create(person=later, position=make_position("Futura"), from_on=tomorrow)
    jobs.follow_the_calendar()
    assert "Pronta" not in asked(version)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    jobs.follow_the_calendar()
    assert "Pronta" in asked(version)
    Holding.objects.filter(person=later).update(until_on=tomorrow)
    time_machine.move_to(timezone.now() + timedelta(days=3))  # nothing ran meanwhile
    jobs.follow_the_calendar()
    assert "Pronta" not in asked(version)


def test_m19_an_exception_that_ran_out_is_followed(
    document, issue, agent, quality, other_unit, time_machine
):
    acknowledging.set_addressees(document, roles=Role.objects.filter(key="agente"), by=quality)
    document.audience.set([other_unit])
    DocumentUserPermission.objects.create(
        user=agent,
        permission=Permission.objects.get(codename="open_document"),
        content_object=document,
        until_on=timezone.localdate(),
    )
    version = issue()
    assert asked(version) == {"Luis"}
    time_machine.move_to(timezone.now() + timedelta(days=1))
    jobs.follow_the_calendar()
    assert asked(version) == set()


def test_m19_the_nightly_sweep_catches_what_no_signal_told(issue, agent, unit):
    version = issue()
    Holding.objects.filter(person=agent).delete()
    jobs.follow_everybody()
    assert "Luis" not in asked(version)


def test_m19_who_leaves_owes_nothing_and_their_proofs_stay(issue, agent, supervisor, admin):
    version = issue()
    acknowledging.accept(version, read=read(), by=supervisor)
    accounts.deactivate(agent, by=admin)
    accounts.deactivate(supervisor, by=admin)
    jobs.follow_people([agent.pk, supervisor.pk])
    assert Obligation.objects.get(person=agent).withdrawn_at
    assert Obligation.objects.get(person=supervisor).withdrawn_at is None
    assert Acknowledgement.objects.filter(person=supervisor).exists()


def test_m19_somebody_new_with_several_documents_gets_one_notice(
    supervisor, quality, unit, make_person, make_position
):
    for n in range(3):
        paper = services.open_document(
            kind="policy", code=f"P-{n}", title="x", owner=supervisor, unit=unit, by=supervisor
        )
        publish(paper, supervisor, quality)
    hired = make_person("nueva", "agente", position=make_position("Nueva"))
    jobs.follow_people([hired.pk])
    jobs.follow_people([hired.pk])
    assert Obligation.objects.filter(person=hired).count() == 3
    notice = Notice.objects.get(person=hired)
    assert notice.url == "/documentos/lecturas/"


def test_m19_somebody_new_accepts_what_is_in_force_not_its_past(issue, make_person, make_position):
    issue()
    second = issue(change="correction")
    hired = make_person("nueva", "agente", position=make_position("Nueva"))
    jobs.follow_people([hired.pk])
    assert Obligation.objects.get(person=hired).version == second


def test_m19_role_changes_and_hires_of_a_transaction_wake_one_job(
    agent, supervisor, django_capture_on_commit_callbacks, monkeypatch, roles
):
    woken = []
    monkeypatch.setattr("apps.documents.following.soon", lambda job, *a: woken.append(a[0]))
    with django_capture_on_commit_callbacks(execute=True):
        agent.groups.add(roles["calidad"].group)
        roles["calidad"].group.user_set.add(supervisor)
        agent.holdings.get().delete()
    assert len(woken) == 1
    assert {agent.pk, supervisor.pk} <= set(woken[0])


def test_m19_a_position_that_moves_takes_its_people_along(
    issue, agent, other_unit, django_capture_on_commit_callbacks, monkeypatch
):
    version = issue()
    woken = []
    monkeypatch.setattr("apps.documents.following.soon", lambda job, *a: woken.append((job, a)))
    position = agent.holdings.get().position
    position.unit = other_unit
    with django_capture_on_commit_callbacks(execute=True):
        position.save()
    [(job, (keys,))] = woken
    assert agent.pk in keys
    job(keys)
    assert "Luis" not in asked(version)


def test_m19_signing_in_wakes_nothing(agent, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr("apps.documents.following.soon", None)
    with django_capture_on_commit_callbacks(execute=True):
        agent.last_login = timezone.now()
        agent.save(update_fields=["last_login"])


# Jobs: twice, at once, late ----------------------------------------


def test_f4_publishing_costs_one_row_and_the_job_does_the_rest(
    document, supervisor, quality, agent, django_capture_on_commit_callbacks, monkeypatch
):
    woken = []
    monkeypatch.setattr(acknowledging, "soon", lambda job, *a: woken.append((job, a)))
    version = services.start_version(
        document, title="x", body="", change="major", justification=REASON, by=supervisor
    )
    Version.objects.filter(pk=version.pk).update(asks_acknowledgement=True)
    services.submit(version, by=supervisor)
    with django_capture_on_commit_callbacks(execute=True):
        services.approve(version, effective_on=timezone.localdate(), by=quality)
    assert not Obligation.objects.exists()
    assert Asking.objects.get().spread_at is None
    assert {(job.name, args) for job, args in woken} == {
        ("apps.documents.jobs.ask_readers_of", (version.pk,))
    }
    woken.clear()
    monkeypatch.setattr("apps.documents.jobs.soon", lambda job, *a: woken.append((job, a)))
    jobs.ask_readers()  # the broker lost it: the sweep finds the row
    for _twice in range(2):
        for job, args in woken:
            job(*args)
    assert Obligation.objects.filter(person=agent).count() == 1
    assert Notice.objects.filter(person=agent).count() == 1
    woken.clear()
    jobs.ask_readers()
    assert woken == []


@pytest.mark.django_db(transaction=True)
def test_f5_two_workers_at_once_ask_each_person_once(issue, agent, monkeypatch):
    monkeypatch.setattr(acknowledging, "soon", lambda *a: None)
    version = issue()
    Obligation.objects.all().delete()
    Notice.objects.all().delete()
    Asking.objects.update(spread_at=None)
    barrier, told = Barrier(3), []

    def go(act) -> None:
        barrier.wait()
        told.append(act())
        connection.close()

    now = timezone.now()
    acts = [
        lambda: acknowledging.spread(version.pk, now=now),
        lambda: acknowledging.spread(version.pk, now=now),
        lambda: acknowledging.follow_all(now=now),
    ]
    threads = [Thread(target=go, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 3
    assert Obligation.objects.filter(person=agent, version=version).count() == 1
    assert Notice.objects.filter(person=agent).count() == 1
    count = Obligation.objects.filter(version=version).count()
    assert sum(row.asked for row in Reach.objects.filter(version=version)) == count


# Reminders ---------------------------------------------------------------------------------


def test_m19_reminders_come_three_business_days_before_on_the_day_and_two_weeks_after():
    friday = date(2026, 12, 11)
    assert [day.isoformat() for _name, day in reminding_readers.stages(friday)] == [
        "2026-12-08",
        "2026-12-11",
        "2026-12-18",
        "2026-12-25",
    ]
    monday = date(2026, 12, 14)
    assert reminding_readers.stages(monday)[0][1].isoformat() == "2026-12-09"
    assert reminding_readers.stage_on(monday, date(2026, 12, 8)) is None
    assert reminding_readers.stage_on(monday, date(2026, 12, 9))[0] == "before"
    assert reminding_readers.stage_on(monday, date(2026, 12, 20))[0] == "due"
    assert reminding_readers.stage_on(monday, date(2027, 1, 3))[0] == "after-2"
    assert reminding_readers.stage_on(monday, date(2027, 1, 4)) is None


def reminders(person) -> int:
    return Notice.objects.filter(person=person, kind="acknowledgement_reminder").count()


def test_m19_at_most_four_reminders_however_often_the_job_runs(issue, agent, time_machine):
    issue()
    counts = []
    start = timezone.now()
    for day in range(60):
        time_machine.move_to(start + timedelta(days=day))
        jobs.remind_readers()
        jobs.remind_readers()
        counts.append(reminders(agent))
    assert counts[-1] == 4
    assert counts[13] == 1
    assert counts[14] == 2
    assert counts[21] == 3
    assert counts[28] == 4


def test_m19_reminders_stop_after_acceptance(issue, agent, supervisor, time_machine):
    version = issue()
    start = timezone.now()
    time_machine.move_to(start + timedelta(days=14))
    jobs.remind_readers()
    acknowledging.accept(version, read=read(), by=agent)
    time_machine.move_to(start + timedelta(days=21))
    jobs.remind_readers()
    assert reminders(agent) == 1
    assert reminders(supervisor) == 2


def test_m19_three_days_without_a_worker_lose_no_reminder_and_double_none(
    issue, agent, time_machine
):
    issue()
    start = timezone.now()
    time_machine.move_to(start + timedelta(days=17))  # nothing ran since the publication
    jobs.remind_readers()
    jobs.remind_readers()
    assert reminders(agent) == 1
    assert Notice.objects.get(person=agent, kind="acknowledgement_reminder").key.endswith(":due")


def test_m19_several_due_the_same_day_are_one_reminder(
    supervisor, quality, unit, agent, time_machine
):
    for n in range(3):
        paper = services.open_document(
            kind="policy", code=f"P-{n}", title="x", owner=supervisor, unit=unit, by=supervisor
        )
        publish(paper, supervisor, quality)
    time_machine.move_to(timezone.now() + timedelta(days=14))
    jobs.remind_readers()
    notice = Notice.objects.get(person=agent, kind="acknowledgement_reminder")
    assert notice.url == reverse("reach:mine")
    acknowledging.accept(Version.objects.first(), read=read(), by=agent)
    acknowledging.accept(Version.objects.last(), read=read(), by=agent)
    jobs.remind_readers()
    assert reminders(agent) == 1


def test_m19_what_is_asked_late_is_not_reminded_the_same_day(
    issue, agent, make_person, make_position
):
    KindRules.objects.update_or_create(kind="policy", defaults={"acknowledgement_days": 1})
    issue()
    jobs.remind_readers()
    assert reminders(agent) == 0


# Figures -----------------------------------------------------------------------------------


def test_m19_the_sums_equal_the_count_of_rows_whatever_happens(
    issue, agent, supervisor, quality, unit, other_unit, make_person, make_position
):
    def check() -> None:
        rows: dict = {}
        for row in Obligation.objects.all():
            sums = rows.setdefault((row.version_id, row.unit_id), [0, 0])
            sums[0] += row.withdrawn_at is None
            sums[1] += row.acknowledged_at is not None
        kept = {(row.version_id, row.unit_id): [row.asked, row.accepted] for row in sums_kept()}
        empty = [0, 0]
        assert {k: v for k, v in rows.items() if v != empty} == {
            k: v for k, v in kept.items() if v != empty
        }

    def sums_kept():
        return Reach.objects.all()

    first = issue()
    check()
    acknowledging.accept(first, read=read(), by=agent)
    check()
    holding = supervisor.holdings.get()
    holding.position = make_position("Otra", at=other_unit)
    holding.save()
    Addressee.objects.create(document=first.document, unit=unit)
    Addressee.objects.create(document=first.document, unit=other_unit)
    acknowledging.follow_all(now=timezone.now())
    assert Obligation.objects.get(person=supervisor).unit == other_unit
    check()
    issue()
    check()
    Obligation.objects.filter(person=quality).delete()
    check()


def test_reconciling_again_changes_nothing(issue, agent):
    issue()
    for scope in ({}, {"people": [agent.pk]}, {"documents": [Document.objects.get().pk]}):
        with transaction.atomic():
            changed = reconcile(now=timezone.now(), **scope)
        assert changed.asked == {}
        assert changed.withdrawn == 0


def test_the_manual_hands_over_who_takes_part(db):
    assert "manual" in dict(involved_positions)


def test_m19_what_is_retired_or_cancelled_asks_nobody_any_more(issue, document, agent, quality):
    first = issue()
    second = issue(on=timezone.localdate() + timedelta(days=5))
    assert "Luis" in asked(second)
    services.cancel_scheduled(second, reason=REASON, by=quality)
    jobs.follow_documents([document.pk])
    assert asked(second) == set()
    assert "Luis" in asked(first)
    services.retire(document, reason=REASON, by=quality)
    jobs.follow_documents([document.pk])
    assert not Obligation.objects.still_open().exists()


def test_m19_retiring_wakes_the_job(
    issue, document, quality, django_capture_on_commit_callbacks, monkeypatch
):
    issue()
    woken = []
    monkeypatch.setattr("apps.documents.following.soon", lambda job, *a: woken.append((job, a)))
    with django_capture_on_commit_callbacks(execute=True):
        services.retire(document, reason=REASON, by=quality)
    [(job, (keys,))] = woken
    assert job is jobs.follow_documents
    assert document.pk in keys
