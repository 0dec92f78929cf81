"""Writing a procedure on a draft (M2, M8) and its seal once published (M11)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InternalError, connection, transaction
from django.utils import timezone

from apps.core.rules import RuleBroken
from apps.documents import services as documents
from apps.documents.models import Version
from apps.manual import services
from apps.manual.models import Procedure, Step
from tests.manual.makers import REASON

PICTURE = "/manual/imagenes/5f0c1c1e-2b5c-4a52-9d35-0c7c2b5c4a52/"

TEXT = "<p>Haga lo que dice.</p>"


@pytest.fixture
def draft(press, supervisor) -> Version:
    document = press.document("ATC-01.1", "Recibir")
    return documents.start_version(
        document,
        title="Recibir",
        body="",
        change=Version.Change.FIRST,
        justification=REASON,
        by=supervisor,
    )


def write(draft, steps, by, **fields):
    return services.write_procedure(draft, purpose="Para algo.", steps=steps, by=by, **fields)


def test_m2_reordering_renumbers_without_losing_rows_keys_or_links(press, draft, supervisor):
    one, two, three = (press.step(key) for key in ("uno", "dos", "tres"))
    write(draft, [one, two, three], supervisor)
    before = {step.key: step.pk for step in draft.steps.all()}
    write(draft, [three, one, two], supervisor)
    assert [step.key for step in draft.steps.all()] == ["tres", "uno", "dos"]
    assert [step.number for step in draft.steps.all()] == [1, 2, 3]
    assert {step.key: step.pk for step in draft.steps.all()} == before


def test_m2_a_step_left_out_goes_and_a_new_one_comes(press, draft, supervisor):
    write(draft, [press.step("uno"), press.step("dos")], supervisor)
    write(draft, [press.step("dos"), press.step("tres")], supervisor)
    assert [step.key for step in draft.steps.all()] == ["dos", "tres"]


def test_m2_a_step_without_key_is_named_after_its_title(press, draft, supervisor):
    again = [press.step("", title="Llamar"), press.step("", title="Llamar")]
    write(draft, again, supervisor)
    assert [step.key for step in draft.steps.all()] == ["llamar", "llamar-2"]


def test_m2_what_makes_no_sense_is_refused(press, draft, supervisor):
    for steps in (
        [press.step("uno"), press.step("uno")],
        [press.step("uno", title="  ")],
        [press.step("uno", limit_amount=2)],
        [press.step("uno", limit_amount=2, limit_unit="siglos")],
    ):
        with pytest.raises(RuleBroken), transaction.atomic():
            write(draft, steps, supervisor)
    assert not draft.steps.exists()


def test_s33_what_is_written_is_sanitised(press, draft, supervisor):
    bad = "<p onclick=x>Hola<script>x</script></p>"
    write(draft, [press.step("uno", bad)], supervisor, example=bad, notes=bad)
    procedure = Procedure.objects.get(version=draft)
    for text in (draft.steps.get().text, procedure.example, procedure.notes):
        assert text == "<p>Hola</p>"


def test_only_who_may_write_writes(press, draft, agent):
    with pytest.raises(PermissionDenied):
        write(draft, [press.step("uno")], agent)


def test_m8_nobody_writes_while_it_is_in_review(press, draft, supervisor):
    write(draft, [press.step("uno")], supervisor)
    documents.submit(draft, by=supervisor)
    with pytest.raises(RuleBroken):
        write(draft, [press.step("dos")], supervisor)


def test_the_whole_way_from_draft_to_readers(press, draft, supervisor, quality, signed, agent):
    write(draft, [press.step("uno")], supervisor)
    documents.submit(draft, by=supervisor)
    assert signed(agent).get("/manual/ATC-01.1/").status_code == 404
    version = documents.approve(draft, effective_on=timezone.localdate(), by=quality)
    assert version.state == Version.State.IN_FORCE
    assert signed(agent).get("/manual/ATC-01.1/").status_code == 200


def test_m25_an_image_without_words_blocks_submission(press, draft, supervisor):
    write(
        draft,
        [
            press.step(
                "uno",
                f'<p>Vea <img src="{PICTURE}"></p>',
            )
        ],
        supervisor,
    )
    with pytest.raises(RuleBroken, match="imagen"):
        documents.submit(draft, by=supervisor)
    write(
        draft,
        [
            press.step(
                "uno",
                f'<p>Vea <img src="{PICTURE}" alt="El medidor"></p>',
            )
        ],
        supervisor,
    )
    assert documents.submit(draft, by=supervisor).state == Version.State.IN_REVIEW


# Published: nothing changes any more ----------------------------------------------------------


@pytest.fixture
def published(press) -> Version:
    return press.page("ATC-02.1").current


def refuse(act) -> None:
    with pytest.raises(InternalError, match="never changes|Cannot delete"), transaction.atomic():
        act()


def test_m11_a_published_version_changes_by_no_way(published):
    def by_save():
        published.title = "Otro"
        published.save()

    refuse(by_save)
    rows = Version.objects.filter(pk=published.pk)
    refuse(lambda: rows.update(body="otro"))
    refuse(lambda: rows.update(content_hash="0" * 64))
    refuse(lambda: rows.update(effective_on=timezone.localdate() + timedelta(days=1)))
    refuse(lambda: rows.update(number=9))
    refuse(lambda: rows._raw_delete("default"))
    with connection.cursor() as cursor:
        refuse(
            lambda: cursor.execute(
                "UPDATE documents_version SET justification = 'x' WHERE id = %s", [published.pk]
            )
        )
        refuse(
            lambda: cursor.execute("DELETE FROM documents_version WHERE id = %s", [published.pk])
        )
    rows.get()


@pytest.mark.parametrize("state", ["draft", "in_review"])
def test_m11_a_published_version_never_becomes_a_draft_again(published, state):
    refuse(lambda: Version.objects.filter(pk=published.pk).update(state=state))


def test_m11_a_superseded_version_never_comes_back(press, published):
    press.version(published.document, days_ago=1)
    refuse(lambda: Version.objects.filter(pk=published.pk).update(state="approved"))


def test_m11_the_procedure_of_a_published_version_is_sealed(published):
    procedure = Procedure.objects.get(version=published)

    def by_save():
        procedure.purpose = "Otro"
        procedure.save()

    refuse(by_save)
    refuse(lambda: Procedure.objects.filter(pk=procedure.pk).update(notes="x"))
    refuse(procedure.delete)


def test_m11_the_steps_of_a_published_version_are_sealed(published, press):
    step = published.steps.first()

    def by_save():
        step.text = "otro"
        step.save()

    refuse(by_save)
    refuse(lambda: Step.objects.filter(version=published).update(number=7))
    refuse(step.delete)
    refuse(
        lambda: Step.objects.create(
            version=published, key="x", number=9, title="x", text="x", role=press.position
        )
    )
    with connection.cursor() as cursor:
        refuse(lambda: cursor.execute("DELETE FROM manual_step WHERE id = %s", [step.pk]))


def test_m11_a_step_is_not_moved_out_of_a_published_version(published, draft):
    step = published.steps.first()
    refuse(lambda: Step.objects.filter(pk=step.pk).update(version=draft))


def test_m11_the_hash_covers_procedure_and_steps(published, press):
    assert documents.hash_of(published) == published.content_hash
    content = documents.content_of(published)["manual"]
    assert content["procedure"]["purpose"]
    assert [step["key"] for step in content["steps"]] == ["registrar", "responder"]
    press.position.title = "Otro nombre"
    press.position.save()
    assert documents.hash_of(published) == published.content_hash
