"""Notices are written with the fact, once per person and key, as each person wants them."""

import time

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import Person
from apps.notifications import jobs
from apps.notifications.models import Announcement, Notice, Preference
from apps.notifications.services import announce, expand, notify

pytestmark = pytest.mark.django_db


def tell(to, kind="test_daily", key="cosa:1", **changes):
    words = {"title": "Hay algo nuevo", "url": "/inicio/"} | changes
    return notify(kind, to=to, key=key, **words)


def proclaim(key="cosa:1", kind="test_daily", **changes):
    words = {"title": "Hay algo nuevo", "url": "/inicio/"} | changes
    return announce(kind, audience="test_everyone", subject_id=1, key=key, **words)


def test_people_are_told_once_per_key(agent, quality):
    assert tell([agent, quality]) == 2
    assert tell([agent, quality], title="Otra vez") == 0
    assert tell([agent, agent], key="cosa:2") == 1
    assert Notice.objects.filter(key="cosa:1").values_list("title", flat=True).distinct().get() == (
        "Hay algo nuevo"
    )


def test_a_queryset_of_people_is_told_in_one_statement(
    agent, quality, django_assert_max_num_queries
):
    with transaction.atomic(), django_assert_max_num_queries(3):  # with its savepoint
        assert tell(Person.objects.order_by("first_name")) == 2
    assert tell(Person.objects.order_by("pk")[:1], key="cosa:2") == 1
    assert tell(Person.objects.none(), key="cosa:3") == 0
    assert tell([], key="cosa:4") == 0


def test_only_people_who_may_enter_are_told(agent, make_person):
    gone = make_person("antes", is_active=False)
    system = make_person("portal", is_system=True)
    invited = make_person("pronto")
    invited.set_unusable_password()
    invited.save()
    demo = make_person("demo")
    Person.objects.filter(pk=demo.pk).update(email="agente@demo.cauce.test")
    assert tell([agent, gone, system, invited, demo]) == 1
    assert Notice.objects.get().person == agent


def test_a_notice_goes_with_the_fact_it_tells(agent):
    with transaction.atomic():
        tell([agent])
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("test_now", "waiting"),
        ("test_daily", "digest"),
        ("test_quiet", "none"),
        ("test_duty", "waiting"),
    ],
)
def test_mail_follows_the_kind_until_a_person_chooses(agent, kind, state):
    tell([agent], kind)
    assert Notice.objects.get().mail == state


@pytest.mark.parametrize(
    ("kind", "choice", "state"),
    [
        ("test_now", "never", "none"),
        ("test_now", "daily", "digest"),
        ("test_quiet", "now", "waiting"),
        ("test_duty", "daily", "digest"),
        ("test_duty", "never", "waiting"),
    ],
)
def test_a_choice_is_kept_to_and_duties_cannot_be_silenced(agent, quality, kind, choice, state):
    Preference.objects.create(person=agent, kind=kind, mail=choice)
    Preference.objects.create(person=quality, kind="test_other", mail=choice)
    tell([agent, quality], kind)
    assert Notice.objects.get(person=agent).mail == state


@pytest.mark.parametrize(
    "url", ["https://otra.test/", "//otra.test/", "/\\otra.test", "inicio/", "javascript:1", ""]
)
def test_a_notice_leads_to_a_path_of_this_portal(agent, url):
    with pytest.raises(ValueError, match="path of this portal"):
        tell([agent], url=url)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(person=agent, kind="test_now", key="x", title="x", url=url)


def test_unknown_kinds_and_audiences_are_errors_of_ours(agent):
    with pytest.raises(KeyError):
        tell([agent], "nothing")
    with pytest.raises(KeyError):
        announce("test_now", audience="nothing", subject_id=1, key="x", title="x", url="/x/")
    with pytest.raises(ValueError, match="200"):
        tell([agent], key="")


def test_a_title_too_long_is_cut_and_the_rest_is_told(agent):
    tell([agent], title="Palabra " * 60, text="Todo el texto.")
    notice = Notice.objects.get()
    assert len(notice.title) == 300
    assert notice.text == "Todo el texto."


def test_an_announcement_is_one_row_until_its_job_runs(agent, quality):
    row = proclaim()
    assert proclaim(title="Otra vez") == row
    assert not Notice.objects.exists()
    jobs.expand_announcement(row.pk)
    jobs.expand_announcement(row.pk)
    assert Notice.objects.count() == 2
    row.refresh_from_db()
    assert row.expanded_at is not None


def test_an_announcement_wakes_its_job_and_a_sweeper_finds_what_was_missed(
    agent, django_capture_on_commit_callbacks, monkeypatch
):
    asked = []
    monkeypatch.setattr(
        jobs.expand_announcement, "apply_async", lambda args, **options: asked.append(args)
    )
    with django_capture_on_commit_callbacks(execute=True):
        row = proclaim()
    jobs.expand_announcements()
    assert asked == [(row.pk,), (row.pk,)]
    expand(row.pk)
    jobs.expand_announcements()
    assert len(asked) == 2


def test_two_thousand_people_are_told_in_few_statements_and_little_time(
    db, django_assert_max_num_queries
):
    Person.objects.bulk_create(
        Person(email=f"p{n}@aguas.test", first_name="Ana", last_name="Prado", password="x")
        for n in range(2000)
    )
    with django_assert_max_num_queries(4):
        row = proclaim(kind="test_now")
    began = time.monotonic()
    with django_assert_max_num_queries(6):
        assert expand(row.pk) == 2000
    assert time.monotonic() - began < 5


def test_an_announcement_written_twice_at_once_is_one_row(agent):
    Announcement.objects.create(
        kind="test_now", audience="test_everyone", subject_id=1, key="cosa:1", title="x", url="/x/"
    )
    assert proclaim().title == "x"
    assert Announcement.objects.filter(created_at__lte=timezone.now()).count() == 1
