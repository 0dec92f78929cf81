"""The activity log: who did what, before and after, and nothing secret."""

import re
from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services
from apps.accounts.activity import EVENTS, classified_path, entries, told
from apps.accounts.audit import Event, note
from apps.accounts.models import Person
from apps.accounts.permissions import Role as R
from apps.core.access import Level
from apps.documents.events import Event as DocumentEvent
from apps.documents.models import Document, Version

pytestmark = pytest.mark.django_db
URL = reverse("accounts:activity")
SECRET_WORDS = ("password", "secret", "token", "sealed", "hash", "session", "recovery")


def test_a_change_shows_who_what_before_and_after(admin, agent, roles, signed):
    services.set_person_roles(agent, [roles[R.QUALITY]], expected=[R.AGENT], by=admin)
    page = signed(admin).get(URL).content.decode()
    assert "Andres Prado Rojas" in page
    assert "Agente</del>" in page
    assert "Calidad</ins>" in page


def test_the_log_is_filtered_by_person_action_kind_and_day(admin, agent, roles, signed):
    services.set_person_roles(agent, [], expected=[R.AGENT], by=admin)
    client, today = signed(admin), timezone.localdate()
    seen = client.get(f"{URL}?person={admin.pk}&action=1").content.decode()
    assert "Agente</del>" in seen
    for query in (
        f"person={agent.pk}",
        f"since={today + timedelta(days=1)}",
        f"until={today - timedelta(days=1)}",
    ):
        page = client.get(f"{URL}?{query}").content.decode()
        assert "Agente</del>" not in page


@pytest.mark.parametrize("query", ["person=x", "kind=zz", "action=99", "since=31-31", "pagina=x"])
def test_odd_filters_are_no_error(admin, signed, query):
    assert signed(admin).get(f"{URL}?{query}").status_code == 200


@pytest.mark.parametrize("count", [3, 40])
def test_the_log_stays_within_its_queries(
    admin, unit, signed, count, django_assert_max_num_queries
):
    for number in range(count):
        services.save_unit(unit, code="ATC", name=f"Nombre {number}", by=admin)
    client = signed(admin)
    client.get(URL)
    with django_assert_max_num_queries(10):
        client.get(URL)


def test_the_log_is_exported_as_filtered(admin, unit, signed):
    services.save_unit(unit, code="ATC", name="=1+1", by=admin)
    response = signed(admin).get(f"{reverse('accounts:activity-export')}?formato=csv")
    text = b"".join(response.streaming_content).decode()
    assert "=1+1" in text
    assert not any(cell.startswith("=") for line in text.splitlines() for cell in line.split(";"))


def test_only_who_may_read_the_log_does(agent, auditor, signed):
    assert signed(agent).get(URL).status_code == 403
    assert signed(auditor).get(URL).status_code == 200


def test_no_registered_model_logs_a_secret_field():
    """PITFALLS: auditlog writes plain values; what is secret must be left out by name."""
    for model in auditlog.get_models():
        logged = set(auditlog.get_model_fields(model)["include_fields"]) or {
            field.name for field in model._meta.fields
        }
        logged -= set(auditlog.get_model_fields(model)["exclude_fields"])
        secret = {
            name
            for name in logged
            if any(word in name for word in SECRET_WORDS) and name != "content_hash"
        }
        assert secret == set(), model


def test_a_password_never_reaches_the_log(agent):
    agent.set_password("corneja-tinaja-olivo-84")
    agent.save()
    rows = LogEntry.objects.get_for_object(agent)
    assert not any("password" in (row.changes or {}) for row in rows)


def test_what_happened_at_the_door_is_told_in_words(admin, agent, signed):
    note(Event.SECOND_FACTOR_FAILED, agent, by=None)
    note(Event.SIGNED_IN, agent, by=agent)
    page = signed(admin).get(URL).content.decode()
    assert "Código equivocado" in page
    assert "El portal" in page
    assert "Entró" in page


def test_every_event_has_its_words():
    assert set(EVENTS) == {*Event, *DocumentEvent}


def test_keys_are_told_by_name_and_fields_in_spanish(admin, agent, unit, other_unit, signed):
    services.save_unit(other_unit, code="FAC", name="Facturación", parent=unit, by=admin)
    (row,) = told(entries(admin).filter(object_pk=other_unit.pk, action=1)[:1], admin)
    assert row.changes[0][0] == "depende de"
    assert "Atención al cliente" in row.changes[0][2]
    assert row.kind == "unidad"


def test_a_change_of_permissions_tells_only_what_changed(admin, roles):
    before = services.permissions_of(roles[R.AGENT])
    services.set_role_permissions(
        roles[R.AGENT], before - {"accounts.view_person"}, expected=before, by=admin
    )
    (row,) = told(entries(admin).order_by("-id")[:1], admin)
    assert row.changes == [("permisos", "Puede ver a las personas", "—")]


def test_s4_what_is_above_the_readers_level_stays_out(auditor, data_officer, admin, unit):
    document = Document.objects.create(
        code="RES-01",
        title="Plan reservado",
        kind="procedure",
        owner=admin,
        unit=unit,
        classification=Level.RESERVED,
        next_review_on=timezone.localdate(),
    )
    about = {"content_type": ContentType.objects.get_for_model(Document), "object_pk": document.pk}
    (row,) = told(entries(auditor).filter(**about), auditor)
    assert "Plan reservado" not in row.thing
    assert row.changes == []
    (row,) = told(entries(data_officer).filter(**about), data_officer)
    assert "Plan reservado" in row.thing
    document.delete()
    assert all("Plan" not in row.thing for row in told(entries(auditor).filter(**about), auditor))


def test_what_hangs_from_a_classified_thing_is_under_its_level():
    assert classified_path(Document) == "classification"
    assert classified_path(Version) == "document__classification"
    assert classified_path(Person) is None


def test_the_log_is_read_back_page_by_page(admin, unit, signed):
    for number in range(70):
        services.save_unit(unit, code="ATC", name=f"Nombre {number}", by=admin)
    client, url, seen = signed(admin), f"{URL}?action=1", []
    while url:
        page = client.get(url).content.decode()
        seen += re.findall(r"Nombre (\d+)</ins>", page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        url = URL + found[1].replace("&amp;", "&") if found else ""
    assert seen == [str(number) for number in range(69, -1, -1)]


def test_the_log_is_searched_by_who_acted(admin, agent, unit, signed):
    services.save_unit(unit, code="ATC", name="Otro nombre", by=admin)
    client = signed(admin)
    page = client.get(URL, {"q": "andres prado", "action": 1}).content.decode()
    assert "Otro nombre" in page
    assert "Quién: andres prado" in page
    assert "Otro nombre" not in client.get(URL, {"q": "luis"}).content.decode()


def test_wrong_filters_export_nothing(admin, signed):
    answer = signed(admin).get(f"{reverse('accounts:activity-export')}?since=31-31&formato=csv")
    assert answer["Location"] == f"{URL}?since=31-31"


def test_without_the_permission_no_row_exists(agent):
    assert not entries(agent).exists()
