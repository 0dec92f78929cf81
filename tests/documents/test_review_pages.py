"""Pages of reviews: calendar, list, export, one document's review, rules (M13, M14)."""

import io
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Absence, Unit
from apps.core.access import Level
from apps.documents.models import Document, KindRules, Review, Version
from apps.notifications.models import Notice

pytestmark = pytest.mark.django_db
FINE = "Se leyó entera y coincide con lo que se hace."
REASON = "La persona anterior cambió de área este mes."


@pytest.fixture(autouse=True)
def mid_month(time_machine):
    """A Tuesday with days of the same month on both sides."""
    time_machine.move_to(datetime(2026, 11, 17, 15, tzinfo=UTC))


def today():
    return timezone.localdate()


def text(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def month_table(html):
    return html[html.index('<table class="month"') : html.index("</table>")]


# Calendar ----------------------------------------------------------------------------------------


def test_m14_the_month_shows_what_is_due_on_each_day(publish, agent, signed):
    publish("POL-1", due_in=2, title="Trato al cliente")
    publish("POL-2", due_in=-3, title="Atrasada")
    publish("POL-3", due_in=40, title="Otro mes")
    html = text(signed(agent), reverse("reviews:calendar"))
    assert "Noviembre de 2026" in html
    assert "2 revisiones" in html
    assert "1 revisión está atrasada." in html
    table = month_table(html)
    assert table.count("<tr") == 7  # head and the weeks from 26 October to 6 December
    cell = table[table.index('datetime="2026-11-19"') :]
    assert cell.index("POL-1") < cell.index("</td>")
    assert 'class="late"' in table[table.index('datetime="2026-11-14"') :][:600]
    assert "POL-3" not in table
    assert "hoy" in table[table.index('datetime="2026-11-17"') :][:120]


def test_m14_one_goes_from_month_to_month(publish, agent, signed):
    publish("POL-3", due_in=40)
    client = signed(agent)
    url = reverse("reviews:calendar")
    html = text(client, url)
    assert "?mes=2026-10" in html
    assert "Este mes</a>" not in html
    december = text(client, f"{url}?mes=2026-12")
    assert "Diciembre de 2026" in december
    assert "POL-3" in december
    assert "?mes=2027-01" in december
    assert "Este mes</a>" in december


@pytest.mark.parametrize(
    "month", ["", "nada", "2026-13", "0000-00", "99999-1", "-1-1", "2026-1-1", "%00", "2101-01"]
)
def test_a_month_that_is_none_shows_the_present_one(agent, signed, month):
    answer = signed(agent).get(f"{reverse('reviews:calendar')}?mes={month}")
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert "Noviembre de 2026" in answer.content.decode()


def test_the_calendar_ends_somewhere(agent, signed):
    client = signed(agent)
    first = text(client, f"{reverse('reviews:calendar')}?mes=2000-01")
    assert "Mes anterior" not in first
    last = text(client, f"{reverse('reviews:calendar')}?mes=2100-12")
    assert "Mes siguiente" not in last


def test_m14_a_day_with_many_says_how_many_more(publish, agent, signed):
    for number in range(7):
        publish(f"POL-{number}", due_in=2)
    html = text(signed(agent), reverse("reviews:calendar"))
    assert "y 3 más" in html
    listed = signed(agent).get(f"{reverse('reviews:list')}?dia={today() + timedelta(days=2)}")
    assert len(listed.context["page"].rows) == 7


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"POL-1", "PRO-1", "POL-2"}),
        ("unidad=ATC", {"POL-1", "PRO-1"}),
        ("unidad=DIR", {"POL-2"}),
        ("clase=protocol", {"PRO-1"}),
        ("mias=1", {"PRO-1"}),
        ("clase=novela&unidad=NADA&revisa=x", {"POL-1", "PRO-1", "POL-2"}),
        ("q=reservas", {"POL-2"}),
        ("cuando=vencidas", {"POL-2"}),
        ("cuando=pronto", {"POL-1"}),
        ("cuando=despues", {"PRO-1"}),
        ("dia=ayer", {"POL-1", "PRO-1", "POL-2"}),
    ],
)
def test_m14_reviews_are_filtered(publish, agent, signed, other_unit, query, expected):
    above = Unit.objects.create(code="DIR", name="Dirección")
    other_unit.parent = above
    other_unit.save()
    publish("POL-1", due_in=3)
    publish("PRO-1", due_in=50, kind="protocol", owner=agent)
    publish("POL-2", due_in=-3, unit=other_unit, title="Reservas")
    answer = signed(agent).get(f"{reverse('reviews:list')}?{query}")
    assert {row.code for row in answer.context["page"].rows} == expected
    if "cuando" not in query and "q=" not in query:
        months = set()
        for month in ("2026-11", "2027-01"):
            html = text(signed(agent), f"{reverse('reviews:calendar')}?{query}&mes={month}")
            months |= {code for code in ("POL-1", "PRO-1", "POL-2") if code in month_table(html)}
        assert months == expected


def test_m14_filtered_by_who_reviews_counts_who_stands_in(
    publish, agent, supervisor, quality, signed
):
    document = publish("POL-1", due_in=3)
    document.reviewer = quality
    document.save()
    publish("POL-2", due_in=4)
    Absence.objects.create(person=quality, substitute=agent, from_on=today(), to_on=today())
    client = signed(agent)

    def codes(query):
        return {
            r.code
            for r in client.get(f"/documentos/revisiones/lista/?{query}").context["page"].rows
        }

    assert codes(f"revisa={quality.pk}") == codes("mias=1") == {"POL-1"}
    assert codes(f"revisa={supervisor.pk}") == {"POL-2"}
    html = text(client, "/documentos/revisiones/lista/?mias=1")
    assert "le reemplaza Luis" in html


def test_m14_what_one_may_not_read_is_not_in_the_calendar(publish, agent, signed, quality):
    publish("POL-1", due_in=3, classification=Level.CONFIDENTIAL, title="Secreta")
    for url in ("reviews:calendar", "reviews:list"):
        assert "Secreta" not in text(signed(agent), reverse(url))
        assert "Secreta" in text(signed(quality), reverse(url))


def test_an_empty_calendar_says_what_to_do(agent, signed):
    assert "Este mes no toca revisar nada" in text(signed(agent), reverse("reviews:calendar"))
    assert "Quitar los filtros" in text(signed(agent), f"{reverse('reviews:list')}?q=nada")


def test_the_list_goes_on_by_pages(publish, agent, signed):
    for number in range(32):
        publish(f"POL-{number}", due_in=number)
    client = signed(agent)
    first = client.get(reverse("reviews:list"))
    assert len(first.context["page"].rows) == 30
    second = client.get(reverse("reviews:list") + first.context["page"].next_url)
    assert [row.code for row in second.context["page"].rows] == ["POL-30", "POL-31"]


def many(supervisor, quality, unit, count):
    documents = Document.objects.bulk_create(
        Document(
            kind="policy",
            code=f"M-{number}",
            title=f"Documento {number}",
            owner=(supervisor, quality)[number % 2],
            unit=unit,
            next_review_on=today() + timedelta(days=number % 60 - 20),
        )
        for number in range(count)
    )
    versions = Version.objects.bulk_create(
        Version(
            document=document, number=1, state="in_force", title=document.title, change="first",
            author=supervisor, approver=quality, approved_at=timezone.now(),
            effective_on=today(), content_hash="0" * 64,
        )
        for document in documents
    )  # fmt: skip
    for document, version in zip(documents, versions, strict=True):
        document.current = version
    Document.objects.bulk_update(documents, ["current"], batch_size=500)


@pytest.mark.parametrize("count", [3, 30, 2000])
def test_m14_the_calendar_costs_at_most_10_queries_whatever_there_is(
    supervisor, quality, unit, agent, signed, django_assert_max_num_queries, count
):
    many(supervisor, quality, unit, count)
    client = signed(agent)
    for url in (reverse("reviews:calendar"), reverse("reviews:list")):
        for query in ("", "?unidad=ATC&clase=policy&mias=1"):
            client.get(url + query)
            with django_assert_max_num_queries(10):
                client.get(url + query)


# Export ------------------------------------------------------------------------------------------


def test_m14_s35_the_export_holds_what_the_list_shows(publish, signed, direction):
    publish("POL-1", due_in=-3, title="=HYPERLINK()")
    publish("POL-2", due_in=40)
    client = signed(direction)
    answer = client.get("/documentos/revisiones/exportar/?formato=csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Código;Título;Clase;Unidad;Responsable;La revisa;Próxima revisión")
    assert "'=HYPERLINK" in lines[1]
    assert lines[1].endswith(";3")
    assert len(lines) == 3
    answer = client.get("/documentos/revisiones/exportar/?formato=xlsx&mes=2026-12")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [row[0].value for row in sheet] == ["Código", "POL-2"]


def test_the_export_asks_who_you_are_and_needs_its_permission(publish, agent, quality, signed):
    assert signed(agent).get("/documentos/revisiones/exportar/").status_code == 403
    assert "Exportar" not in text(signed(agent), reverse("reviews:list"))
    client = Client()
    client.force_login(quality)
    assert client.get("/documentos/revisiones/exportar/").status_code == 302


# One document ------------------------------------------------------------------------------------


def of(code, name="review"):
    return reverse(f"reviews:{name}", args=[code])


def test_m13_a_review_is_concluded_on_its_page(publish, supervisor, signed):
    document = publish("POL-1", due_in=-3)
    client = signed(supervisor)
    html = text(client, of("POL-1"))
    assert "Atrasada" in html
    assert of("POL-1", "conclude") in html
    form = client.get(of("POL-1", "conclude")).context["form"]
    data = {
        "outcome": "no_change",
        "conclusion": FINE,
        "version": 1,
        "due_on": document.next_review_on.isoformat(),
        "envio": str(form["envio"].value()),
    }
    for _twice in range(2):  # a double click concludes it once
        answer = client.post(of("POL-1", "conclude"), data)
        assert answer.url == of("POL-1")
    assert Review.objects.count() == 1
    html = text(client, of("POL-1"))
    assert FINE in html
    assert "Sigue siendo correcto" in html
    assert "Atrasada" not in html


def test_m13_needing_changes_leads_to_a_draft(publish, supervisor, signed):
    document = publish("POL-1", due_in=-3)
    client = signed(supervisor)
    data = {
        "outcome": "change",
        "conclusion": FINE,
        "next_review_on": "2027-05-05",
        "version": 1,
        "due_on": document.next_review_on.isoformat(),
    }
    answer = client.post(of("POL-1", "conclude"), data)
    assert answer.url == f"{of('POL-1')}#cambios"
    html = text(client, of("POL-1"))
    assert 'id="cambios"' in html
    assert "Sigue pendiente hasta que entre en vigor otra versión." in html
    assert "Atrasada" in html


def test_m13_who_writes_goes_on_from_there_to_the_draft(press, supervisor, agent, signed):
    document = press.page("ATC-01.1", days_ago=400)
    document.reviewer = agent
    document.save()
    data = {
        "outcome": "change",
        "conclusion": FINE,
        "version": 1,
        "due_on": document.next_review_on.isoformat(),
    }
    assert signed(agent).post(of("ATC-01.1", "conclude"), data).status_code == 302
    assert "Escribir la versión nueva" not in text(signed(agent), of("ATC-01.1"))
    html = text(signed(supervisor), of("ATC-01.1"))
    assert "Escribir la versión nueva" in html
    assert "/manual/ATC-01.1/borrador/" in html


def test_m13_bad_input_is_told_and_changes_nothing(publish, supervisor, signed):
    document = publish("POL-1", due_in=-3)
    client = signed(supervisor)
    base = {"version": 1, "due_on": document.next_review_on.isoformat()}
    for data in (
        {},
        {"outcome": "no_change", "conclusion": "Corta."},
        {"outcome": "otra", "conclusion": FINE},
        {"outcome": "no_change", "conclusion": FINE, "next_review_on": "2026-11-17"},
        {"outcome": "no_change", "conclusion": FINE, "next_review_on": "mañana"},
        {"outcome": "no_change", "conclusion": FINE, "version": 9},
        {"outcome": "no_change", "conclusion": FINE, "due_on": "2020-01-01"},
        {"outcome": "no_change", "conclusion": "x" * 5000},
    ):
        answer = client.post(of("POL-1", "conclude"), base | data)
        assert answer.status_code == 422
        assert "No se puede continuar" in answer.content.decode() or (
            "dato para continuar" in answer.content.decode()
            or "datos para continuar" in answer.content.decode()
        )
    assert Review.objects.count() == 0


def test_m13_concluding_does_not_exist_for_others(publish, agent, signed):
    publish("POL-1", due_in=-3)
    client = signed(agent)
    assert of("POL-1", "conclude") not in text(client, of("POL-1"))
    assert client.get(of("POL-1", "conclude")).status_code == 404
    assert client.post(of("POL-1", "conclude"), {}).status_code == 404


def test_a_review_of_what_one_may_not_read_does_not_exist(publish, agent, quality, signed):
    publish("POL-1", due_in=-3, classification=Level.CONFIDENTIAL)
    assert signed(agent).get(of("POL-1")).status_code == 404
    for name in ("review", "conclude", "reviewer", "date"):
        assert signed(quality).get(of("POL-1", name)).status_code == 200
        assert signed(quality).get(of("NADA", name)).status_code == 404


def test_a_document_not_in_force_or_retired_has_no_review_to_conclude(
    publish, quality, unit, signed
):
    from apps.documents import services

    services.open_document(
        kind="policy", code="POL-9", title="Nueva", owner=quality, unit=unit, by=quality
    )
    retired = publish("POL-1", due_in=-3)
    retired.retired_on = today()
    retired.save()
    client = signed(quality)
    assert "Cuando entre en vigor" in text(client, of("POL-9"))
    assert "Retirado el" in text(client, of("POL-1"))
    for code in ("POL-1", "POL-9"):
        assert client.get(of(code, "conclude")).status_code == 404


def test_quality_changes_who_and_when_and_the_page_tells_why(publish, agent, quality, signed):
    publish("POL-1", due_in=30)
    client = signed(quality)
    client.post(of("POL-1", "reviewer"), {"reviewer": agent.pk, "reason": REASON})
    client.post(of("POL-1", "date"), {"on": "2026-12-01", "reason": REASON})
    html = text(client, of("POL-1"))
    assert html.count(REASON) == 2
    assert str(agent) in html
    assert "2026-12-01" in html
    assert Notice.objects.filter(person=agent).count() == 1
    for name, data in (
        ("reviewer", {"reviewer": agent.pk, "reason": "Corta"}),
        ("reviewer", {"reviewer": 999999, "reason": REASON}),
        ("date", {"on": "2026-11-17", "reason": REASON}),
        ("date", {"on": "9999-12-31", "reason": REASON}),
        ("date", {"on": "", "reason": REASON}),
    ):
        assert client.post(of("POL-1", name), data).status_code == 422


def test_the_page_says_who_stands_in_and_that_heads_were_told(
    publish, supervisor, agent, quality, signed
):
    from apps.documents import services

    publish("POL-1", due_in=-20)
    services.escalate_reviews(timezone.now())
    Absence.objects.create(person=supervisor, substitute=agent, from_on=today(), to_on=today())
    html = text(signed(agent), of("POL-1"))
    assert "Hoy le reemplaza Luis" in html
    assert "Avisada el" in html
    assert of("POL-1", "conclude") in html
    supervisor.is_active = False
    supervisor.save()
    assert "Sin nadie a cargo" in text(signed(agent), of("POL-1"))
    assert "Sin nadie a cargo" in text(signed(agent), reverse("reviews:list"))


@pytest.mark.parametrize("rows", [3, 30])
def test_a_review_costs_the_same_after_3_or_30_reviews(
    publish, supervisor, signed, django_assert_max_num_queries, rows
):
    document = publish("POL-1", due_in=3)
    for _number in range(rows):
        Review.objects.create(
            document=document, version=document.current, due_on=today(), outcome="no_change",
            conclusion=FINE, reviewed_by=supervisor, next_review_on=today(),
        )  # fmt: skip
    client = signed(supervisor)
    client.get(of("POL-1"))
    with django_assert_max_num_queries(9):
        client.get(of("POL-1"))


def test_m13_the_reading_page_names_the_reviewer_and_leads_to_the_review(
    press, agent, quality, signed
):
    document = press.page("ATC-01.1", days_ago=400)
    html = text(signed(agent), "/manual/ATC-01.1/")
    assert "Debe revisarlo: Supervisión de atención." in html
    assert of("ATC-01.1") in html
    document.reviewer = quality
    document.save()
    assert "Debe revisarlo: Analista de calidad." in text(signed(agent), "/manual/ATC-01.1/")
    quality.holdings.all().delete()
    assert f"Debe revisarlo: {quality}." in text(signed(agent), "/manual/ATC-01.1/")


# Rules -------------------------------------------------------------------------------------------


def test_rules_are_seen_and_changed_by_those_who_govern(quality, signed):
    client = signed(quality)
    assert "Procedimiento" in text(client, reverse("reviews:rules"))
    url = reverse("reviews:kind-rules", args=["policy"])
    form = client.get(url).context["form"]
    data = {
        "review_months": 6,
        "acknowledgement_days": 10,
        "escalation_days": 5,
        "expected": form["expected"].value(),
    }
    assert client.post(url, data).url == reverse("reviews:rules")
    assert KindRules.objects.get(kind="policy").review_months == 6
    stale = client.post(url, data | {"review_months": 9})
    assert stale.status_code == 422
    assert "Lo que usted escribió" in stale.content.decode()
    assert client.post(url, data | {"review_months": 40}).status_code == 422
    assert client.get(reverse("reviews:kind-rules", args=["novela"])).status_code == 404
    KindRules.objects.all().delete()
    assert client.post(url, data | {"expected": ""}).status_code == 302


# Home --------------------------------------------------------------------------------------------


def test_home_tells_reviewer_and_substitute_what_waits(publish, supervisor, agent, quality, signed):
    document = publish("POL-1", due_in=3)
    document.reviewer = agent
    document.save()
    publish("POL-2", due_in=60, owner=agent)
    home = reverse("portal:home")
    assert "Revisar POL-1" in text(signed(agent), home)
    assert "Revisar POL-2" not in text(signed(agent), home)
    assert "Revisar POL-1" not in text(signed(supervisor), home)
    Absence.objects.create(person=agent, substitute=quality, from_on=today(), to_on=today())
    assert "Usted reemplaza a quien la revisa." in text(signed(quality), home)
