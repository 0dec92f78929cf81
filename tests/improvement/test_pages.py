"""Pages of improvement: what they show, to whom, and with how many questions to the database."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.core.access import Level
from apps.improvement import services
from apps.improvement.forms.writing import MoneyField
from apps.improvement.models import Action, Finding, GoodPractice, SavedView
from tests.improvement.conftest import REASON


def url(name: str, *args: object) -> str:
    return reverse(f"improvement:{name}", args=args)


def page(client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response
    return response.content.decode()


@pytest.fixture
def many(finding, agent, quality):
    """Writes actions of every state by hand: as many as asked for."""

    def make(count: int) -> None:
        now, today = timezone.now(), timezone.localdate()
        states = list(Action.State)
        rows = []
        for number in range(count):
            state = states[number % len(states)]
            begun = state != Action.State.PROPOSED
            done = state in ("done", "effective", "not_effective")
            ended = state in ("effective", "not_effective", "cancelled")
            rows.append(
                Action(
                    code=f"A-{number}",
                    finding=finding,
                    kind="corrective",
                    title=f"Acción {number}",
                    owner=agent,
                    unit=finding.unit,
                    due_on=today + timedelta(days=number % 60 - 20),
                    state=state,
                    started_at=now if begun else None,
                    done_at=now if done else None,
                    check_on=today if done else None,
                    ended_at=now if ended else None,
                    cancel_reason=REASON if state == "cancelled" else "",
                )
            )
        Action.objects.bulk_create(rows, batch_size=2000)

    return make


# The board -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [6, 60])
def test_board_and_lists_ask_little_whatever_their_length(
    many, count, quality, signed, django_assert_max_num_queries
):
    many(count)
    client = signed(quality)
    for name in ("board", "actions", "calendar", "findings", "practices"):
        client.get(url(name))
        with django_assert_max_num_queries(10):
            page(client, url(name))


@pytest.mark.slow(reason="writes ten thousand actions, as the figure asks")
def test_the_board_of_ten_thousand_actions_asks_ten_questions(
    many, quality, signed, django_assert_max_num_queries
):
    many(10_000)
    client = signed(quality)
    client.get(url("board"))
    with django_assert_max_num_queries(10):
        text = page(client, url("board"))
    assert text.count("card-action") == 5 * 12
    with django_assert_max_num_queries(10):
        page(client, url("actions"))


def test_the_board_narrows_and_its_filters_are_kept_under_a_name(
    make_action, agent, quality, signed
):
    mine, other = make_action(title="La mía"), make_action(title="De otra", owner=quality)
    client = signed(agent)
    text = page(client, f"{url('board')}?mias=1")
    assert mine.title in text
    assert other.title not in text
    saving = f"{url('view-save')}?en=board&mias=1&q=m&nada=x"
    assert client.get(saving).status_code == 200
    response = client.post(saving, {"name": "Lo mío"})
    assert response["Location"] == f"{url('board')}?q=m&mias=1"
    long = f"{url('view-save')}?q={'ñ%26' * 50}&mias=1"
    assert client.post(long, {"name": "Larga"}).status_code in (302, 422)
    view = SavedView.objects.get(person=agent, name="Lo mío")
    assert "Lo mío" in page(client, url("actions"))
    assert "Lo mío" not in page(signed(quality), url("actions"))
    assert signed(quality).get(url("view-drop", view.pk)).status_code == 404
    assert client.get(url("view-drop", view.pk)).status_code == 200
    client.post(url("view-drop", view.pk))
    assert not SavedView.objects.filter(name="Lo mío").exists()


def test_the_month_shows_what_is_due_and_not_done(make_action, agent, signed):
    action = make_action(due_in=0)
    assert action.code in page(signed(agent), url("calendar"))
    assert action.code not in page(signed(agent), f"{url('calendar')}?mes=2001-01")


def test_several_are_changed_after_seeing_which(make_action, supervisor, quality, signed):
    actions = [make_action(), make_action()]
    client = signed(supervisor)
    address = f"{url('together')}?accion={actions[0].code}&accion={actions[1].code}"
    assert all(action.code in page(client, address) for action in actions)
    wrong = client.post(address, {"reason": REASON})
    assert wrong.status_code == 422
    assert "Elija un responsable o una fecha" in wrong.content.decode()
    client.post(address, {"reason": REASON, "owner": quality.pk})
    assert Action.objects.filter(owner=quality).count() == 2
    assert client.get(url("together"))["Location"] == url("actions")


def test_the_plan_comes_as_sheet_and_as_pdf(make_action, quality, agent, signed):
    action = make_action(title="=HYPERLINK(1)")
    client = signed(quality)
    response = client.get(f"{url('actions-export')}?formato=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[1][0] == action.code
    assert rows[1][1] == "'=HYPERLINK(1)"
    pdf = client.get(url("plan-pdf"))
    assert pdf.content.startswith(b"%PDF")
    assert signed(agent).get(url("plan-pdf")).status_code == 403
    assert b"H-" in b"".join(client.get(url("findings-export")).streaming_content)


# Findings ------------------------------------------------------------------------------------


def test_a_finding_is_noted_from_a_readers_comment(document, agent, signed, supervisor):
    from apps.documents.services import listening

    row = listening.comment(document.current, kind="wrong", text="La tarifa falta.", by=agent)
    client = signed(supervisor)
    shown = page(client, reverse("reach:feedback", args=[row.pk]))
    address = f"{url('finding-new')}?de=feedback&clave={row.pk}"
    assert address.replace("&", "&amp;") in shown
    assert "La tarifa falta." in page(client, address)
    response = client.post(
        address,
        {
            "kind": "area",
            "title": "Falta la tarifa",
            "text": "Un lector lo dice.",
            "weight": "low",
            "unit": document.unit_id,
            "found_on": timezone.localdate().isoformat(),
            "classification": 1,
        },
    )
    finding = Finding.objects.get()
    assert response["Location"] == finding.get_absolute_url()
    assert (finding.origin_kind, finding.origin_key) == ("feedback", row.pk)
    assert finding.code in page(client, reverse("reach:feedback", args=[row.pk]))
    assert "Comentario de un lector" in page(client, finding.get_absolute_url())


def test_what_is_wrong_is_told_at_its_field_and_kept(signed, agent, unit):
    day = (timezone.localdate() + timedelta(days=3)).isoformat()
    typed = {
        "kind": "area", "title": "Algo que escribí", "text": "x", "weight": "low",
        "unit": unit.pk, "found_on": day, "classification": 1,
    }  # fmt: skip
    response = signed(agent).post(url("finding-new"), typed)
    assert response.status_code == 422
    text = response.content.decode()
    assert "Ese día todavía no llega." in text
    assert "Algo que escribí" in text
    assert not Finding.objects.exists()


def test_a_form_sent_twice_acts_once(signed, agent, unit):
    import uuid

    typed = {
        "kind": "area", "title": "Una vez", "text": "x", "weight": "low", "unit": unit.pk,
        "found_on": timezone.localdate().isoformat(), "classification": 1,
        "envio": str(uuid.uuid4()),
    }  # fmt: skip
    client = signed(agent)
    first, second = (client.post(url("finding-new"), typed) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Finding.objects.count() == 1


def test_a_stale_edit_is_shown_beside_the_newer(finding, supervisor, quality, signed):
    client = signed(supervisor)
    drawn = client.get(url("finding-edit", finding.code)).context["form"]["expected"].value()
    services.edit_finding(finding, title="Título de otra persona", by=quality)
    response = client.post(
        url("finding-edit", finding.code),
        {
            "kind": finding.kind, "title": "El mío", "text": finding.text, "weight": "high",
            "unit": finding.unit_id, "found_on": finding.found_on.isoformat(),
            "classification": 1, "expected": drawn,
        },
    )  # fmt: skip
    assert response.status_code == 422
    assert "Título de otra persona" in response.content.decode()
    finding.refresh_from_db()
    assert finding.title == "Título de otra persona"


def test_what_is_above_ones_level_does_not_exist(make_finding, make_action, quality, agent, signed):
    finding = make_finding(classification=Level.CONFIDENTIAL)
    action = make_action(finding=finding, owner=quality)
    client = signed(agent)
    for name, code in (
        ("finding", finding.code), ("finding-trace", finding.code), ("analysis", finding.code),
        ("action", action.code), ("action-trace", action.code),
    ):  # fmt: skip
        assert client.get(url(name, code)).status_code == 404, name
    assert action.code not in page(client, url("board"))
    assert finding.code not in page(client, url("findings"))


def test_causes_are_a_list_and_a_picture(finding, cause_kind, supervisor, agent, signed):
    client = signed(supervisor)
    address = url("analysis", finding.code)
    assert "Todavía no hay ninguno" in page(client, address)
    client.post(address, {"text": "No dice <qué> tarifa", "kind": cause_kind.pk})
    cause = finding.causes.get()
    client.post(address, {"text": "Nadie lo revisó", "kind": cause_kind.pk, "why_of": cause.pk})
    below = finding.causes.get(why_of=cause)
    client.post(url("cause-root", finding.code, below.pk), {"raiz": "1"})
    text = page(client, f"{address}?de={below.pk}")
    assert "No dice &lt;qué&gt; tarifa" in text
    assert 'class="fishbone"' in text
    assert "1.1" in text
    assert "style=" not in text
    assert "¿Y por qué?" not in page(signed(agent), address)
    assert page(client, url("analysis-conclude", finding.code))
    client.post(url("analysis-conclude", finding.code), {"root_cause": REASON})
    assert REASON in page(client, finding.get_absolute_url())
    client.post(url("analysis-reopen", finding.code))
    client.post(url("cause-remove", finding.code, cause.pk))
    assert not finding.causes.exists()


def test_closing_tells_what_is_missing(finding, make_action, supervisor, signed):
    action = make_action()
    client = signed(supervisor)
    assert action.code in page(client, url("finding-close", finding.code))
    typed = {"resolution": "none_needed", "conclusion": REASON}
    response = client.post(url("finding-close", finding.code), typed)
    assert response.status_code == 422
    client.post(url("action-cancel", action.code), {"reason": REASON})
    client.post(url("finding-close", finding.code), typed)
    assert "No hizo falta hacer nada" in page(client, finding.get_absolute_url())
    assert page(client, url("finding-discard", finding.code))


def test_m21_a_change_is_asked_decided_and_linked(
    finding, document, quality, supervisor, agent, signed
):
    asking, deciding = signed(quality), signed(supervisor)
    assert page(asking, url("change-new", finding.code))
    asking.post(
        url("change-new", finding.code),
        {"document": document.pk, "text": "Debe decir la tarifa de cada estrato.", "read_by": 80},
    )
    change = finding.changes.get()
    assert "Pidió un cambio" in page(deciding, document.get_absolute_url())
    for name in ("change-decide", "change-link"):
        assert signed(agent).get(url(name, finding.code, change.pk)).status_code == 404
    address = url("change-decide", finding.code, change.pk)
    assert page(deciding, address)
    deciding.post(address, {"accept": "1", "decision": ""})
    address = url("change-link", finding.code, change.pk)
    assert page(deciding, address)
    response = deciding.post(address, {"version": document.current_id})
    assert "antes de que se pidiera" in response.content.decode()
    assert "todavía no está en vigor" in page(asking, finding.get_absolute_url())
    assert signed(agent).get(url("change-new", finding.code)).status_code == 404


# Actions -------------------------------------------------------------------------------------


def test_an_action_from_its_opening_to_its_check(
    finding, analysed, agent, supervisor, quality, signed, time_machine, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    manager, doer = signed(supervisor), signed(agent)
    assert page(manager, url("action-new", finding.code))
    due = timezone.localdate() + timedelta(days=8)
    typed = {
        "kind": "corrective", "title": "Escribir la tarifa", "owner": agent.pk,
        "unit": finding.unit_id, "due_on": due.isoformat(), "check_days": 10,
        "planned_cost": "1200,50",
    }  # fmt: skip
    manager.post(url("action-new", finding.code), typed)
    action = Action.objects.get()
    assert str(action.planned_cost) == "1200.50"
    assert "Analizar las causas" in page(doer, action.get_absolute_url())
    analysed(finding)
    doer.post(url("action-start", action.code))
    assert page(doer, url("step-new", action.code))
    doer.post(url("step-new", action.code), {"text": "Probarlo"})
    doer.post(url("step-new", action.code), {"text": "Sobra"})
    step, extra = action.steps.all()
    doer.post(url("step-mark", action.code, step.pk), {"hecho": "1"})
    doer.post(url("step-remove", action.code, extra.pk))
    assert page(doer, url("progress", action.code))
    doer.post(url("progress", action.code), {"percent": 70, "text": "Va bien."})
    assert page(doer, url("evidence-new", action.code))
    assert "Añada antes la evidencia" in page(doer, url("finish", action.code))
    upload = SimpleUploadedFile("acta.txt", b"Acta de la prueba")
    doer.post(url("evidence-new", action.code), {"text": "Acta", "uploaded": upload})
    row = action.evidence.get()
    assert (
        b"".join(doer.get(url("evidence-file", row.pk)).streaming_content) == b"Acta de la prueba"
    )
    doer.post(url("finish", action.code), {})
    judge = signed(quality)
    assert "Se verifica desde" in page(judge, action.get_absolute_url())
    assert page(judge, url("give-back", action.code))
    assert doer.get(url("check", action.code)).status_code == 404
    time_machine.move_to(timezone.now() + timedelta(days=11))
    judge = signed(quality)
    assert page(judge, url("check", action.code))
    judge.post(url("check", action.code), {"outcome": "not_effective", "conclusion": REASON})
    following = Action.objects.get(follows=action)
    assert following.code in page(judge, action.get_absolute_url())
    assert page(judge, url("action-edit", following.code))
    thread = page(judge, url("action-trace", action.code))
    assert following.code in thread
    assert "Usted está aquí" in thread
    assert finding.title in page(judge, url("finding-trace", finding.code))


def test_cic20_the_trace_as_a_sheet_has_every_link_in_both_directions(
    make_action, finding, supervisor, agent, signed
):
    action = make_action(kind="preventive")
    client = signed(supervisor)
    address = url("trace-export", finding.code)
    assert f"{address}?formato=csv" in page(client, url("action-trace", action.code))
    answer = client.get(f"{address}?formato=csv")
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines(),
                               delimiter=";"))  # fmt: skip
    by_title = {row["Qué"]: row for row in rows}
    mine = next(row for title, row in by_title.items() if title.startswith(action.code))
    its = by_title[str(finding)]
    assert finding.code in mine["Viene de"]
    assert action.code in its["Lleva a"]
    assert mine["Dirección"] == action.get_absolute_url()
    assert address not in page(signed(agent), url("action-trace", action.code))
    assert signed(agent).get(address).status_code == 403


def test_the_evidence_of_what_one_may_not_see_does_not_exist(
    make_finding, make_action, quality, agent, signed, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    hidden = make_finding(classification=Level.CONFIDENTIAL)
    action = make_action(finding=hidden, owner=quality, kind="improvement")
    services.start(action, by=quality)
    row = services.add_evidence(
        action, text="Acta", uploaded=SimpleUploadedFile("a.txt", b"x"), by=quality
    )
    assert signed(quality).get(url("evidence-file", row.pk)).status_code == 200
    assert signed(agent).get(url("evidence-file", row.pk)).status_code == 404


def test_home_tells_what_waits_in_improvement(make_action, make_finding, agent, quality, signed):
    action = make_action()
    finding = make_finding(owner=quality, title="Sin tratar")
    services.propose(title="Buena", text="x", benefit="y", unit=finding.unit, by=agent)
    assert f"Empezar {action.code}" in page(signed(agent), reverse("portal:home"))
    begun = services.start(make_action(kind="preventive"), by=agent)
    services.add_step(begun, text="Revisar el texto nuevo", person=quality, by=agent)
    home = page(signed(quality), reverse("portal:home"))
    assert f"Tratar {finding.code}" in home
    assert "Validar B-" in home
    assert "Revisar el texto nuevo" in home


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("150.000", 150000), ("1.200,50", "1200.50"), ("1200.5", "1200.5"), ("$ 90", 90), ("", None)],
)
def test_amounts_are_read_as_people_write_them(typed, amount):
    assert MoneyField(label="x").clean(typed) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize("typed", ["1,2,3", "-5", "mil", "1.50.000", "9" * 13])
def test_what_is_no_amount_is_told(typed):
    with pytest.raises(ValidationError):
        MoneyField(label="x").clean(typed)


# Practices and settings ----------------------------------------------------------------------


def test_a_practice_from_its_proposal_to_its_adoption(finding, agent, quality, signed):
    proposer, validator = signed(agent), signed(quality)
    address = f"{url('practice-new')}?hallazgo={finding.code}"
    assert finding.title in page(proposer, address)
    proposer.post(
        address,
        {"title": "Anotar la finca", "text": "a", "benefit": "b", "unit": finding.unit_id,
         "classification": 1},
    )  # fmt: skip
    practice = GoodPractice.objects.get()
    assert practice.finding == finding
    assert page(proposer, url("practice-prove", practice.code))
    proposer.post(url("practice-prove", practice.code), {"text": "Visitas por mes."})
    assert page(validator, url("practice-validate", practice.code))
    day = timezone.localdate() + timedelta(days=90)
    validator.post(url("practice-validate", practice.code), {"valid_until": day.isoformat()})
    validator.post(url("practice-publish", practice.code))
    assert page(proposer, url("practice-adopt", practice.code))
    proposer.post(url("practice-adopt", practice.code), {"unit": finding.unit_id})
    assert "1 equipo la adoptó" in page(proposer, practice.get_absolute_url())
    assert "La adoptó 1 equipo" in page(proposer, url("practices"))
    assert page(validator, url("practice-retire", practice.code))
    assert practice.code in page(validator, finding.get_absolute_url())


def test_kinds_of_causes_are_changed_on_their_page(cause_kind, admin, signed):
    client = signed(admin)
    assert cause_kind.title in page(client, url("causes"))
    assert page(client, url("cause-kind-new"))
    typed = {"branch": "tools", "title": "Se cae", "example": "", "order": 10, "is_active": "on"}
    client.post(url("cause-kind-new"), typed)
    assert "Se cae" in page(client, url("causes"))
    edit = client.get(url("cause-kind", cause_kind.pk))
    wrong = {**typed, "expected": edit.context["form"]["expected"].value()}
    assert client.post(url("cause-kind", cause_kind.pk), wrong).status_code == 422
