"""The matrix of roles and its pages."""

import re

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from apps.accounts import services
from apps.accounts.models import Role
from apps.accounts.permissions import Perm
from apps.accounts.permissions import Role as R

pytestmark = pytest.mark.django_db


def url_of(key):
    return reverse("accounts:role", args=[key])


def boxes(page):
    """Permissions that are ticked on the page of a role."""
    return set(re.findall(r'name="permissions" value="([^"]+)"[^>]* checked', page))


def hidden(page):
    return dict(re.findall(r'name="(envio|expected|reviewed)" value="([^"]*)"', page))


def test_the_matrix_shows_each_role_and_permission_in_words(admin, signed):
    page = signed(admin).get(reverse("accounts:roles")).content.decode()
    for role in Role.objects.all():
        assert role.title in page
    assert "Puede leer el manual" in page
    assert "Can view" not in page
    assert page.count("<td") == Role.objects.count() * page.count('<th scope="row">')


def test_the_matrix_stays_within_its_queries(admin, signed, django_assert_max_num_queries):
    client = signed(admin)
    client.get(reverse("accounts:roles"))
    with django_assert_max_num_queries(8):
        client.get(reverse("accounts:roles"))


def test_a_role_is_changed_on_its_page_logged_and_in_force(admin, agent, signed):
    client, theirs = signed(admin), signed(agent)
    page = client.get(url_of("agente")).content.decode()
    wanted = boxes(page) - {str(Perm.VIEW_PEOPLE)}
    assert theirs.get(reverse("accounts:people")).status_code == 200
    shown = client.post(url_of("agente"), hidden(page) | {"permissions": sorted(wanted)})
    assert shown.status_code == 200
    assert theirs.get(reverse("accounts:people")).status_code == 200
    page = shown.content.decode()
    assert "<del>Puede ver a las personas</del>" in page
    assert boxes(page) == wanted
    answer = client.post(url_of("agente"), hidden(page) | {"permissions": sorted(wanted)})
    assert answer["Location"] == reverse("accounts:roles")
    assert theirs.get(reverse("accounts:people")).status_code == 403
    entry = LogEntry.objects.get_for_object(Role.objects.get(key="agente")).latest("id")
    before, after = entry.changes["permissions"]
    assert str(Perm.VIEW_PEOPLE) in before
    assert str(Perm.VIEW_PEOPLE) not in after
    assert entry.actor == admin


def test_a_stale_matrix_shows_both_sides_and_keeps_mine(admin, roles, signed):
    client = signed(admin)
    page = client.get(url_of("agente")).content.decode()
    held = services.permissions_of(roles[R.AGENT])
    services.set_role_permissions(
        roles[R.AGENT], held | {"accounts.view_log"}, expected=held, by=admin
    )
    mine = sorted(held | {"core.see_confidential"})
    answer = client.post(url_of("agente"), hidden(page) | {"permissions": mine})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "usted eligió No, ahora está en Sí" in page
    assert boxes(page) == set(mine)
    assert "core.see_confidential" not in services.permissions_of(roles[R.AGENT])
    data = hidden(client.get(url_of("agente")).content.decode()) | {
        "expected": hidden(page)["expected"]
    }
    page = client.post(url_of("agente"), data | {"permissions": mine}).content.decode()
    assert "<del>" in page
    data["reviewed"] = hidden(page)["reviewed"]
    assert client.post(url_of("agente"), data | {"permissions": mine}).status_code == 302


@pytest.mark.parametrize("name", ["auth.delete_user", "nada", "accounts.manage_people\x00"])
def test_an_invented_permission_is_refused(admin, signed, name):
    client = signed(admin)
    page = client.get(url_of("agente")).content.decode()
    answer = client.post(url_of("agente"), hidden(page) | {"permissions": [name]})
    assert answer.status_code in (400, 422)


def test_c20_changing_a_role_asks_who_one_is_after_a_while(admin, signed):
    client = signed(admin)
    session = client.session
    session["account_authentication_methods"] = [
        record | {"at": record["at"] - 3600} for record in session["account_authentication_methods"]
    ]
    session.save()
    response = client.get(url_of("agente"))
    assert response["Location"].startswith(reverse("account_reauthenticate"))


def test_a_role_of_ones_own_is_made_renamed_and_deleted_by_pages(admin, signed):
    client = signed(admin)
    new = reverse("accounts:role-new")
    key = hidden(client.get(new).content.decode())
    answer = client.post(new, key | {"title": "Cajas", "description": "Cobran."})
    assert answer["Location"] == url_of("cajas")
    edit = reverse("accounts:role-edit", args=["cajas"])
    key = hidden(client.get(edit).content.decode())
    client.post(edit, key | {"title": "Caja y arqueo", "is_sensitive": "on"})
    role = Role.objects.get(key="cajas")
    assert (role.title, role.is_sensitive) == ("Caja y arqueo", True)
    delete = reverse("accounts:role-delete", args=["cajas"])
    assert "No se puede deshacer" in client.get(delete).content.decode()
    client.post(delete)
    assert not Role.objects.filter(key="cajas").exists()


def test_a_builtin_role_survives_its_delete_page(admin, signed):
    client = signed(admin)
    page = client.post(reverse("accounts:role-delete", args=["agente"]), follow=True)
    assert "viene con el portal" in page.content.decode()
    assert Role.objects.filter(key="agente").exists()


def test_an_auditor_reads_the_matrix_and_changes_nothing(auditor, signed):
    client = signed(auditor)
    assert url_of("agente") not in client.get(reverse("accounts:roles")).content.decode()
    assert client.post(url_of("agente"), {"permissions": []}).status_code == 403
