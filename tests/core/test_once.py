"""A form acts once, however often it is posted (DESIGN §10)."""

import re
import threading
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse

from apps.accounts.models import Invitation, Unit
from apps.core.forms import KEY_FIELD, once
from apps.core.models import OutboxMail

# Forms without a key, and why a second post does no harm.
WITHOUT_KEY = {
    "account": "the door: a second try is one more try, or finds it done",
    "mfa": "the door: a factor that is gone or there cannot go or come again",
    "accounts/_passkey.html": "the door: a ceremony serves once",
    "accounts/account.html": "signing out and the theme end in one state",
    "accounts/choose_factor.html": "signing out ends in one state",
    "accounts/confirm_email.html": "the link serves once",
    "accounts/first_steps.html": "the organisation's row exists once",
    "accounts/import.html": "a run is applied once",
    "accounts/invitation.html": "the link serves once",
    "accounts/reset.html": "a request is decided once",
    "accounts/sessions.html": "a closed session stays closed",
    "components/_foot.html": "the theme ends in one state",
    "components/_kept.html": "a text is taken back or dropped once",
    "components/_move.html": "each press is one more step on purpose",
    "components/_topbar.html": "the theme ends in one state",
    "improvement/action.html": "a step ends done, open or gone, however often it is said",
    "indicators/import.html": "a run is applied once",
    "improvement/_whys.html": "a cause is the root or is gone, however often it is said",
    "manual/_draft_step.html": "it carries the revision: a second post is stale",
    "notifications/mails.html": "a mail that waits already is not put back again",
    "notifications/notices.html": "a notice is read once",
    "styleguide.html": "samples",
}
WITH_KEY = ("crispy }}", "form.envio", "form.hidden_fields", "for name, value in hidden")


def post(person, key):
    request = RequestFactory().post("/", {"envio": key})
    request.user = person
    return request


def create_unit(request, code):
    with once(request) as ticket:
        if not ticket.answer:
            Unit.objects.create(code=code, name="Unidad")
            ticket.answer = f"/unidad/{code}/"
    return ticket.answer


def test_a_second_post_changes_nothing_and_leads_to_the_same_place(agent):
    key = uuid.uuid4()
    assert create_unit(post(agent, key), "A") == "/unidad/A/"
    assert create_unit(post(agent, key), "B") == "/unidad/A/"
    assert not Unit.objects.filter(code="B").exists()


def test_a_failed_try_leaves_the_key_free(agent):
    key = uuid.uuid4()
    with pytest.raises(ZeroDivisionError), once(post(agent, key)):
        raise ZeroDivisionError
    assert create_unit(post(agent, key), "A") == "/unidad/A/"


def test_somebody_elses_key_neither_tells_nor_blocks(agent, supervisor):
    key = uuid.uuid4()
    create_unit(post(agent, key), "A")
    assert create_unit(post(supervisor, key), "B") == "/unidad/B/"


@pytest.mark.parametrize("key", ["", "no-es-una-clave", "x" * 10_000, "\x00"])
def test_a_missing_or_odd_key_is_no_error(agent, key):
    assert create_unit(post(agent, key), "A") == "/unidad/A/"


def test_every_form_carries_the_key_or_does_no_harm_twice():
    templates = Path(settings.BASE_DIR / "templates")
    for path in sorted(templates.rglob("*.html")):
        name = str(path.relative_to(templates))
        for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), re.DOTALL):
            excused = name in WITHOUT_KEY or name.split("/")[0] in WITHOUT_KEY
            assert excused or any(sign in form for sign in WITH_KEY), name


def posted_twice(client, path, **data):
    """Post a page's form with its own key two times; where both led."""
    (key,) = re.findall(rf'name="{KEY_FIELD}" value="([^"]+)"', client.get(path).content.decode())
    answers = [client.post(path, data | {KEY_FIELD: key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    return {answer["Location"] for answer in answers}


def test_a_unit_is_made_once(admin, signed):
    before = Unit.objects.count()
    data = {"code": "LEC", "name": "Lecturas", "order": "10"}
    assert len(posted_twice(signed(admin), reverse("accounts:unit-new"), **data)) == 1
    assert Unit.objects.count() == before + 1


def test_a_person_is_invited_once(admin, signed, unit, organisation):
    data = {"email": "rosa@aguas.test", "first_name": "Rosa", "last_name": "Quispe"}
    assert len(posted_twice(signed(admin), reverse("accounts:invite"), **data)) == 1
    assert OutboxMail.objects.count() == 1


def test_a_confirmed_act_is_done_once(admin, signed, organisation):
    client = signed(admin)
    posted_twice(
        client, reverse("accounts:invite"), email="r@aguas.test", first_name="R", last_name="Q"
    )
    invited = Invitation.objects.get().person
    posted_twice(client, reverse("accounts:invitation-resend", args=[invited.pk]))
    assert Invitation.objects.count() == 2
    assert OutboxMail.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_posts_at_the_same_instant_act_once():
    key, answers = uuid.uuid4(), []
    barrier = threading.Barrier(6)

    def one(n):
        barrier.wait()
        answers.append(create_unit(post(AnonymousUser(), key), f"U{n}"))
        connection.close()

    threads = [threading.Thread(target=one, args=[n]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Unit.objects.filter(name="Unidad").count() == 1
    assert len(set(answers)) == 1
