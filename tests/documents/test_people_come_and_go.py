"""What is asked follows people who come, move and leave (M19), whatever jobs do (F4, F5)."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import Holding, Role
from apps.documents import jobs, services
from apps.documents.models import (
    Acknowledgement,
    Asking,
    DocumentUserPermission,
    Obligation,
    Reach,
    Version,
)
from apps.documents.services import acknowledging
from apps.notifications.models import Notice
from tests.documents.readers import REASON, asked, publish, read

# People come, move and leave ------------------------------------------------------------------


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


# Jobs: twice, at once, late -------------------------------------------------------------------


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
