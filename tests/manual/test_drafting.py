"""A procedure written step by step on a draft (M2, M5, M12, F14)."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.core.rules import RuleBroken, StaleEdit
from apps.documents import services as documents
from apps.documents.models import Version
from apps.manual import services
from apps.manual.models import Procedure, Step
from apps.manual.services import Facts
from tests.manual.makers import REASON


@pytest.fixture
def document(press):
    steps = [press.step(key) for key in ("uno", "dos", "tres")]
    return press.page("ATC-01.1", "Recibir", steps=steps, example="<p>Ejemplo.</p>")


@pytest.fixture
def draft(document, supervisor) -> Version:
    return documents.start_version(document, change=Version.Change.MINOR, by=supervisor)


def keys(version) -> list[str]:
    return list(Step.objects.filter(version=version).values_list("key", flat=True))


def test_a_draft_carries_procedure_and_steps_with_their_keys(document, draft):
    assert keys(draft) == keys(document.current) == ["uno", "dos", "tres"]
    assert draft.procedure.example == document.current.procedure.example == "<p>Ejemplo.</p>"
    assert draft.procedure.pk != document.current.procedure.pk


def test_m2_moving_a_step_renumbers_and_keeps_keys_rows_and_links(draft, supervisor, unit, quality):
    form = services.create_form(code="FO-001", title="Acta", unit=unit, by=quality)
    Step.objects.filter(version=draft, key="tres").update(form=form)
    before = {step.key: step.pk for step in draft.steps.all()}
    moved = services.move_step(draft, "tres", place=1, revision=0, by=supervisor)
    assert keys(draft) == ["tres", "uno", "dos"]
    assert [step.number for step in draft.steps.all()] == [1, 2, 3]
    assert {step.key: step.pk for step in draft.steps.all()} == before
    assert draft.steps.get(number=1).form == form
    moved = services.move_step(moved, "tres", place=99, revision=1, by=supervisor)
    assert keys(draft) == ["uno", "dos", "tres"]
    assert moved.revision == 2


def test_m2_steps_come_change_and_go_one_at_a_time(draft, press, supervisor):
    added = services.add_step(
        draft, revision=0, step=press.step("", title="Llamar"), by=supervisor, place=2
    )
    assert (added.key, added.number, added.version.revision) == ("llamar", 2, 1)
    assert keys(draft) == ["uno", "llamar", "dos", "tres"]
    edited = services.edit_step(
        draft,
        "llamar",
        revision=1,
        step=press.step("", "<p onclick=x>Marque.</p>", title="Volver a llamar", role=None),
        by=supervisor,
    )
    assert (edited.key, edited.number, edited.text) == ("llamar", 2, "<p>Marque.</p>")
    left = services.remove_step(draft, "uno", revision=2, by=supervisor)
    assert (keys(draft), left.revision) == (["llamar", "dos", "tres"], 3)
    assert [step.number for step in draft.steps.all()] == [1, 2, 3]


def test_f14_every_edit_of_a_step_is_refused_from_an_older_revision(draft, press, supervisor):
    services.move_step(draft, "dos", place=1, revision=0, by=supervisor)
    for act in (
        lambda: services.add_step(draft, revision=0, step=press.step("x"), by=supervisor),
        lambda: services.edit_step(draft, "uno", revision=0, step=press.step("x"), by=supervisor),
        lambda: services.remove_step(draft, "uno", revision=0, by=supervisor),
        lambda: services.move_step(draft, "uno", place=1, revision=0, by=supervisor),
    ):
        with pytest.raises(StaleEdit):
            act()
    assert keys(draft) == ["dos", "uno", "tres"]


def test_bad_input_of_a_step_is_refused_and_changes_nothing(draft, press, supervisor):
    def edit(step):
        return services.edit_step(draft, "uno", revision=0, step=step, by=supervisor)

    for act in (
        lambda: edit(press.step("", title="  ")),
        lambda: edit(press.step("", limit_amount=2)),
        lambda: edit(press.step("", "<p>" + "x" * 100_000)),
        lambda: services.edit_step(draft, "otro", revision=0, step=press.step("x"), by=supervisor),
        lambda: services.remove_step(draft, "otro", revision=0, by=supervisor),
        lambda: services.move_step(draft, "otro", place=1, revision=0, by=supervisor),
    ):
        with pytest.raises(RuleBroken):
            act()
    draft.refresh_from_db()
    assert draft.revision == 0


def test_bad_input_no_more_than_two_hundred_steps(draft, press, supervisor):
    role = press.position
    for number in range(4, 201):
        Step.objects.create(version=draft, key=f"p{number}", number=number, title="x", role=role)
    with pytest.raises(RuleBroken, match="200"):
        services.add_step(draft, revision=0, step=press.step("x"), by=supervisor)


def test_title_body_and_facts_are_saved_in_one_edit(draft, supervisor):
    facts = Facts(purpose="Para algo.", inputs=("Llamada",), example="<p onclick=x>Así.</p>")
    saved = services.save_procedure(
        draft,
        revision=0,
        facts=facts,
        title="Recibir bien",
        body="<p>Texto.</p>",
        change=Version.Change.MINOR,
        by=supervisor,
    )
    procedure = Procedure.objects.get(version=draft)
    assert (saved.revision, procedure.inputs, procedure.example) == (1, ["Llamada"], "<p>Así.</p>")
    assert keys(draft) == ["uno", "dos", "tres"]


def test_m5_readers_keep_what_is_in_force_while_a_draft_lives(document, draft, supervisor, signed):
    before = signed(supervisor).get("/manual/ATC-01.1/").content
    services.remove_step(draft, "uno", revision=0, by=supervisor)
    page = signed(supervisor).get("/manual/ATC-01.1/").content
    assert page.count(b'id="paso-') == before.count(b'id="paso-') == 3
    assert keys(document.current) == ["uno", "dos", "tres"]
    assert signed(supervisor).get("/manual/ATC-01.1/versiones/1/pdf/").status_code == 200


def test_m12_restoring_brings_the_steps_back(document, draft, press, supervisor, quality):
    services.remove_step(draft, "uno", revision=0, by=supervisor)
    Version.objects.filter(pk=draft.pk).update(justification=REASON)
    documents.submit(draft, by=supervisor)
    first = document.current
    documents.approve(draft, effective_on=timezone.localdate(), by=quality)
    again = documents.restore(first, reason=REASON, by=supervisor)
    assert keys(again) == ["uno", "dos", "tres"]


def test_only_who_may_write_writes_steps(draft, press, agent):
    for act in (
        lambda: services.add_step(draft, revision=0, step=press.step("x"), by=agent),
        lambda: services.edit_step(draft, "uno", revision=0, step=press.step("x"), by=agent),
        lambda: services.remove_step(draft, "uno", revision=0, by=agent),
        lambda: services.move_step(draft, "uno", place=1, revision=0, by=agent),
    ):
        with pytest.raises(PermissionDenied):
            act()
