"""Drafts: opened as copies, written from a revision, discarded, restored (M5, M8, M12, F14)."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from apps.accounts.models import Person
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents import services
from apps.documents.models import Approval, Document, Stamp, Version

REASON = "Se corrige el plazo que ya no se cumplía."


@pytest.fixture
def document(supervisor, unit) -> Document:
    return services.open_document(
        kind=Document.Kind.POLICY,
        code="POL-01",
        title="Política",
        owner=supervisor,
        unit=unit,
        by=supervisor,
    )


def start(document, by, **fields) -> Version:
    return services.start_version(document, by=by, **{"change": Version.Change.MINOR} | fields)


def save(version, by, revision=None, **fields) -> Version:
    fields = {
        "title": "Política",
        "body": "<p>Dos.</p>",
        "change": Version.Change.MINOR,
        "justification": REASON,
    } | fields
    at = version.revision if revision is None else revision
    return services.save_draft(version, revision=at, by=by, **fields)


@pytest.fixture
def published(document, supervisor, quality) -> Document:
    services.record_published(
        document,
        number=1,
        title="Política de trato",
        body="<p>Uno.</p>",
        change=Version.Change.FIRST,
        justification=REASON,
        author=supervisor,
        approver=quality,
        approved_at=timezone.now(),
        effective_on=timezone.localdate(),
        by=quality,
    )
    document.refresh_from_db()
    return document


def test_a_draft_begins_as_a_copy_of_the_version_in_force(published, supervisor):
    draft = start(published, supervisor)
    assert (draft.number, draft.title, draft.body) == (2, "Política de trato", "<p>Uno.</p>")
    assert list(draft.editors.all()) == [supervisor]
    assert draft.state == Version.State.DRAFT


def test_the_first_version_is_a_first_version_and_no_later_one_is(document, published, supervisor):
    with pytest.raises(RuleBroken, match="tipo de cambio"):
        start(published, supervisor, change=Version.Change.FIRST)
    with pytest.raises(RuleBroken, match="tipo de cambio"):
        start(published, supervisor, change="enorme")
    draft = start(published, supervisor)
    with pytest.raises(RuleBroken, match="tipo de cambio"):
        save(draft, supervisor, change="")


def test_m5_writing_a_draft_changes_neither_what_readers_see_nor_its_mark(published, supervisor):
    mark = Stamp.objects.get(name="tree").value
    draft = start(published, supervisor)
    save(draft, supervisor, body="<p>Otro texto.</p>", title="Otro título")
    published.refresh_from_db()
    assert (published.title, published.current.body) == ("Política de trato", "<p>Uno.</p>")
    services.discard_draft(draft, by=supervisor)
    assert Stamp.objects.get(name="tree").value == mark


def test_saving_adds_who_wrote_and_raises_the_revision(published, supervisor, quality):
    draft = start(published, supervisor)
    draft = save(draft, quality, body="<p onclick=x>Dos<script>x</script></p>")
    assert (draft.revision, draft.body) == (1, "<p>Dos</p>")
    assert set(draft.editors.all()) == {supervisor, quality}
    assert draft.author == supervisor


def test_f14_a_stale_edit_is_refused_and_hands_over_the_newer(published, supervisor, quality):
    draft = start(published, supervisor)
    save(draft, quality, body="<p>De calidad.</p>")
    with pytest.raises(StaleEdit) as stale:
        save(draft, supervisor, revision=0, body="<p>De supervisión.</p>")
    assert stale.value.newer.body == "<p>De calidad.</p>"
    draft.refresh_from_db()
    assert (draft.body, draft.revision) == ("<p>De calidad.</p>", 1)


@pytest.mark.parametrize(
    "bad",
    [
        {"title": "  "},
        {"title": "x" * 201},
        {"body": f"<p>{'x' * 1_000_000}</p>"},
    ],
)
def test_bad_input_a_text_that_does_not_fit_is_refused(published, supervisor, bad):
    draft = start(published, supervisor)
    with pytest.raises(RuleBroken):
        save(draft, supervisor, **bad)
    draft.refresh_from_db()
    assert draft.revision == 0


def test_m6_a_draft_may_still_lack_its_reason_but_is_not_submitted(published, supervisor):
    draft = start(published, supervisor)
    for reason in ("", "corto", " " * 30, "x" * 19):
        draft = save(draft, supervisor, justification=reason)
        with pytest.raises(RuleBroken, match="motivo"):
            services.submit(draft, by=supervisor)
    draft = save(draft, supervisor, justification="x" * 20)
    assert services.submit(draft, by=supervisor).state == Version.State.IN_REVIEW


def test_m8_nobody_writes_or_discards_while_it_is_in_review(published, supervisor, quality):
    draft = start(published, supervisor, justification=REASON)
    services.submit(draft, by=supervisor)
    for act in (
        lambda: save(draft, quality),
        lambda: services.discard_draft(draft, by=supervisor),
        lambda: start(published, supervisor),
    ):
        with pytest.raises(RuleBroken):
            act()


def test_m8_editing_voids_what_was_approved(published, supervisor, quality):
    draft = start(published, supervisor)
    approval = Approval.objects.create(
        version=draft,
        person=quality,
        decision=Approval.Decision.APPROVED,
        decided_by=quality,
        decided_at=timezone.now(),
    )
    save(draft, supervisor)
    approval.refresh_from_db()
    assert approval.voided_at is not None


def test_m12_restoring_opens_a_draft_with_its_reason(published, supervisor, quality):
    first = published.current
    second = start(published, supervisor, body="<p>Dos.</p>", justification=REASON)
    services.submit(second, by=supervisor)
    services.approve(second, effective_on=timezone.localdate(), by=quality)
    for reason, version in (("corto", first), (REASON, second)):
        with pytest.raises(RuleBroken):
            services.restore(version, reason=reason, by=supervisor)
    draft = services.restore(first, reason=REASON, by=supervisor)
    assert (draft.number, draft.body, draft.restored_from) == (3, "<p>Uno.</p>", first)
    assert (draft.state, draft.justification) == (Version.State.DRAFT, REASON)
    with pytest.raises(RuleBroken):
        services.restore(draft, reason=REASON, by=supervisor)


def test_m12_a_published_version_is_not_discarded(published, supervisor):
    with pytest.raises(RuleBroken):
        services.discard_draft(published.current, by=supervisor)
    assert published.versions.count() == 1


def test_a_discarded_draft_gives_its_number_back(published, supervisor):
    draft = start(published, supervisor)
    services.discard_draft(draft, by=supervisor)
    services.discard_draft(draft, by=supervisor)
    with pytest.raises(RuleBroken, match="descartó"):
        save(draft, supervisor)
    assert start(published, supervisor).number == 2


def test_a_document_that_never_ruled_goes_with_its_only_draft(make_policy, supervisor, quality):
    document = make_policy("POL-44")
    draft = start(document, supervisor)
    services.set_reviewer(document, reviewer=quality, reason=REASON, by=quality)
    services.discard_draft(draft, by=supervisor)
    assert not Document.objects.filter(code="POL-44").exists()
    assert make_policy("POL-44").versions.count() == 0


def test_a_retired_document_gets_no_new_version(published, supervisor):
    Document.objects.filter(pk=published.pk).update(retired_on=timezone.localdate())
    with pytest.raises(RuleBroken, match="retiró"):
        start(published, supervisor)


def test_only_who_may_write_and_sees_it_writes(
    published, supervisor, agent, quality, make_person, other_unit
):
    draft = start(published, supervisor)
    from apps.accounts.permissions import Role

    services.set_audience(published, [other_unit], by=quality)
    far = make_person("lejos", Role.SUPERVISOR)
    for person in (agent, far):
        for act in (
            lambda person=person: save(draft, person),
            lambda person=person: services.discard_draft(draft, by=person),
            lambda person=person: start(published, person),
            lambda person=person: services.restore(draft, reason=REASON, by=person),
        ):
            with pytest.raises(PermissionDenied):
                act()


WRITERS = 10
EACH = 20


@pytest.mark.django_db(transaction=True)
def test_f14_two_hundred_edits_at_once_never_overwrite_silently(published, supervisor, quality):
    """Ten writers try twenty saves each from what they last saw; every text saved was written
    over the one before it, knowingly, or refused."""
    draft = start(published, supervisor)
    people = [Person.objects.with_access().get(pk=p.pk) for p in (supervisor, quality)]
    outcomes: list[tuple[str, int, str]] = []
    gate = Barrier(WRITERS)

    def write(name: int) -> None:
        by = people[name % 2]
        gate.wait()
        revision = 0
        for count in range(EACH):
            body = f"<p>{name}-{count}</p>"
            try:
                saved = save(draft, by, revision=revision, body=body)
                outcomes.append(("saved", saved.revision, body))
                revision = saved.revision
            except StaleEdit as stale:
                outcomes.append(("stale", stale.newer.revision, body))
                revision = stale.newer.revision
        connection.close()

    threads = [Thread(target=write, args=(name,)) for name in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    saved = sorted(entry for entry in outcomes if entry[0] == "saved")
    assert len(outcomes) == WRITERS * EACH
    # One text per revision and no gap: nothing saved was lost under another of its own age.
    assert [revision for _what, revision, _body in saved] == list(range(1, len(saved) + 1))
    draft.refresh_from_db()
    assert (draft.revision, draft.body) == (len(saved), saved[-1][2])
