"""Home: what waits for a person, by when, and who is away."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import Person
from apps.core.registry import HomeTask, home_tasks
from apps.portal.home import greeting, tasks_for

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(timezone.datetime(2026, 11, 24, 9, 0))  # a Tuesday


@pytest.fixture
def waiting(monkeypatch, time_machine):
    """Replaces what the rooms say is waiting."""
    time_machine.move_to(NOW, tick=False)

    def tell(*due):
        tasks = [HomeTask(f"Tarea {n}", "Nota.", "/x/", "clock", at) for n, at in enumerate(due)]
        monkeypatch.setattr(home_tasks, "_entries", {"test": lambda person: tasks})

    return tell


def test_tasks_are_grouped_by_when_they_are_due(waiting, agent):
    waiting(
        NOW + timedelta(days=20),
        NOW + timedelta(hours=3),
        NOW - timedelta(days=4),
        None,
        NOW + timedelta(days=3),
        NOW - timedelta(hours=1),
    )
    groups = tasks_for(agent)
    assert [group.title for group in groups] == [
        "Vencido",
        "Hoy",
        "Esta semana",
        "Más adelante",
        "Cuando pueda",
    ]
    assert [todo.clock for todo in groups[0].items] == ["Venció hace 4 días", "Venció hoy"]
    assert groups[1].items[0].clock == "Hoy, antes de las 12:00"
    assert groups[2].items[0].clock == "Viernes 27 nov"


def test_home_says_how_many_tasks_wait_and_are_late(waiting, agent, signed):
    waiting(NOW - timedelta(days=1), NOW + timedelta(days=1))
    page = signed(agent).get(reverse("portal:home")).content.decode()
    assert "Buenos días, Luis" in page
    assert "Le esperan 2 tareas; 1 está vencida." in page
    assert "Venció ayer" in page


def test_home_without_tasks_says_so(waiting, agent, signed):
    waiting()
    page = signed(agent).get(reverse("portal:home")).content.decode()
    assert "No le espera ninguna tarea." in page
    assert "No tiene nada pendiente" in page


def test_home_tells_who_is_away_in_ones_units_only(waiting, agent, supervisor, make_person, signed):
    waiting()
    stranger = make_person("lejana")
    today = timezone.localdate()
    for person, substitute in ((supervisor, agent), (stranger, agent)):
        services.record_absence(
            person, substitute=substitute, from_on=today, to_on=today, by=person
        )
    page = signed(agent).get(reverse("portal:home")).content.decode()
    assert "Marta Prado Rojas" in page
    assert "Lejana" not in page


def test_home_stays_within_its_queries(agent, signed, django_assert_max_num_queries):
    client = signed(agent)
    client.get(reverse("portal:home"))
    with django_assert_max_num_queries(11):  # one for each kind of task
        client.get(reverse("portal:home"))


@pytest.mark.parametrize(
    ("hour", "words"), [(8, "Buenos días"), (12, "Buenas tardes"), (20, "Buenas noches")]
)
def test_the_greeting_follows_the_clock(hour, words):
    assert greeting(NOW.replace(hour=hour)) == words


def test_an_empty_portal_leads_to_its_first_steps(client, db):
    assert not Person.objects.exists()
    assert client.get("/").status_code == 302


def test_the_public_pages_need_no_account(client, organisation, agent):
    for name in ("landing", "accessibility", "privacy"):
        response = client.get(reverse(f"portal:{name}"))
        assert response.status_code == 200
        assert "Aguas del Valle" in response.content.decode()


def test_the_style_guide_shows_for_staff(agent, signed):
    assert signed(agent).get(reverse("portal:styleguide")).status_code == 200
