"""What was being written when the session ended is kept, and offered to the same person."""

from __future__ import annotations

import time

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.core import kept
from apps.core.models import KeptForm
from tests.accounts.conftest import code_at
from tests.accounts.test_second_factor import forget_confirmation

PAGE = "/cuenta/correo/"
WRITTEN = {"email": "a medio escribir", "motivo": "Cambié de apellido"}
BACK = {"headers": {"Referer": f"http://testserver{PAGE}"}}


def test_a_form_posted_to_an_idle_session_is_kept_and_comes_back(
    agent, sign_in_fully, time_machine
):
    begun = time.time()
    time_machine.move_to(begun)
    client = sign_in_fully(agent)
    time_machine.move_to(begun + 3700)
    answer = client.post(PAGE, WRITTEN, follow=True)
    assert answer.redirect_chain == [("/cuenta/entrar/?next=%2Fcuenta%2Fcorreo%2F", 302)]
    assert "Guardamos lo que escribió" in answer.content.decode()
    sign_in_fully(agent, client)
    confirm(client)
    offered = client.get(PAGE)
    row = KeptForm.objects.get()
    assert reverse("accounts:kept-restore", args=[row.pk]) in offered.content.decode()
    back = client.post(reverse("accounts:kept-restore", args=[row.pk]), **BACK)
    assert back.url == f"{PAGE}?texto={row.pk}"
    page = client.get(back.url)
    assert 'value="a medio escribir"' in page.content.decode()
    assert "Recuperar el texto" not in page.content.decode()


def confirm(client: Client) -> None:
    session = client.session
    session["account_authentication_methods"] = [
        record | {"reauthenticated": True} for record in session["account_authentication_methods"]
    ]
    session.save()


def test_a_form_posted_without_any_session_is_kept_for_the_device(agent, sign_in_fully):
    """The session is long gone (a night, a lost store), the browser is known."""
    client = sign_in_fully(agent)
    client.session.flush()
    client.post(PAGE, WRITTEN)
    row = KeptForm.objects.get()
    assert (row.person, row.path) == (agent, PAGE)


def test_a_stranger_keeps_nothing(client, db):
    client.post(PAGE, WRITTEN)
    client.cookies["dispositivo"] = "x" * 43
    client.post(PAGE, WRITTEN)
    assert not KeptForm.objects.exists()


def test_a_deactivated_person_keeps_nothing(agent, admin, sign_in_fully):
    from apps.accounts import services

    client = sign_in_fully(agent)
    services.deactivate(agent, by=admin)
    client.post(PAGE, WRITTEN)
    assert not KeptForm.objects.exists()


def test_s2_a_kept_text_does_not_exist_for_others(agent, supervisor, signed):
    row = kept.keep(agent, PAGE, {"email": ["mío"]})
    client = signed(supervisor)
    for name in ("accounts:kept-restore", "accounts:kept-discard"):
        assert client.post(reverse(name, args=[row.pk])).status_code == 404
    assert "mío" not in client.get(f"{PAGE}?texto={row.pk}").content.decode()
    assert KeptForm.objects.filter(pk=row.pk).exists()


def test_s52_what_is_kept_is_sealed_and_holds_no_secret(agent):
    data = {
        "texto": ["Una palabra rara: zarzaparrilla"],
        **{name: ["hunter2"] for name in (
            "password", "password1", "oldpassword", "clave", "Clave_nueva", "code", "codigo",
            "código", "contraseña", "token", "csrfmiddlewaretoken", "credential", "envio",
        )},
    }  # fmt: skip
    kept.keep(agent, PAGE, data)
    assert list(kept.fields_of(data)) == ["texto"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(sealed, 'escape') FROM core_keptform")
        stored = cursor.fetchone()[0]
    assert "zarzaparrilla" not in stored
    assert "hunter2" not in stored


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (PAGE, {}),
        (PAGE, {"password": ["x"]}),
        (PAGE, {"texto": [""]}),
        (PAGE, {"texto": ["x" * 200_001]}),
        ("/" + "x" * 300, {"texto": ["x"]}),
    ],
)
def test_nothing_is_kept_of_nothing_or_too_much(agent, path, data):
    assert kept.keep(agent, path, data) is None


def test_the_later_text_replaces_the_earlier(agent):
    kept.keep(agent, PAGE, {"texto": ["uno"]})
    kept.keep(agent, PAGE, {"texto": ["dos"]})
    assert KeptForm.objects.count() == 1


def test_a_text_moved_to_another_page_or_person_does_not_open(agent, supervisor, signed):
    row = kept.keep(agent, "/otra/", {"email": ["mío"]})
    KeptForm.objects.filter(pk=row.pk).update(path=PAGE)
    assert "mío" not in signed(agent).get(f"{PAGE}?texto={row.pk}").content.decode()
    row = kept.keep(agent, "/otra/", {"email": ["mío"]})
    KeptForm.objects.filter(pk=row.pk).update(path=PAGE, person=supervisor)
    assert "mío" not in signed(supervisor).get(f"{PAGE}?texto={row.pk}").content.decode()


def test_a_form_being_written_is_kept_now_and_then(agent, signed):
    client = signed(agent)
    save = reverse("accounts:keep-text")
    assert client.post(save, WRITTEN | {"borrador": PAGE}).status_code == 204
    assert client.post(save, WRITTEN | {"email": "más"}, **BACK).status_code == 204
    assert KeptForm.objects.get().path == PAGE
    assert "Recuperar el texto" in client.get(PAGE).content.decode()
    assert "Recuperar el texto" not in client.get("/cuenta/").content.decode()


@pytest.mark.parametrize("path", ["//malo.test/", "https://malo.test/", "sin-barra"])
def test_a_text_belongs_to_a_page_of_the_portal(agent, signed, path):
    client = signed(agent)
    answer = client.post(reverse("accounts:keep-text"), WRITTEN | {"borrador": path})
    assert answer.status_code == 400
    assert not KeptForm.objects.exists()


def test_a_form_that_was_taken_is_not_offered_again(agent, signed):
    client = signed(agent)
    client.post(reverse("accounts:keep-text"), WRITTEN | {"borrador": PAGE})
    client.post(PAGE, {"email": "no es correo"})  # refused: stays kept
    assert KeptForm.objects.exists()
    client.post(PAGE, {"email": "luis.nuevo@aguas.test"})
    assert not KeptForm.objects.exists()
    assert "Recuperar el texto" not in client.get(PAGE).content.decode()


def test_a_text_may_be_discarded(agent, signed):
    client = signed(agent)
    client.post(reverse("accounts:keep-text"), WRITTEN | {"borrador": PAGE})
    row = KeptForm.objects.get()
    answer = client.post(reverse("accounts:kept-discard", args=[row.pk]))
    assert answer.url == PAGE
    assert not KeptForm.objects.exists()


def test_asked_to_confirm_a_form_comes_back_filled(agent, signed):
    client = signed(agent)
    forget_confirmation(client)
    answer = client.post(PAGE, {"email": "luis.nuevo@aguas.test"})
    assert answer.url.startswith(reverse("account_reauthenticate"))
    row = KeptForm.objects.get()
    proof = {"code": code_at(), "next": f"{PAGE}?texto={row.pk}"}
    back = client.post(reverse("mfa_reauthenticate"), proof)
    assert 'value="luis.nuevo@aguas.test"' in client.get(back.url).content.decode()


def test_asked_to_confirm_by_htmx_the_whole_page_goes(agent, signed):
    client = signed(agent)
    forget_confirmation(client)
    answer = client.get(PAGE, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith(reverse("account_reauthenticate"))


def test_s8_a_form_refused_for_its_token_is_kept_when_our_page_sent_it(agent):
    from tests.conftest import sign_in

    client = sign_in(Client(enforce_csrf_checks=True), agent)
    foreign = client.post(PAGE, WRITTEN, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert not KeptForm.objects.exists()
    ours = client.post(PAGE, WRITTEN, headers={"Sec-Fetch-Site": "same-origin"})
    assert ours.status_code == 403
    assert "Lo que escribió quedó guardado" in ours.content.decode()
    assert "Recuperar el texto" in client.get(PAGE).content.decode()


def test_pages_without_a_kept_text_cost_no_query(agent, signed, django_assert_max_num_queries):
    client = signed(agent)
    kept.keep(agent, PAGE, {"texto": ["x"]})
    client.get("/cuenta/tema/")
    with django_assert_max_num_queries(2):
        client.get("/cuenta/salir/")


def test_the_oldest_texts_give_way(agent, monkeypatch):
    monkeypatch.setattr(kept, "MOST_PATHS", 3)
    for n in range(5):
        kept.keep(agent, f"/pagina/{n}/", {"texto": ["x"]})
    left = KeptForm.objects.order_by("path").values_list("path", flat=True)
    assert list(left) == ["/pagina/2/", "/pagina/3/", "/pagina/4/"]
