"""The register of regulations: what is affected, what was adapted, what is not (1.5.3, 4.5.2)."""

import io
from datetime import date, timedelta

import openpyxl
import pytest
from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Absence
from apps.core.access import Level
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents import services
from apps.documents.models import Impact, Regulation
from apps.documents.regulations import statement_for
from apps.documents.services import Affected
from apps.notifications.models import Notice

pytestmark = pytest.mark.django_db
WHY = "No trata datos de personas en ningún paso."
REVIEWED = "Se leyó entera y coincide con lo que se hace."


def today():
    return timezone.localdate()


def in_days(days):
    return today() + timedelta(days=days)


def fields(**more):
    return {
        "code": "Ley 1581 de 2012",
        "title": "Protección de datos personales",
        "jurisdiction": "Colombia",
        "effective_on": in_days(60),
        "summary": "Pide autorización expresa.",
    } | more


def register(by, *documents, weight="high", **more) -> Regulation:
    affects = [Affected(document, weight, "Pedir autorización.") for document in documents]
    return services.register_regulation(**fields(**more), affects=affects, by=by)


def new_version(document, quality, supervisor, on=None):
    number = document.versions.count() + 1
    return services.record_published(
        document,
        number=number,
        title=document.title,
        body=f"<p>Versión {number}.</p>",
        change="minor",
        justification="Se adapta a la ley de protección de datos.",
        author=supervisor,
        approver=quality,
        approved_at=timezone.now(),
        effective_on=on or today(),
        by=quality,
    )


# Registering -------------------------------------------------------------------------------------


def test_r153_registering_a_norm_opens_the_review_of_each_document_it_affects(
    publish, quality, supervisor, agent
):
    near, far = publish("POL-1", due_in=20), publish("POL-2", due_in=200, owner=agent)
    norm = register(quality, near, far)
    near.refresh_from_db()
    far.refresh_from_db()
    assert near.next_review_on == in_days(20)
    assert far.next_review_on == norm.effective_on
    assert norm.impacts.pending().count() == 2
    notice = Notice.objects.get(person=agent, kind="regulation_review")
    assert notice.title == "Ley 1581 de 2012 afecta POL-2, Política POL-2: revíselo"
    assert Notice.objects.filter(person=supervisor).count() == 1


def test_a_norm_that_already_rules_makes_the_review_due_today(publish, quality):
    document = publish("POL-1", due_in=200)
    register(quality, document, effective_on=in_days(-30))
    document.refresh_from_db()
    assert document.next_review_on == today()


def test_the_substitute_is_told_if_they_can_read_it(publish, quality, agent, supervisor):
    publish("POL-0")
    Absence.objects.create(person=supervisor, substitute=agent, from_on=today(), to_on=today())
    register(quality, publish("POL-1"), code="Ley 1")
    assert Notice.objects.filter(person=agent).count() == 1
    secret = publish("POL-2", classification=Level.CONFIDENTIAL)
    register(quality, secret, code="Ley 2")
    assert Notice.objects.filter(person=agent).count() == 1
    assert Notice.objects.filter(person=supervisor, key__endswith=f":{secret.pk}").exists()


def test_a_norm_may_affect_what_is_not_in_force_yet_or_nothing(quality, unit):
    draft = services.open_document(
        kind="policy", code="POL-9", title="Nueva", owner=quality, unit=unit, by=quality
    )
    register(quality, draft)
    draft.refresh_from_db()
    assert draft.next_review_on is None
    assert register(quality, code="Ley 2").impacts.count() == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "LEY 1581  de 2012"}, "code"),
        ({"code": "Otra", "published_on": date(2030, 1, 2), "effective_on": date(2030, 1, 1)},
         "effective_on"),
        ({"code": "Otra", "effective_on": date(1799, 12, 31)}, "effective_on"),
        ({"code": "Otra", "effective_on": date(9999, 1, 1)}, "effective_on"),
        ({"code": "Otra", "published_on": date(2, 1, 1)}, "published_on"),
    ],
)  # fmt: skip
def test_bad_dates_and_repeated_codes_are_refused(quality, wrong, field):
    register(quality)
    with pytest.raises(RuleBroken) as broken:
        register(quality, **wrong)
    assert field in broken.value.message_dict
    assert Regulation.objects.count() == 1


def test_the_database_refuses_them_too(quality):
    norm = register(quality)
    with pytest.raises(IntegrityError), transaction.atomic():
        Regulation.objects.create(**fields(code="ley 1581 DE 2012"), registered_by=quality)
    norm.published_on = norm.effective_on + timedelta(days=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        norm.save()


def test_dates_at_the_edge_are_taken(quality):
    register(quality, published_on=in_days(60))
    register(quality, code="Constitución", effective_on=date(1800, 1, 1))
    register(quality, code="Futura", effective_on=today() + relativedelta(years=20))


def test_a_document_is_affected_once(publish, quality):
    document = publish("POL-1")
    with pytest.raises(RuleBroken):
        register(quality, document, document)
    norm = register(quality, document)
    with pytest.raises(RuleBroken):
        services.add_impacts(norm, [Affected(document, "low")], by=quality)
    assert Impact.objects.count() == 1


def test_only_those_who_keep_the_register_write_in_it(
    publish, quality, supervisor, direction, agent
):
    document = publish("POL-1")
    norm = register(quality, document)
    impact = norm.impacts.get()
    for person in (supervisor, direction, agent):
        with pytest.raises(PermissionDenied):
            register(person, code="Otra")
        with pytest.raises(PermissionDenied):
            services.edit_regulation(norm, **fields(), by=person)
        with pytest.raises(PermissionDenied):
            services.add_impacts(norm, [], by=person)
        with pytest.raises(PermissionDenied):
            services.remove_impact(impact, by=person)
        with pytest.raises(PermissionDenied):
            services.decide_impact(impact, state="unaffected", decision=WHY, by=person)


def test_a_document_out_of_sight_cannot_be_named(publish, quality):
    secret = publish("POL-1", classification=Level.RESERVED)
    with pytest.raises(RuleBroken):
        register(quality, secret)


def test_a_norm_that_takes_effect_earlier_brings_reviews_forward(publish, quality):
    document = publish("POL-1", due_in=200)
    norm = register(quality, document)
    services.edit_regulation(norm, **fields(effective_on=in_days(10)), by=quality)
    document.refresh_from_db()
    assert document.next_review_on == in_days(10)
    services.edit_regulation(norm, **fields(effective_on=in_days(90)), by=quality)
    document.refresh_from_db()
    assert document.next_review_on == in_days(10)
    with pytest.raises(StaleEdit):
        services.edit_regulation(norm, **fields(), expected="otro", by=quality)


# Deciding ----------------------------------------------------------------------------------------


def test_r452_adapted_needs_a_version_in_force_since_the_norm_was_registered(
    publish, quality, supervisor
):
    document, other = publish("POL-1"), publish("POL-2")
    impact = register(quality, document).impacts.get()
    former, elsewhere = document.current, new_version(other, quality, supervisor)
    for version in (None, former, elsewhere):
        with pytest.raises(RuleBroken) as broken:
            services.decide_impact(impact, state="adapted", version=version, by=quality)
        assert "version" in broken.value.message_dict
    coming = new_version(document, quality, supervisor, on=in_days(5))
    with pytest.raises(RuleBroken):
        services.decide_impact(impact, state="adapted", version=coming, by=quality)


def test_r452_adapted_with_its_version(publish, quality, supervisor):
    document = publish("POL-1")
    impact = register(quality, document).impacts.get()
    version = new_version(document, quality, supervisor)
    impact = services.decide_impact(impact, state="adapted", version=version, by=quality)
    assert (impact.version, impact.decided_by) == (version, quality)
    assert statement_for(quality, today()).impacts == 0


def test_r452_a_version_of_the_day_before_does_not_adapt(
    publish, quality, supervisor, time_machine
):
    document = publish("POL-1")
    before = new_version(document, quality, supervisor)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    impact = register(quality, document).impacts.get()
    with pytest.raises(RuleBroken):
        services.decide_impact(impact, state="adapted", version=before, by=quality)


def test_unaffected_says_why(publish, quality):
    impact = register(quality, publish("POL-1")).impacts.get()
    with pytest.raises(RuleBroken) as broken:
        services.decide_impact(impact, state="unaffected", decision="x" * 19, by=quality)
    assert "decision" in broken.value.message_dict
    impact = services.decide_impact(impact, state="unaffected", decision=WHY, by=quality)
    assert impact.decision == WHY


def test_a_decision_can_be_taken_back_with_a_reason_and_asks_again(publish, quality):
    document = publish("POL-1", due_in=300)
    impact = register(quality, document).impacts.get()
    with pytest.raises(RuleBroken):
        services.decide_impact(impact, state="pending", decision=WHY, by=quality)
    services.decide_impact(impact, state="unaffected", decision=WHY, by=quality)
    with pytest.raises(RuleBroken):
        services.remove_impact(impact, by=quality)
    document.refresh_from_db()
    document.next_review_on = in_days(300)
    document.save()
    with pytest.raises(RuleBroken):
        services.decide_impact(impact, state="pending", decision="", by=quality)
    services.decide_impact(impact, state="pending", decision=WHY, by=quality)
    document.refresh_from_db()
    assert document.next_review_on == in_days(60)
    services.remove_impact(impact, by=quality)
    assert Impact.objects.count() == 0


def test_a_review_does_not_outlast_a_norm_that_is_not_adapted(publish, quality, supervisor):
    document = publish("POL-1", due_in=5)
    register(quality, document)

    def conclude(**more):
        return services.conclude_review(
            document, outcome="no_change", conclusion=REVIEWED, by=supervisor, **more
        )

    with pytest.raises(RuleBroken) as broken:
        conclude(next_review_on=in_days(61))
    assert "next_review_on" in broken.value.message_dict
    assert conclude().next_review_on == in_days(60)
    services.decide_impact(Impact.objects.get(), state="unaffected", decision=WHY, by=quality)
    assert conclude().next_review_on > in_days(300)


def test_a_new_version_is_reviewed_before_a_norm_it_is_not_adapted_to(publish, quality, supervisor):
    document = publish("POL-1", due_in=5)
    register(quality, document)
    new_version(document, quality, supervisor)
    document.refresh_from_db()
    assert document.next_review_on == in_days(60)


def test_r153_the_statement_counts_what_is_not_adapted(publish, quality, agent):
    one, two = publish("POL-1"), publish("POL-2")
    secret = publish("POL-3", classification=Level.CONFIDENTIAL)
    register(quality, one, two, secret)
    register(quality, one, code="Decreto 7", effective_on=in_days(-3))
    said = statement_for(quality, today())
    assert (said.impacts, said.documents, said.regulations) == (4, 3, 2)
    assert (said.late, said.late_regulations) == (1, 1)
    assert statement_for(agent, today()).documents == 2
    assert statement_for(quality, in_days(60)).late == 4
    one.retired_on = today()
    one.save()
    assert statement_for(quality, today()).impacts == 2


# Pages -------------------------------------------------------------------------------------------


def text(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status
    return answer.content.decode()


LIST = "/documentos/normas/"
WAITING = "/documentos/normas/sin-adaptar/"


def test_the_register_says_what_is_not_adapted(publish, quality, agent, signed):
    empty = text(signed(agent), LIST)
    assert "Todavía no hay normas registradas" in empty
    assert "no queda ningún documento por adaptar" in empty
    assert "Registrar una norma" not in empty
    register(quality, publish("POL-1"), publish("POL-2"))
    register(quality, code="Decreto 7", effective_on=in_days(-3))
    html = text(signed(quality), LIST)
    assert "quedan 2 documentos por adaptar a 1 norma." in html
    assert "Ninguna rige todavía." in html
    assert "2 de 2 por adaptar" in html
    assert "Ninguno anotado" in html
    assert "Registrar una norma" in html


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Ley 1", "Ley 2", "Ley 3"}),
        ("q=ley 1", {"Ley 1"}),
        ("estado=pendientes", {"Ley 1"}),
        ("estado=adaptadas", {"Ley 2"}),
        ("estado=pronto", {"Ley 1", "Ley 2"}),
        ("ambito=peru", {"Ley 3"}),
        ("estado=raro", {"Ley 1", "Ley 2", "Ley 3"}),
    ],
)
def test_the_register_is_filtered(publish, quality, signed, query, expected):
    register(quality, publish("POL-1"), code="Ley 1")
    done = register(quality, publish("POL-2"), code="Ley 2").impacts.get()
    services.decide_impact(done, state="unaffected", decision=WHY, by=quality)
    register(quality, code="Ley 3", jurisdiction="Peru", effective_on=in_days(400))
    answer = signed(quality).get(f"{LIST}?{query}")
    assert {row.code for row in answer.context["page"].rows} == expected


def test_no_norm_with_these_filters_says_what_to_do(quality, signed):
    register(quality)
    assert "Quitar los filtros" in text(signed(quality), f"{LIST}?q=nada")


@pytest.mark.parametrize("rows", [3, 30])
def test_pages_of_norms_cost_the_same_with_3_or_30_rows(
    publish, quality, signed, django_assert_max_num_queries, rows
):
    documents = [publish(f"POL-{n}") for n in range(rows)]
    norm = register(quality, *documents)
    for number in range(rows):
        register(quality, documents[0], code=f"Ley {number}")
    client = signed(quality)
    for url, most in (
        (LIST, 5),
        (WAITING, 5),
        (norm.get_absolute_url(), 4),
        (reverse("reviews:impacts-add", args=[norm.pk]), 4),
    ):
        client.get(url)
        with django_assert_max_num_queries(most):
            client.get(url)


def test_readers_see_of_a_norm_what_they_may_read(publish, quality, agent, signed):
    norm = register(
        quality,
        publish("POL-1"),
        publish("POL-2", classification=Level.CONFIDENTIAL, title="Secreta"),
    )
    url = norm.get_absolute_url()
    html = text(signed(agent), url)
    assert "POL-1" in html
    assert "Secreta" not in html
    assert "Decidir" not in html
    assert "1 de 1 por adaptar" in html
    assert "Secreta" in text(signed(quality), url)
    assert "Secreta" not in text(signed(agent), WAITING)
    assert signed(agent).get("/documentos/normas/99999999999999999999/").status_code == 404


def test_a_norm_is_registered_and_its_documents_chosen(publish, quality, signed):
    publish("POL-1", due_in=300)
    publish("POL-2")
    client = signed(quality)
    assert "Registrar" in text(client, reverse("reviews:regulation-new"))
    data = fields(effective_on=in_days(60).isoformat(), source_url="https://leyes.test/1581")
    answer = client.post(reverse("reviews:regulation-new"), data)
    norm = Regulation.objects.get()
    choose = reverse("reviews:impacts-add", args=[norm.pk])
    assert answer.url == choose
    html = text(client, f"{choose}?q=pol-1")
    assert "POL-1" in html
    assert "POL-2" not in html
    answer = client.post(choose, {"documents": ["POL-1"], "weight": "low", "note": "Pedirla."})
    assert answer.url == norm.get_absolute_url()
    html = text(client, answer.url)
    assert "Impacto bajo" in html
    assert "Pedirla." in html
    assert "https://leyes.test/1581" in html
    assert "No hay más documentos" in text(client, f"{choose}?q=pol-1")


def test_bad_input_is_told_and_registers_nothing(quality, signed):
    client = signed(quality)
    good = fields(effective_on=in_days(60).isoformat())
    for wrong in (
        {"code": ""},
        {"code": "x" * 81},
        {"title": "x" * 301},
        {"summary": "x" * 5001},
        {"effective_on": "nunca"},
        {"published_on": in_days(61).isoformat()},
        {"source_url": "javascript:alert(1)"},
        {"source_url": "https://x.test/" + "x" * 300},
    ):
        answer = client.post(reverse("reviews:regulation-new"), good | wrong)
        assert answer.status_code == 422, wrong
    assert Regulation.objects.count() == 0


def test_bad_choices_of_documents_are_told(publish, quality, signed, monkeypatch):
    publish("POL-1")
    publish("POL-2", classification=Level.RESERVED)
    norm = register(quality)
    url = reverse("reviews:impacts-add", args=[norm.pk])
    client = signed(quality)
    for documents in ([], ["NADA"], ["POL-2"], ["POL-1", "POL-2"]):
        answer = client.post(url, {"documents": documents, "weight": "low"})
        assert answer.status_code == 422
    assert client.post(url, {"documents": ["POL-1"], "weight": "enorme"}).status_code == 422
    monkeypatch.setattr("apps.documents.forms_regulations.MOST_DOCUMENTS", 0)
    assert client.post(url, {"documents": ["POL-1"], "weight": "low"}).status_code == 422
    assert Impact.objects.count() == 0


def test_more_documents_than_fit_are_found_by_words(publish, quality, signed, monkeypatch):
    monkeypatch.setattr("apps.documents.views.regulations.CHOICES_SHOWN", 1)
    publish("POL-1")
    publish("POL-2")
    url = reverse("reviews:impacts-add", args=[register(quality).pk])
    assert "Se muestran los primeros" in text(signed(quality), url)


def test_a_norm_is_corrected_and_a_stale_correction_told(quality, signed):
    norm = register(quality)
    client, url = signed(quality), reverse("reviews:regulation-edit", args=[norm.pk])
    form = client.get(url).context["form"]
    data = fields(effective_on=in_days(60).isoformat(), expected=form["expected"].value())
    assert client.post(url, data | {"title": "Habeas data"}).url == norm.get_absolute_url()
    answer = client.post(url, data | {"title": "Otra cosa"})
    assert answer.status_code == 422
    assert "Habeas data" in answer.content.decode()
    norm.refresh_from_db()
    assert norm.title == "Habeas data"


def test_a_decision_is_made_on_its_page(publish, quality, supervisor, signed):
    document = publish("POL-1")
    impact = register(quality, document).impacts.get()
    version = new_version(document, quality, supervisor)
    client = signed(quality)
    url = reverse("reviews:impact-decide", args=[impact.regulation_id, impact.pk])
    assert "Versión 2, en vigor desde el" in text(client, url)
    assert client.post(url, {"state": "unaffected", "decision": "No."}).status_code == 422
    assert client.post(url, {"state": "adapted"}).status_code == 422
    answer = client.post(url, {"state": "adapted", "version": version.pk})
    assert answer.url == impact.regulation.get_absolute_url()
    html = text(client, answer.url)
    assert "Con la versión 2" in html
    assert "Cambiar la decisión" in html
    assert "Por adaptar" in text(client, url)
    other = register(quality, code="Otra")
    wrong = reverse("reviews:impact-decide", args=[other.pk, impact.pk])
    assert client.get(wrong).status_code == 404


def test_an_impact_noted_by_mistake_is_taken_off(publish, quality, signed):
    impact = register(quality, publish("POL-1")).impacts.get()
    url = reverse("reviews:impact-remove", args=[impact.regulation_id, impact.pk])
    client = signed(quality)
    assert "Hágalo solo si se anotó por error." in text(client, url)
    assert client.post(url).status_code == 302
    assert Impact.objects.count() == 0
    assert client.get(url).status_code == 404


def test_r153_what_is_not_adapted_is_listed_and_exported(publish, quality, signed):
    register(quality, publish("POL-1"), publish("POL-2"))
    register(quality, publish("POL-3"), code="=Decreto", effective_on=in_days(-3))
    client = signed(quality)
    html = text(client, WAITING)
    assert html.index("POL-3") < html.index("POL-1")
    assert "1 de ellas ya rige." in html
    answer = client.get(f"{WAITING}exportar/?formato=csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("'=Decreto;")
    answer = client.get(f"{WAITING}exportar/?formato=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert sheet.max_row == 4


def test_r153_those_who_write_see_it_on_the_reading_page(press, quality, agent, signed):
    document = press.page("ATC-01.1")
    client, reader = signed(quality), signed(agent)
    assert "Falta adaptar" not in text(client, "/manual/ATC-01.1/")
    register(quality, document)
    html = text(client, "/manual/ATC-01.1/")
    assert "Falta adaptar este documento a una norma." in html
    assert "regirá desde el" in html
    assert "Falta adaptar" not in text(reader, "/manual/ATC-01.1/")
    review = text(client, reverse("reviews:review", args=["ATC-01.1"]))
    assert "Ley 1581 de 2012" in review


def test_home_tells_who_keeps_the_register_what_must_be_adapted(
    publish, quality, supervisor, signed
):
    register(quality, publish("POL-1"), publish("POL-2"))
    register(quality, publish("POL-3"), code="Lejana", effective_on=in_days(300))
    html = text(signed(quality), reverse("portal:home"))
    assert "Adaptar documentos: Ley 1581 de 2012" in html
    assert "Quedan 2 documentos por adaptar." in html
    assert "Lejana" not in html
    assert "Adaptar los documentos" not in text(signed(supervisor), reverse("portal:home"))
