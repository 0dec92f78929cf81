"""The readers' voice: votes, comments, answers, customers (M20); use by day (1.5.4)."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.core.access import Level
from apps.core.rules import RuleBroken
from apps.documents import services
from apps.documents.models import DailyUse, Document, Feedback, Version, Vote
from apps.documents.services import listening
from apps.notifications.models import Notice
from tests.documents.readers import REASON, publish

PAGE = "/manual/ATC-01.1/"
COMMENT = "/documentos/ATC-01.1/comentar/"
PUBLIC = "/atencion/manual/ATC-02/"
REPLY = "Gracias: se corrige en la próxima versión."
BROWSER = {"HTTP_USER_AGENT": "Mozilla/5.0 (X11) Firefox/140"}


@pytest.fixture
def page(press) -> Document:
    return press.page("ATC-01.1", "Recibir una llamada", parent=press.heading("ATC-01"))


@pytest.fixture
def open_page(press) -> Document:
    return press.page("ATC-02", "Pedir un plan", level=Level.PUBLIC)


@pytest.fixture
def said(page, agent) -> Feedback:
    return listening.comment(page.current, kind="unclear", text="No dice a quién.", by=agent)


def text(response, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()


def key_of(html: str) -> str:
    return re.search(r'name="envio" value="([^"]+)"', html)[1]


# Whether it helped ------------------------------------------------------------------------------


def test_m20_a_vote_is_one_per_person_and_version_and_may_be_changed(page, agent, supervisor):
    version = page.current
    listening.vote(version, useful=True, by=agent)
    listening.vote(version, useful=True, by=agent)
    listening.vote(version, useful=False, by=supervisor)
    listening.vote(version, useful=False, by=agent)
    assert list(Vote.objects.filter(person=agent).values_list("useful", flat=True)) == [False]
    use = DailyUse.objects.get()
    assert (use.readers, use.useful, use.not_useful) == ("staff", 0, 2)


def test_m20_a_vote_changed_another_day_is_counted_once(page, agent, time_machine):
    listening.vote(page.current, useful=True, by=agent)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    listening.vote(page.current, useful=False, by=agent)
    rows = DailyUse.objects.order_by("on").values_list("useful", "not_useful")
    assert list(rows) == [(0, 0), (0, 1)]


def test_m20_only_what_is_in_force_is_judged(press, page, agent, outsider, other_unit, quality):
    old = page.current
    press.version(page, days_ago=1)
    for act in (
        lambda: listening.vote(old, useful=True, by=agent),
        lambda: listening.comment(old, kind="idea", text="Tengo una idea.", by=agent),
    ):
        with pytest.raises(RuleBroken):
            act()
    with pytest.raises(PermissionDenied):
        listening.vote(page.current, useful=True, by=outsider)
    services.set_audience(page, [other_unit], by=quality)
    with pytest.raises(PermissionDenied):
        listening.comment(page.current, kind="idea", text="Tengo una idea.", by=agent)


@pytest.mark.django_db(transaction=True)
def test_m20_two_windows_at_once_leave_one_vote(page, agent):
    version = page.current
    barrier, faults = Barrier(2), []

    def go() -> None:
        try:
            barrier.wait()
            listening.vote(version, useful=True, by=agent)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [Thread(target=go) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert Vote.objects.count() == 1
    assert DailyUse.objects.get().useful == 1


def test_m20_the_foot_of_the_page_asks_without_costing_a_query(
    page, signed, agent, django_assert_num_queries
):
    client = signed(agent)
    client.get(PAGE)
    with django_assert_num_queries(2):
        html = text(client.get(PAGE))
    assert 'hx-get="/documentos/ATC-01.1/voz/"' in html
    assert f'href="{COMMENT}"' in html
    assert f'href="{COMMENT}?paso=registrar"' in html
    foot = text(client.get("/documentos/ATC-01.1/voz/"))
    assert foot.count('aria-pressed="true"') == 0
    sent = {"envio": key_of(foot), "sirvio": "si"}
    foot = text(client.post("/documentos/ATC-01.1/voto/", sent, headers={"HX-Request": "true"}))
    assert "Usted dijo que le sirvió" in foot
    assert foot.count('aria-pressed="true"') == 1
    # Without JavaScript the same form leads to an ordinary page.
    answer = client.post("/documentos/ATC-01.1/voto/", {"sirvio": "no"}, follow=True)
    assert "Usted dijo que no del todo" in text(answer)
    assert client.post("/documentos/ATC-01.1/voto/", {"sirvio": "quizá"}).status_code == 302
    assert Vote.objects.get().useful is False


# Comments ---------------------------------------------------------------------------------------


def test_m20_a_comment_on_a_step_reaches_the_owner_once(page, signed, agent, supervisor):
    client = signed(agent)
    html = text(client.get(f"{COMMENT}?paso=registrar"))
    assert "Comentar el Paso 1: Registrar" in html
    sent = {
        "envio": key_of(html.split('id="comentar"')[1]),
        "kind": "wrong",
        "quote": "Haga lo que dice.",
        "text": "Ese plazo ya no existe.",
    }
    for _twice in range(2):
        answer = client.post(f"{COMMENT}?paso=registrar", sent, follow=True)
        assert "Le avisaremos cuando lo respondan" in text(answer)
    row = Feedback.objects.get()
    assert (row.part, row.quote, row.kind) == ("step:registrar", "Haga lo que dice.", "wrong")
    assert (row.version, row.author_id, row.is_private) == (page.current, agent.pk, False)
    notice = Notice.objects.get(person=supervisor)
    assert notice.kind == "feedback_received"
    assert "plazo" not in notice.title + notice.text


def test_m20_bad_comments_are_told_and_nothing_is_kept(page, signed, agent):
    client = signed(agent)
    for wrong in (
        {"kind": "", "text": "Algo que decir."},
        {"kind": "idea", "text": ""},
        {"kind": "idea", "text": "x"},
        {"kind": "otra", "text": "Algo que decir."},
        {"kind": "idea", "text": "x" * 5000},
        {"kind": "idea", "text": "nulo \x00 dentro"},
    ):
        assert client.post(COMMENT, wrong).status_code == 422, wrong
    with pytest.raises(RuleBroken):
        listening.comment(page.current, kind="idea", text="Hola, hola.", part="step:no", by=agent)
    assert not Feedback.objects.exists()
    assert "Ese paso ya no está" in text(client.get(f"{COMMENT}?paso=nada"))
    assert client.get("/documentos/NADA/comentar/").status_code == 404


def test_m20_a_private_comment_is_seen_by_author_owner_and_who_governs(
    page, signed, agent, supervisor, quality, direction, make_person, make_position
):
    peer = make_person("pia", "agente", position=make_position("Otra"))
    row = listening.comment(
        page.current, kind="idea", text="Prefiero que no se sepa.", is_private=True, by=agent
    )
    url = f"/documentos/comentarios/{row.pk}/"
    for person in (agent, supervisor, quality):
        assert "Prefiero que no se sepa." in text(signed(person).get(url))
        assert "Prefiero" in text(signed(person).get("/documentos/comentarios/"))
    for person in (peer, direction):
        assert signed(person).get(url).status_code == 404
        assert "Prefiero" not in text(signed(person).get("/documentos/comentarios/"))
    export = signed(direction).get("/documentos/comentarios/exportar/")
    assert "Prefiero" not in b"".join(export.streaming_content).decode()


def test_m20_comments_on_what_is_hidden_do_not_exist(
    said, page, signed, quality, other_unit, make_person, make_position, agent
):
    peer = make_person("pia", "agente", position=make_position("Otra"))
    url = f"/documentos/comentarios/{said.pk}/"
    assert signed(peer).get(url).status_code == 200
    services.set_audience(page, [other_unit], by=quality)
    assert signed(peer).get(url).status_code == 404
    assert signed(agent).get(url).status_code == 200  # their own words stay theirs


# Answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "state", "words"),
    [(True, "accepted", "Aceptaron"), (False, "rejected", "Respondieron")],
)
def test_m20_the_owner_answers_with_a_reason_and_the_sender_is_told(
    said, signed, supervisor, agent, accept, state, words
):
    client = signed(supervisor)
    url = f"/documentos/comentarios/{said.pk}/"
    assert "Responder 1 comentario sobre sus documentos" in text(client.get("/inicio/"))
    html = text(client.get(url))
    sent = {"envio": key_of(html), "accept": "si" if accept else "no", "reason": REPLY}
    for _twice in range(2):
        answer = client.post(f"{url}responder/", sent, follow=True)
        assert REPLY in text(answer)
    said.refresh_from_db()
    assert (said.state, said.answer, said.answered_by_id) == (state, REPLY, supervisor.pk)
    assert Notice.objects.get(person=agent).title.startswith(words)
    assert "Responder 1" not in text(client.get("/inicio/"))


@pytest.mark.parametrize("reason", ["", "corto", "x" * 19, " " * 30])
def test_m20_an_answer_needs_a_reason_of_twenty_characters(said, signed, supervisor, reason):
    with pytest.raises(RuleBroken):
        listening.answer(said, accept=False, reason=reason, by=supervisor)
    url = f"/documentos/comentarios/{said.pk}/responder/"
    response = signed(supervisor).post(url, {"accept": "no", "reason": reason})
    assert response.status_code == 422
    said.refresh_from_db()
    assert said.state == "open"


def test_m20_only_who_answers_for_the_document_does_and_never_their_own(
    said, page, signed, agent, supervisor, quality
):
    for by in (agent,):
        with pytest.raises(PermissionDenied):
            listening.answer(said, accept=True, reason=REPLY, by=by)
    url = f"/documentos/comentarios/{said.pk}/responder/"
    assert signed(agent).post(url, {"accept": "si", "reason": REPLY}).status_code == 403
    own = listening.comment(page.current, kind="idea", text="Lo mío propio.", by=supervisor)
    with pytest.raises(RuleBroken):
        listening.answer(own, accept=True, reason=REPLY, by=supervisor)
    listening.answer(own, accept=True, reason=REPLY, by=quality)
    listening.answer(said, accept=True, reason=REPLY, by=quality)
    with pytest.raises(RuleBroken):
        listening.answer(said, accept=False, reason=REPLY, by=supervisor)
    assert signed(supervisor).get(url).status_code == 200


def test_m20_an_accepted_one_links_to_the_version_that_solved_it_and_the_sender_is_told(
    said, page, signed, agent, supervisor, quality
):
    draft = services.start_version(page, change="minor", justification=REASON, by=supervisor)
    client = signed(supervisor)
    url = f"/documentos/comentarios/{said.pk}/"
    assert f'value="{draft.pk}"' in text(client.get(url))
    sent = {"accept": "si", "reason": REPLY, "solved_by": draft.pk}
    assert client.post(f"{url}responder/", sent).status_code == 302
    said.refresh_from_db()
    assert said.solved_by == draft
    assert not Notice.objects.filter(key__startswith="feedback-solved").exists()
    draft = services.submit(draft, by=supervisor)
    services.approve(draft, effective_on=timezone.localdate(), by=quality)
    services.bring_into_force(Version.objects.get(pk=draft.pk))
    notice = Notice.objects.get(key__startswith="feedback-solved")
    assert notice.person_id == agent.pk
    assert "versión 2" in notice.title
    assert "Lo resuelve la versión 2" in text(signed(agent).get(url))


def test_m20_the_solution_may_be_named_later_and_is_of_the_same_document(
    said, page, press, signed, supervisor, agent
):
    listening.answer(said, accept=True, reason=REPLY, by=supervisor)
    old = page.current
    other = press.page("ATC-09")
    for wrong in (old, other.current):
        with pytest.raises(RuleBroken):
            listening.link_solution(said, version=wrong, by=supervisor)
    new = press.version(page, days_ago=0)
    url = f"/documentos/comentarios/{said.pk}/"
    client = signed(supervisor)
    assert "La versión que lo resuelve" in text(client.get(url))
    assert client.post(f"{url}version/", {}).status_code == 422
    assert client.post(f"{url}version/", {"solved_by": new.pk}).status_code == 302
    assert signed(agent).post(f"{url}version/", {"solved_by": new.pk}).status_code == 403
    assert Notice.objects.filter(key__startswith="feedback-solved", person=agent).count() == 1


def test_m20_a_rejected_one_has_no_solution(said, page, press, supervisor, signed):
    new = press.version(page, days_ago=0)
    with pytest.raises(RuleBroken):
        listening.answer(said, accept=False, reason=REPLY, solved_by=new, by=supervisor)
    listening.answer(said, accept=False, reason=REPLY, by=supervisor)
    with pytest.raises(RuleBroken):
        listening.link_solution(said, version=new, by=supervisor)
    url = f"/documentos/comentarios/{said.pk}/version/"
    assert signed(supervisor).post(url, {"solved_by": new.pk}).status_code == 200


def test_m20_the_list_filters_counts_and_goes_on_by_pages(
    page, press, signed, agent, supervisor, quality
):
    for n in range(32):
        listening.comment(page.current, kind="idea", text=f"Idea número {n:02}.", by=agent)
    row = listening.comment(page.current, kind="wrong", text="Está mal así.", by=supervisor)
    listening.answer(row, accept=True, reason=REPLY, by=quality)
    client = signed(quality)
    html = text(client.get("/documentos/comentarios/"))
    assert "32 comentarios esperan respuesta." in html
    assert "Idea número 00." not in html
    later = re.search(r'href="(\?[^"]+)" rel="next"', html)[1].replace("&amp;", "&")
    assert "Idea número 00." in text(client.get(f"/documentos/comentarios/{later}"))
    for query, seen, unseen in (
        ("?estado=accepted", "Está mal así.", "Idea"),
        ("?clase=wrong", "Está mal así.", "Idea número"),
        ("?de=mios", "No hay comentarios con estos filtros", "Está mal así."),
        ("?de=a-mi", "No hay comentarios con estos filtros", "Está mal así."),
        ("?de=clientes", "No hay comentarios con estos filtros", "Está mal así."),
        ("?q=ATC-01", "Idea número 31.", "No hay comentarios"),
        ("?q=nada", "No hay comentarios con estos filtros", "Idea número"),
    ):
        html = text(client.get(f"/documentos/comentarios/{query}"))
        assert seen in html, query
        assert unseen not in html.split("<main")[1].replace("Tengo una idea", ""), query


@pytest.mark.parametrize("rows", [3, 30])
def test_feedback_pages_cost_the_same_with_3_or_30_rows(
    page, signed, agent, quality, django_assert_max_num_queries, rows
):
    for n in range(rows):
        row = listening.comment(page.current, kind="idea", text=f"Idea número {n}.", by=agent)
    client = signed(quality)
    for url, most in (
        ("/documentos/comentarios/", 4),
        (f"/documentos/comentarios/{row.pk}/", 14),
        (COMMENT, 12),
        ("/documentos/ATC-01.1/voz/", 3),
        ("/documentos/ATC-01.1/uso/", 4),
    ):
        client.get(url)
        with django_assert_max_num_queries(most):
            assert client.get(url).status_code == 200


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_comments_leave_as_a_file_for_who_may_export(said, signed, quality, agent, kind):
    url = f"/documentos/comentarios/exportar/?formato={kind}"
    content = b"".join(signed(quality).get(url).streaming_content)
    assert kind == "xlsx" or "No dice a quién." in content.decode()
    assert signed(agent).get(url).status_code == 403


def test_an_empty_list_of_comments_says_where_they_come_from(signed, agent):
    assert "Todavía no hay comentarios" in text(signed(agent).get("/documentos/comentarios/"))


# Customers --------------------------------------------------------------------------------------


def test_m20_a_customers_vote_is_only_counted(open_page):
    client = Client(**BROWSER)
    html = text(client.get(PUBLIC))
    sent = {"envio": key_of(html.split('id="opinion"')[1]), "sirvio": "si"}
    for _twice in range(2):
        answer = client.post(f"{PUBLIC}voto/", sent, follow=True)
        assert "No guardamos quién es usted" in text(answer)
    Client(**BROWSER).post(f"{PUBLIC}voto/", {"sirvio": "no"})  # the same place, the same day
    use = DailyUse.objects.get(readers="customers")
    assert (use.useful, use.not_useful) == (1, 0)
    assert not Vote.objects.exists()
    assert client.post(f"{PUBLIC}voto/", {"sirvio": "x"}).status_code == 302


def test_m20_a_customers_words_are_kept_without_identity_and_never_shown_outside(
    open_page, signed, supervisor, agent
):
    client = Client(**BROWSER)
    html = text(client.get(f"{PUBLIC}comentar/"))
    sent = {"envio": key_of(html), "kind": "unclear", "text": "No entiendo el plazo."}
    for _twice in range(2):
        assert "Gracias" in text(client.post(f"{PUBLIC}comentar/", sent, follow=True))
    row = Feedback.objects.get()
    assert row.author is None
    assert "No entiendo el plazo." not in text(client.get(PUBLIC))
    assert Notice.objects.filter(person=supervisor, kind="feedback_received").count() == 1
    html = text(signed(supervisor).get(f"/documentos/comentarios/{row.pk}/"))
    assert "Un cliente" in html
    listening.answer(row, accept=True, reason=REPLY, by=supervisor)
    assert client.post(f"{PUBLIC}comentar/", {"kind": "idea", "text": "x" * 501}).status_code == 422
    assert client.post(f"{PUBLIC}comentar/", {"kind": "idea", "text": "abc"}).status_code == 422


@pytest.mark.usefixtures("still_clock")
def test_m20_customers_are_held_to_a_few_comments_an_hour(open_page):
    client = Client(**BROWSER)
    answers = [
        client.post(f"{PUBLIC}comentar/", {"kind": "idea", "text": f"Comentario {n}."}).status_code
        for n in range(7)
    ]
    assert answers == [302] * 5 + [429] * 2
    assert Feedback.objects.count() == 5
    answers = [client.post(f"{PUBLIC}voto/", {"sirvio": "si"}).status_code for _n in range(25)]
    assert answers[-1] == 429


def test_s2_customers_say_nothing_of_what_is_not_theirs(page):
    for url in ("/atencion/manual/ATC-01.1/voto/", "/atencion/manual/ATC-01.1/comentar/"):
        assert Client().post(url, {"sirvio": "si"}).status_code == 404
    with pytest.raises(RuleBroken):
        listening.vote_as_customer(page, useful=True)
    with pytest.raises(RuleBroken):
        listening.comment_as_customer(page.current, kind="idea", text="Hola, hola.")


# Use by day -------------------------------------------------------------------------------------


def test_use_counts_each_person_once_a_day_and_names_nobody(
    press, page, signed, agent, supervisor, time_machine
):
    for _twice in range(2):
        signed(agent).get(PAGE)
    signed(supervisor).get(PAGE)
    press.version(page, days_ago=0)
    signed(agent).get(PAGE)  # another version the same day is the same reading
    use = DailyUse.objects.get()
    assert (use.readings, use.readers) == (2, "staff")
    assert not {field.name for field in DailyUse._meta.get_fields()} & {"person", "author"}
    time_machine.move_to(timezone.now() + timedelta(days=1))
    signed(agent).get(PAGE)
    assert list(DailyUse.objects.order_by("on").values_list("readings", flat=True)) == [2, 1]


def test_use_counts_a_visit_of_a_customer_once_and_no_robot(open_page):
    client = Client()
    client.get(PUBLIC, **BROWSER)
    client.get(PUBLIC, **BROWSER)
    client.head(PUBLIC, **BROWSER)
    client.get(PUBLIC, HTTP_USER_AGENT="Googlebot/2.1")
    client.get(PUBLIC)
    assert DailyUse.objects.get().readings == 1
    client.get(PUBLIC, HTTP_USER_AGENT="Mozilla/5.0 (otro) Safari/600")
    assert DailyUse.objects.get().readings == 2


def test_use_of_a_document_is_shown_by_day_to_owner_and_quality(
    page, signed, agent, supervisor, quality, direction
):
    url = "/documentos/ATC-01.1/uso/"
    html = text(signed(supervisor).get(url))
    assert "0 lecturas del personal" in html
    assert "Nadie lo ha dicho todavía" in html
    signed(agent).get(PAGE)
    listening.vote(page.current, useful=True, by=agent)
    html = text(signed(quality).get(url))
    assert "1 lectura del personal" in html
    assert "100 %" in html
    assert "Luis" not in html.split("<main")[1]
    assert "90 días" in text(signed(quality).get(f"{url}?dias=90"))
    for person in (agent, direction):
        assert signed(person).get(url).status_code == 403


def test_publishing_asks_and_solves_in_one_go(page, said, supervisor, quality, agent):
    """A version that comes in by the long way tells readers and senders alike."""
    listening.answer(said, accept=True, reason=REPLY, by=supervisor)
    version = publish(page, supervisor, quality)
    listening.link_solution(said, version=version, by=supervisor)
    assert Notice.objects.filter(key=f"feedback-solved:{said.pk}:{version.pk}").count() == 1
