"""The room of documents: its list, cards, reviews and what is done from them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Absence
from apps.core.registry import home_tasks
from apps.documents import services
from apps.documents.models import Document, Version
from apps.manual import services as manual

REASON = "Se corrige el plazo que ya no se cumplía."
NOTE = "El plazo del paso dos no se puede cumplir."
URGENT = "La ley nueva rige desde hoy y lo anterior la incumple."


def today():
    return timezone.localdate()


@pytest.fixture
def make_document(supervisor, unit):
    def make(code="POL-01", title="Política de plazos", **fields) -> Document:
        fields = {"kind": Document.Kind.POLICY, "owner": supervisor, "unit": unit} | fields
        return services.open_document(code=code, title=title, by=supervisor, **fields)

    return make


@pytest.fixture
def document(make_document) -> Document:
    return make_document()


@pytest.fixture
def draft(supervisor):
    def begin(document, body="<h2>Plazos</h2><p>Uno.</p>", by=None) -> Version:
        return services.start_version(
            document,
            title=document.title,
            body=body,
            change="minor",
            justification=REASON,
            by=by or supervisor,
        )

    return begin


@pytest.fixture
def published(draft, supervisor, direction):
    def publish(document, body="<h2>Plazos</h2><p>Uno.</p>", on=None) -> Version:
        version = services.submit(draft(document, body), by=supervisor)
        return services.approve(version, effective_on=on, by=direction)

    return publish


@pytest.fixture
def in_review(draft, document, supervisor, quality, direction):
    return services.submit(draft(document), approvers=[quality, direction], by=supervisor)


def page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, url
    return " ".join(answer.content.decode().split())


REVIEW = "/documentos/POL-01/versiones/1/revision/"


# The list ------------------------------------------------------------------------------------


def test_the_list_shows_what_is_in_force_coming_and_written(
    make_document, published, draft, signed, quality, supervisor
):
    one, two, three = (make_document(f"POL-0{n}", f"Política {n}") for n in (1, 2, 3))
    published(one)
    published(one, on=today() + timedelta(days=4))
    services.submit(draft(two), approvers=[quality], by=supervisor)
    text = page(signed(quality), "/documentos/")
    for words in ("En vigor", "Por entrar en vigor", "En revisión", "Todavía sin texto"):
        assert words in text
    assert text.count("Espera por usted") == 1
    assert [code for code in ("POL-01", "POL-02", "POL-03") if code in text] == [
        one.code,
        two.code,
        three.code,
    ]


def test_s2_whoever_only_reads_sees_what_is_in_force(
    make_document, published, draft, signed, agent, quality, supervisor
):
    published(make_document("POL-01"))
    services.submit(draft(make_document("POL-02")), approvers=[quality], by=supervisor)
    retired = make_document("POL-03")
    published(retired)
    services.retire(retired, reason=REASON, by=quality)
    text = page(signed(agent), "/documentos/")
    assert "POL-01" in text
    assert "POL-02" not in text
    assert "POL-03" not in text
    for code in ("POL-02", "POL-03"):
        page(signed(agent), f"/documentos/{code}/", 404)
    page(signed(quality), "/documentos/POL-03/")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"POL-01", "POL-02", "POL-03", "POL-04"}),
        ("?q=plazos", {"POL-01"}),
        ("?q=pol-02", {"POL-02"}),
        ("?clase=procedure", set()),
        ("?estado=en-vigor", {"POL-01"}),
        ("?estado=revision", {"POL-02"}),
        ("?estado=borrador", {"POL-03"}),
        ("?estado=con-fecha", {"POL-01"}),
        ("?estado=sin-regir", {"POL-02", "POL-03"}),
        ("?estado=retirado", {"POL-04"}),
        ("?estado=emergencia", set()),
        ("?unidad=ATC", {"POL-01", "POL-02", "POL-03", "POL-04"}),
        ("?espera=1", {"POL-02"}),
        ("?orden=reciente", {"POL-01", "POL-02", "POL-03", "POL-04"}),
        ("?orden=titulo", {"POL-01", "POL-02", "POL-03", "POL-04"}),
        ("?estado=nada&unidad=NADA&duena=x", {"POL-01", "POL-02", "POL-03", "POL-04"}),
    ],
)
def test_the_list_is_narrowed_and_ordered(
    make_document, published, draft, signed, quality, supervisor, query, found
):
    one = make_document("POL-01")
    two, three, four = (make_document(f"POL-0{n}", f"Norma {n}") for n in (2, 3, 4))
    published(one)
    published(one, on=today() + timedelta(days=4))
    services.submit(draft(two), approvers=[quality], by=supervisor)
    draft(three)
    published(four)
    services.retire(four, reason=REASON, by=quality)
    text = page(signed(quality), f"/documentos/{query}")
    assert set(re.findall(r'href="/documentos/(POL-\d+)/"', text)) == found


def test_an_empty_list_says_what_to_do(signed, agent, quality):
    assert "Todavía no hay documentos" in page(signed(agent), "/documentos/")
    assert "Nada espera por usted" in page(signed(quality), "/documentos/?espera=1")
    assert "Quitar los filtros" in page(signed(quality), "/documentos/?q=nada")


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_asks_few_queries(
    make_document,
    published,
    draft,
    signed,
    quality,
    supervisor,
    count,
    django_assert_max_num_queries,
):
    for n in range(count):
        document = make_document(f"POL-{n:03}")
        if n % 3 == 0:
            published(document)
        else:
            version = draft(document)
            if n % 3 == 1:
                services.submit(version, approvers=[quality], by=supervisor)
    client = signed(quality)
    page(client, "/documentos/")
    with django_assert_max_num_queries(12):
        text = page(client, "/documentos/")
    assert text.count('class="row-link"') == count


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_is_exported_with_its_filters(make_document, published, signed, quality, kind):
    published(make_document("POL-01"))
    make_document("POL-02")
    answer = signed(quality).get(f"/documentos/exportar/?formato={kind}&estado=en-vigor")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    if kind == "csv":
        assert b"POL-01" in content
        assert b"POL-02" not in content
    else:
        assert content.startswith(b"PK")


# The card ------------------------------------------------------------------------------------


def test_a_card_tells_the_life_of_a_document(
    document, published, draft, signed, quality, supervisor, direction, agent
):
    published(document)
    published(document, on=today() + timedelta(days=4))
    version = services.submit(draft(document), approvers=[[quality, direction]], by=supervisor)
    Absence.objects.create(person=quality, substitute=agent, from_on=today(), to_on=today())
    services.approve(version, note="De acuerdo.", by=agent)
    text = page(signed(direction), "/documentos/POL-01/")
    for words in (
        "Versión 3, en revisión",
        "Luis Prado Rojas, en lugar de Clara Prado Rojas",
        "Le toca ahora",
        "De acuerdo.",
        "La versión 2 entra en vigor",
        "Aprobó Elena Prado Rojas",
        "Redactó Marta Prado Rojas",
        "Entró en vigor",
        REASON,
        "Leer y decidir",
        "Cancelarla",
    ):
        assert words in text, words
    assert text.count("btn-primary") == 1


def test_a_card_offers_what_its_person_may_do(
    document, draft, in_review, signed, supervisor, quality, direction, agent
):
    author = page(signed(supervisor), "/documentos/POL-01/")
    assert "Retomar el borrador" in author
    assert "Leer y decidir" not in author
    assert "emergencia" not in author
    first = page(signed(quality), "/documentos/POL-01/")
    assert "Leer y decidir" in first
    assert "Publicar de emergencia" in first
    later = page(signed(direction), "/documentos/POL-01/")
    assert "Leer y decidir" not in later
    assert "Le toca después" in later
    page(signed(agent), "/documentos/POL-01/", 404)


@pytest.mark.parametrize("versions", [3, 30])
def test_a_card_asks_few_queries(
    document, published, signed, quality, versions, django_assert_max_num_queries
):
    for _n in range(versions):
        published(document)
    client = signed(quality)
    page(client, "/documentos/POL-01/")
    with django_assert_max_num_queries(16):
        page(client, "/documentos/POL-01/")


def test_an_empty_card_says_what_to_do(document, signed, supervisor):
    assert "Todavía no tiene texto" in page(signed(supervisor), "/documentos/POL-01/")


def test_the_manual_and_other_rooms_say_where_a_document_is_read(
    press, signed, agent, document, published
):
    press.page("ATC-01.1")
    published(document)
    assert 'href="/manual/ATC-01.1/"' in page(signed(agent), "/documentos/ATC-01.1/")
    text = page(signed(agent), "/documentos/POL-01/versiones/1/")
    assert '<h2 id="apartado-1">Plazos</h2>' in text
    assert "Ir a la que está en vigor" not in text


# Sending to review ---------------------------------------------------------------------------


def sending(quality, **fields):
    return {
        "change": "first",
        "justification": REASON,
        "approver_1": str(quality.pk),
        "turn_1": "1",
        "wanted_on": "",
        "note": "Miren el plazo.",
    } | fields


def test_a_draft_is_sent_to_review_from_its_page(
    document, draft, signed, supervisor, quality, direction
):
    version = draft(document)
    client = signed(supervisor)
    form = page(client, "/documentos/POL-01/enviar/")
    assert str(quality) in form
    assert str(supervisor) not in re.sub(r"<header.*?</header>", "", form)
    data = sending(quality, approver_2=str(direction.pk), turn_2="2", asks_acknowledgement="on")
    answer = client.post("/documentos/POL-01/enviar/", data)
    assert answer["Location"] == "/documentos/POL-01/"
    version.refresh_from_db()
    assert (version.state, version.submission_note) == ("in_review", "Miren el plazo.")
    assert version.asks_acknowledgement
    assert [(r.order, r.person) for r in version.approvals.all()] == [(1, quality), (2, direction)]
    assert client.get("/documentos/POL-01/enviar/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"justification": "corto"}, "al menos 20 caracteres"),
        ({"justification": ""}, "Complete «"),
        ({"change": ""}, "Complete «"),
        ({"approver_1": ""}, "Elija al menos a una persona"),
        ({"approver_1": "999999"}, "opciones disponibles"),
        ({"wanted_on": "2001-01-01"}, "Esa fecha ya pasó"),
        ({"wanted_on": "mañana"}, "Escriba una fecha"),
    ],
)
def test_m6_what_is_wrong_in_a_submission_is_told_at_its_field(
    document, draft, signed, supervisor, quality, wrong, told
):
    version = draft(document)
    answer = signed(supervisor).post("/documentos/POL-01/enviar/", sending(quality, **wrong))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    (name,) = wrong
    assert answer.context["form"].errors.keys() == {name}
    version.refresh_from_db()
    assert version.state == "draft"


def test_the_same_people_are_proposed_again(document, draft, in_review, signed, supervisor):
    services.return_for_changes(in_review, note=NOTE, by=in_review.approvals.first().person)
    answer = signed(supervisor).get("/documentos/POL-01/enviar/")
    form = answer.context["form"]
    assert [form[f"turn_{n}"].value() for n in (1, 2)] == ["1", "2"]
    assert form["approver_2"].value()


# Reviews -------------------------------------------------------------------------------------


def test_a_reviewer_reads_comments_and_approves(in_review, signed, quality, direction, document):
    client = signed(quality)
    text = page(client, REVIEW)
    assert "Le toca decidir." in text
    assert '<h2 id="apartado-1">Plazos</h2>' in text
    base = "/documentos/POL-01/versiones/1/"
    client.post(f"{base}comentar/", {"part": "body", "quote": "Uno", "text": "¿Cuál?"})
    text = page(client, REVIEW)
    assert "«Uno»" in text
    assert "Hay 1 comentario sin resolver" in text
    seen = client.get(REVIEW).context["approving"]["seen"].value()
    for _twice in range(2):
        answer = client.post(
            f"{base}aprobar/",
            {"seen": seen, "effective_on": "", "envio": "4a3d2cf0-2f53-4d10-94aa-0a3f4d1d7f01"},
        )
        assert answer["Location"] == "/documentos/POL-01/"
    day = today() + timedelta(days=3)
    client = signed(direction)
    client.post(f"{base}aprobar/", {"seen": seen, "effective_on": day.isoformat()})
    in_review.refresh_from_db()
    assert (in_review.state, in_review.effective_on) == ("approved", day)
    assert client.get(REVIEW)["Location"] == f"{base}"
    assert "Entra en vigor el" in page(client, base)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"effective_on": "2001-01-01"}, "ya pasó"),
        ({"effective_on": ""}, "Complete «"),
        ({"effective_on": "x"}, "Escriba una fecha"),
        ({"seen": "0" * 64}, "El texto cambió desde que usted lo abrió"),
    ],
)
def test_what_is_wrong_in_an_approval_is_told_and_approves_nothing(
    draft, document, supervisor, quality, signed, wrong, told
):
    version = services.submit(draft(document), approvers=[quality], by=supervisor)
    data = {"seen": services.hash_of(version), "effective_on": today().isoformat()} | wrong
    answer = signed(quality).post("/documentos/POL-01/versiones/1/aprobar/", data)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    version.refresh_from_db()
    assert version.state == "in_review"


def test_m7_whoever_wrote_it_is_refused_by_address_too(draft, document, quality, signed):
    version = services.submit(draft(document, by=quality), by=quality)
    client = signed(quality)
    base = "/documentos/POL-01/versiones/1/"
    for path, data in (
        ("aprobar/", {"seen": "", "effective_on": today().isoformat()}),
        ("devolver/", {"note": NOTE}),
    ):
        assert client.post(f"{base}{path}", data).status_code == 403
    version.refresh_from_db()
    assert version.state == "in_review"
    assert "Quien redacta una versión no puede aprobarla" not in page(client, REVIEW)
    assert 'id="decidir"' not in page(client, REVIEW)


def test_m7_a_substitute_sees_for_whom_they_decide(in_review, signed, quality, agent):
    client = signed(agent)
    page(client, REVIEW, 404)
    Absence.objects.create(person=quality, substitute=agent, from_on=today(), to_on=today())
    assert "Le toca decidir en lugar de Clara Prado Rojas" in page(client, REVIEW)
    assert "Leer y decidir" in page(client, "/documentos/POL-01/")
    assert "POL-01" in page(client, "/documentos/?espera=1")
    seen = services.hash_of(in_review)
    client.post("/documentos/POL-01/versiones/1/aprobar/", {"seen": seen})
    assert in_review.approvals.get(person=quality).decided_by == agent


def test_asking_for_changes_from_the_page(in_review, signed, quality, supervisor):
    client = signed(quality)
    url = "/documentos/POL-01/versiones/1/devolver/"
    answer = client.post(url, {"note": "corto"})
    assert answer.status_code == 422
    assert "Diga qué debe cambiar" in answer.content.decode()
    assert client.post(url, {"note": NOTE})["Location"] == "/documentos/POL-01/"
    text = page(signed(supervisor), "/documentos/POL-01/")
    assert "Pidió cambios" in text
    assert NOTE in text


def test_the_changes_from_the_version_in_force_are_shown_with_their_signs(
    document, published, draft, signed, quality, supervisor
):
    published(document)
    services.submit(draft(document, "<p>Dos.</p>"), approvers=[quality], by=supervisor)
    text = page(signed(quality), "/documentos/POL-01/versiones/2/revision/?ver=cambios")
    assert "<ins>" in text
    assert "<del>" in text
    assert "Cambia el texto." in text


def test_a_procedure_in_review_is_shown_as_the_manual_will_show_it(
    press, signed, quality, supervisor, direction
):
    document = press.page("ATC-01.1", "Reclamo")
    version = services.start_version(
        document, title="Reclamo", body="<p>Nuevo.</p>", change="minor", justification=REASON,
        by=supervisor,
    )  # fmt: skip
    steps = [press.step("registrar"), press.step("avisar", "<p>Avise.</p>")]
    manual.write_procedure(version, purpose="Que se sepa.", steps=steps, by=supervisor)
    services.submit(version, approvers=[direction], by=supervisor)
    services.comment(version, part="step:avisar", text="¿A quién?", by=direction)
    client = signed(direction)
    base = "/documentos/ATC-01.1/versiones/2/revision/"
    text = page(client, base)
    assert "Nuevo en la versión 2" in text
    assert f'href="{base}?ver=cambios#paso-2"' in text
    assert 'href="#pasaje-step-avisar"' in text
    assert 'id="pasaje-step-avisar"' in text
    assert "Paso 2: Avisar" in text
    assert "Paso añadido" in page(client, f"{base}?ver=cambios")
    # Readers go on with what is in force, and nothing of the draft was kept.
    assert "Avise." not in page(client, "/manual/ATC-01.1/")


def test_remarks_are_answered_resolved_and_taken_up_from_the_page(
    in_review, signed, quality, supervisor, agent
):
    remark = services.comment(in_review, text="¿Cuál?", by=quality)
    base = f"/documentos/POL-01/versiones/1/comentarios/{remark.pk}/"
    client = signed(supervisor)
    assert "¿Cuál?" in page(client, base)
    assert client.post(base, {"text": ""}).status_code == 422
    client.post(base, {"text": "El primero."})
    assert "El primero." in page(client, REVIEW)
    client.post(f"{base}resolver/")
    assert "resuelto por Marta" in page(client, REVIEW)
    client.post(f"{base}abrir/")
    remark.refresh_from_db()
    assert remark.resolved_at is None
    assert client.get("/documentos/POL-01/versiones/1/comentarios/99999/").status_code == 404
    for path in ("", "resolver/", "abrir/"):
        assert signed(agent).post(f"{base}{path}", {"text": "x"}).status_code == 404


def test_a_remark_without_words_or_passage_is_told_at_its_field(in_review, signed, quality):
    client = signed(quality)
    url = "/documentos/POL-01/versiones/1/comentar/"
    for data in ({"part": "body", "text": ""}, {"part": "step:nada", "text": "x"}):
        assert client.post(url, data).status_code == 422
    assert not in_review.comments.exists()


def test_the_author_takes_a_version_back(in_review, signed, supervisor):
    client = signed(supervisor)
    answer = client.post("/documentos/POL-01/versiones/1/retomar/")
    assert answer["Location"] == "/documentos/POL-01/"
    assert "Borrador de la versión 1" in page(client, "/documentos/POL-01/")
    assert client.post("/documentos/POL-01/versiones/1/retomar/").status_code == 409


@pytest.mark.parametrize("remarks", [3, 30])
def test_a_review_asks_few_queries(
    in_review, signed, quality, supervisor, remarks, django_assert_max_num_queries
):
    for n in range(remarks):
        remark = services.comment(in_review, text=f"Comentario {n}", by=quality)
        services.comment(in_review, text="Respuesta", answers=remark, by=supervisor)
    client = signed(quality)
    page(client, REVIEW)
    with django_assert_max_num_queries(20):
        page(client, REVIEW)


# Emergencies and endings ---------------------------------------------------------------------


def test_m7_an_emergency_from_the_page_is_marked_and_ratified(
    document, draft, signed, quality, direction, agent
):
    draft(document)
    client = signed(quality)
    url = "/documentos/POL-01/versiones/1/emergencia/"
    assert "sin que nadie la apruebe antes" in page(client, url)
    answer = client.post(url, {"reason": "urge"})
    assert answer.status_code == 422
    assert "al menos 20 caracteres" in answer.content.decode()
    assert client.post(url, {"reason": URGENT})["Location"] == "/documentos/POL-01/"
    for path in ("/documentos/POL-01/", "/documentos/POL-01/versiones/1/"):
        text = page(signed(agent), path)
        assert "Publicada de emergencia, sin aprobación previa." in text
        assert "Ratificarla" not in text
    ratify = "/documentos/POL-01/versiones/1/ratificar/"
    other = signed(direction)
    assert ratify in page(other, "/documentos/POL-01/")
    assert "POL-01" in page(other, "/documentos/?estado=emergencia")
    assert URGENT in page(other, ratify)
    assert client.post(ratify).status_code == 422  # who published it
    assert other.post(ratify)["Location"] == "/documentos/POL-01/"
    assert "La ratificó Elena" in page(client, "/documentos/POL-01/versiones/1/")


def test_m9_a_scheduled_version_is_cancelled_from_the_page(document, published, signed, direction):
    published(document)
    published(document, on=today() + timedelta(days=3))
    client = signed(direction)
    url = "/documentos/POL-01/versiones/2/cancelar/"
    assert "debía entrar en vigor" in page(client, url)
    assert client.post(url, {"reason": "no"}).status_code == 422
    assert client.post(url, {"reason": REASON})["Location"] == "/documentos/POL-01/"
    assert "Cancelada antes de regir" in page(client, "/documentos/POL-01/")
    assert "Se canceló antes de entrar en vigor" in page(client, "/documentos/POL-01/versiones/2/")


def test_a_document_is_retired_from_its_page(make_document, published, signed, quality, press):
    document = press.page("ATC-01.1")
    other = make_document("POL-02")
    published(other)
    client = signed(quality)
    url = "/documentos/ATC-01.1/retirar/"
    assert "Sale del manual y de la búsqueda" in page(client, url)
    assert client.post(url, {"reason": "no"}).status_code == 422
    assert client.post(url, {"reason": REASON, "replaced_by": "NADA"}).status_code == 422
    answer = client.post(url, {"reason": REASON, "replaced_by": "POL-02"})
    assert answer["Location"] == "/documentos/ATC-01.1/"
    text = page(client, "/documentos/ATC-01.1/")
    assert "Lo reemplaza POL-02" in text
    assert "La retiró Clara" in text
    page(client, "/manual/ATC-01.1/", 404)
    assert "Registrar" in page(client, "/documentos/ATC-01.1/versiones/1/")
    assert "ATC-01.1" not in page(client, "/manual/")
    found = client.get("/buscar/?q=ATC-01.1").content.decode()
    assert "/manual/ATC-01.1/" not in found
    document.refresh_from_db()
    assert document.retired_on == today()


# Home ----------------------------------------------------------------------------------------


def titles(person):
    return [task.title for tasks in home_tasks.values() for task in tasks(person)]


def test_home_says_what_waits(in_review, document, signed, quality, direction, supervisor, agent):
    assert "Aprobar POL-01, Política de plazos (versión 1)" in titles(quality)
    assert titles(direction) == []
    Absence.objects.create(person=quality, substitute=agent, from_on=today(), to_on=today())
    assert titles(agent) == ["Aprobar POL-01, Política de plazos (versión 1)"]
    services.return_for_changes(in_review, note=NOTE, by=quality)
    assert titles(quality) == titles(agent) == []
    assert titles(supervisor) == ["Corregir POL-01, Política de plazos (versión 1)"]
    services.publish_emergency(in_review, reason=URGENT, by=quality)
    assert "Ratificar POL-01, Política de plazos (versión 1)" in titles(direction)


def test_m5_a_draft_changes_nothing_that_readers_see(document, published, draft, signed, agent):
    published(document)
    client, url = signed(agent), "/documentos/POL-01/versiones/1/"
    before = page(client, url).partition("<main")[2]
    draft(document, "<p>Dos.</p>")
    assert page(client, url).partition("<main")[2] == before
    assert "Borrador de la versión" not in page(signed(agent), "/documentos/POL-01/")
    page(signed(agent), "/documentos/POL-01/versiones/2/", 404)
    page(signed(agent), "/documentos/POL-01/versiones/2/revision/", 404)
