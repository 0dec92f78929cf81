"""Emergencies, endings, remarks, and what never changes (M7, M9, M11, M12)."""

from datetime import timedelta
from functools import partial
from threading import Barrier, Thread

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.activity import told as told_in_words
from apps.accounts.permissions import Role as R
from apps.core.rules import RuleBroken
from apps.documents import jobs, selectors, services
from apps.documents.models import Comment, Document, Version
from apps.documents.tasks_home import decision_tasks
from apps.notifications.models import Notice

REASON = "Se corrige el plazo que ya no se cumplía."
URGENT = "La ley nueva rige desde hoy y lo anterior la incumple."
WHY = "Lo reemplaza el procedimiento nuevo de la otra área."


def today():
    return timezone.localdate()


@pytest.fixture
def make_document(supervisor, unit):
    def make(code="POL-01") -> Document:
        return services.open_document(
            kind=Document.Kind.POLICY,
            code=code,
            title=f"Política {code}",
            owner=supervisor,
            unit=unit,
            by=supervisor,
        )

    return make


@pytest.fixture
def document(make_document) -> Document:
    return make_document()


@pytest.fixture
def start(supervisor):
    def start_one(document, body="<p>Uno.</p>", by=None) -> Version:
        return services.start_version(
            document,
            title="Política",
            body=body,
            change="minor" if document.versions.exists() else "first",
            justification=REASON,
            by=by or supervisor,
        )

    return start_one


@pytest.fixture
def publish(start, supervisor, direction):
    def publish_one(document, *, on=None, body="<p>Uno.</p>") -> Version:
        version = services.submit(start(document, body), by=supervisor)
        return services.approve(version, effective_on=on, by=direction)

    return publish_one


def told(kind) -> set:
    return {notice.person for notice in Notice.objects.filter(kind=kind)}


# Emergencies ---------------------------------------------------------------------------------


def test_m7_an_author_publishes_in_an_emergency_with_a_reason(
    document, start, quality, direction, publish, supervisor
):
    former = publish(document)
    version = services.publish_emergency(start(document, by=quality), reason=URGENT, by=quality)
    former.refresh_from_db()
    assert (version.state, former.state) == ("in_force", "superseded")
    assert version.author == version.approver == quality
    assert version.emergency_reason == URGENT
    assert version.awaits_ratification
    assert version.content_hash == services.hash_of(version)
    assert told("ratification_asked") == {direction}
    entry = LogEntry.objects.get(additional_data__event="emergency_published")
    assert entry.actor == quality
    assert told_in_words([entry], direction)[0].action.startswith("Publicó de emergencia")


@pytest.mark.parametrize("reason", ["", "urge", " " * 40, "x" * 19])
def test_m7_an_emergency_without_a_reason_is_refused(document, start, quality, reason):
    version = start(document, by=quality)
    with pytest.raises(RuleBroken) as broken:
        services.publish_emergency(version, reason=reason, by=quality)
    assert "reason" in broken.value.message_dict
    version.refresh_from_db()
    assert (version.state, version.emergency_reason) == ("draft", "")


def test_m7_only_who_may_publishes_in_an_emergency(document, start, supervisor, agent):
    version = start(document)
    for person in (supervisor, agent):
        with pytest.raises(PermissionDenied):
            services.publish_emergency(version, reason=URGENT, by=person)


def test_an_emergency_may_overtake_a_review_but_not_a_version_that_waits(
    document, start, publish, supervisor, quality
):
    publish(document, on=today() + timedelta(days=3))
    version = services.submit(start(document), approvers=[quality], by=supervisor)
    with pytest.raises(RuleBroken) as broken:
        services.publish_emergency(version, reason=URGENT, by=quality)
    assert "cancélela antes" in str(broken.value)
    services.cancel_scheduled(document.versions.get(number=1), reason=WHY, by=quality)
    version = services.publish_emergency(version, reason=URGENT, by=quality)
    assert version.state == "in_force"
    assert version.approvals.get().voided_at


def test_m7_an_emergency_is_ratified_once_and_by_somebody_else(
    document, start, quality, direction, supervisor
):
    version = services.publish_emergency(start(document), reason=URGENT, by=quality)
    with pytest.raises(RuleBroken):
        services.ratify(version, by=quality)
    with pytest.raises(PermissionDenied):
        services.ratify(version, by=supervisor)
    assert Version.objects.ratifiable_by(direction).get() == version
    assert not Version.objects.ratifiable_by(quality).exists()
    version = services.ratify(version, by=direction)
    assert version.ratified_by == direction
    with pytest.raises(RuleBroken):
        services.ratify(version, by=direction)
    with pytest.raises(DatabaseError), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(ratified_by=quality)


REFUSED = "El número de turno que trae es el del laboratorio anterior."


def test_m7_nobody_has_to_ratify_a_refusal_stays_on_the_version(
    document, start, publish, quality, direction, supervisor
):
    publish(document)
    version = services.publish_emergency(start(document, by=quality), reason=URGENT, by=quality)
    with pytest.raises(RuleBroken):
        services.object_to(version, reason="No.", by=direction)
    with pytest.raises(RuleBroken):
        services.object_to(version, reason=REFUSED, by=quality)
    with pytest.raises(PermissionDenied):
        services.object_to(version, reason=REFUSED, by=supervisor)
    assert services.object_to(version, reason=REFUSED, by=direction) is None
    version.refresh_from_db()
    assert (version.state, version.objected_by, version.objection) == (
        "in_force",
        direction,
        REFUSED,
    )
    assert not version.awaits_ratification
    for decide in (services.ratify, partial(services.object_to, reason=REFUSED)):
        with pytest.raises(RuleBroken):
            decide(version, by=direction)
    assert not Version.objects.ratifiable_by(direction).exists()
    assert LogEntry.objects.get(additional_data__event="not_ratified").actor == direction
    notice = Notice.objects.get(person=quality, key=f"not-ratified:{version.pk}")
    assert notice.text == REFUSED
    (task,) = decision_tasks(quality)
    assert task.title.startswith("Reemplazar ")


def test_m7_a_refusal_may_bring_back_what_ruled_before(
    document, start, publish, quality, direction
):
    former = publish(document, body="<p>Lo de antes.</p>")
    version = services.publish_emergency(
        start(document, "<p>Lo urgente.</p>", by=quality), reason=URGENT, by=quality
    )
    back = services.object_to(version, reason=REFUSED, bring_back=True, by=direction)
    version.refresh_from_db()
    document.refresh_from_db()
    assert (version.state, back.state, back.number) == ("superseded", "in_force", 3)
    assert (back.body, back.restored_from, back.approver) == (former.body, former, direction)
    assert back.author == former.author
    assert REFUSED in back.justification
    assert document.current == back
    assert back.content_hash == services.hash_of(back)
    assert "versión 1" in Notice.objects.get(person=quality, key=f"not-ratified:{version.pk}").text
    assert not list(decision_tasks(quality))


def test_m7_nobody_brings_back_what_they_wrote(document, start, quality, direction):
    first = services.submit(start(document, by=quality), by=quality)
    services.approve(first, by=direction)
    second = services.publish_emergency(start(document), reason=URGENT, by=direction)
    assert services.former_of(second, quality) is None
    with pytest.raises(RuleBroken) as broken:
        services.object_to(second, reason=REFUSED, bring_back=True, by=quality)
    assert "bring_back" in broken.value.message_dict
    second.refresh_from_db()
    assert second.awaits_ratification


def test_m7_the_page_of_a_refusal_says_what_then(
    document, start, publish, quality, direction, signed
):
    publish(document)
    version = services.publish_emergency(start(document, by=quality), reason=URGENT, by=quality)
    client = signed(direction)
    page = client.get(document.get_absolute_url()).content.decode()
    url = reverse("documents:object", args=[document.code, version.number])
    assert url in page
    assert "No ratificarla" in page
    assert "Vuelve a regir hoy lo que decía la versión 1" in client.get(url).content.decode()
    assert client.post(url, {"reason": "No.", "then": "keep"}).status_code == 422
    assert "Complete «Motivo»." in client.post(url, {"then": "keep"}).content.decode()
    assert client.post(url, {"reason": REFUSED, "then": "keep"}).status_code == 302
    page = client.get(document.get_absolute_url()).content.decode()
    assert REFUSED in page
    assert "Sigue en vigor hasta que otra versión la reemplace." in page
    listed = client.get(reverse("documents:list"), {"estado": "no-ratificado"}).content.decode()
    assert document.code in listed
    assert signed(quality).get(url).status_code == 200
    assert signed(quality).post(url, {"reason": REFUSED, "then": "keep"}).status_code == 422


def test_what_was_approved_needs_no_ratification(document, publish, quality):
    with pytest.raises(RuleBroken):
        services.ratify(publish(document), by=quality)


# Cancelled and retired -----------------------------------------------------------------------


def test_m9_a_scheduled_version_is_cancelled_with_a_reason(
    document, publish, direction, quality, supervisor, time_machine
):
    first = publish(document)
    second = publish(document, on=today() + timedelta(days=2))
    with pytest.raises(PermissionDenied):
        services.cancel_scheduled(second, reason=WHY, by=supervisor)
    with pytest.raises(RuleBroken):
        services.cancel_scheduled(second, reason="corta", by=direction)
    second = services.cancel_scheduled(second, reason=WHY, by=quality)
    assert (second.state, second.retired_by, second.was_cancelled) == ("retired", quality, True)
    assert told("document_changed_state") == {supervisor, direction}
    time_machine.move_to(timezone.now() + timedelta(days=3))
    jobs.bring_due_versions_into_force()
    first.refresh_from_db()
    assert first.state == "in_force"
    third = publish(document)  # its day no longer counts
    assert (third.number, third.state) == (3, "in_force")
    with pytest.raises(RuleBroken):
        services.cancel_scheduled(third, reason=WHY, by=quality)


def test_a_retired_document_is_out_of_use_and_kept(
    make_document, publish, start, quality, supervisor, agent
):
    document, other = make_document(), make_document("POL-02")
    version, _after = publish(document), publish(other)
    coming = publish(document, on=today() + timedelta(days=9))
    review = services.submit(start(document), approvers=[quality], by=supervisor)
    assert selectors.status_of(["POL-01", "NADA"], agent)["POL-01"].is_in_force
    document = services.retire(document, reason=WHY, replaced_by=other, by=quality)
    for one in (version, coming, review):
        one.refresh_from_db()
    assert [one.state for one in (version, coming, review)] == ["retired", "retired", "draft"]
    assert (version.superseded_on, coming.superseded_on) == (today(), None)
    assert (document.current, document.next_review_on) == (None, None)
    assert document.retired_on == today()
    assert review.approvals.get().voided_at
    status = selectors.status_of(["POL-01"], agent)["POL-01"]
    assert (status.is_in_force, status.retired_on, status.replaced_by) == (
        False,
        today(),
        "POL-02",
    )
    assert not Version.objects.visible_to(agent).filter(document=document).exists()
    assert Version.objects.visible_to(quality).filter(document=document).count() == 3


def test_a_document_is_retired_by_who_governs_with_a_reason_and_once(
    make_document, publish, quality, supervisor, direction
):
    document = make_document()
    with pytest.raises(RuleBroken):
        services.retire(document, reason=WHY, by=quality)  # never in force
    publish(document)
    for person in (supervisor, direction):
        with pytest.raises(PermissionDenied):
            services.retire(document, reason=WHY, by=person)
    empty = make_document("POL-02")
    for fields in ({"reason": "corta"}, {"replaced_by": document}, {"replaced_by": empty}):
        with pytest.raises(RuleBroken):
            services.retire(document, **({"reason": WHY} | fields), by=quality)
    services.retire(document, reason=WHY, by=quality)
    with pytest.raises(RuleBroken):
        services.retire(document, reason=WHY, by=quality)


def test_leaving_force_is_announced(document, publish, quality):
    heard = []

    def hear(document, **kwargs):
        heard.append(document.code)

    services.left_force.connect(hear)
    try:
        publish(document)
        services.retire(document, reason=WHY, by=quality)
    finally:
        services.left_force.disconnect(hear)
    assert heard == ["POL-01"]


# What never changes --------------------------------------------------------------------------


@pytest.fixture
def every_state(document, publish, quality):
    """One published version in each state."""
    superseded, in_force = publish(document), publish(document)
    approved = publish(document, on=today() + timedelta(days=5))
    retired = services.cancel_scheduled(
        publish(document, on=today() + timedelta(days=6)), reason=WHY, by=quality
    )
    found = {
        "superseded": superseded,
        "in_force": in_force,
        "approved": approved,
        "retired": retired,
    }
    for state, version in found.items():
        version.refresh_from_db()
        assert version.state == state
    return found


CHANGES = {
    "title": "Otro",
    "body": "<p>Otro.</p>",
    "number": 90,
    "change": "major",
    "justification": "Otra.",
    "content_hash": "0" * 64,
    "effective_on": timezone.localdate() - timedelta(days=99),
    "approved_at": timezone.now() - timedelta(days=99),
    "asks_acknowledgement": True,
    "emergency_reason": URGENT,
}


def test_m11_no_published_version_changes_by_save_update_or_sql(every_state):
    for state, version in every_state.items():
        for name, value in CHANGES.items():
            fresh = Version.objects.get(pk=version.pk)
            setattr(fresh, name, value)
            for act in (
                fresh.save,
                lambda pk=fresh.pk, n=name, v=value: Version.objects.filter(pk=pk).update(**{n: v}),
                lambda pk=fresh.pk, n=name, v=value: run(
                    f"UPDATE documents_version SET {n} = %s WHERE id = %s",  # noqa: S608
                    [v, pk],
                ),
            ):
                with pytest.raises(DatabaseError), transaction.atomic():
                    act()
        assert services.hash_of(Version.objects.get(pk=version.pk)) == version.content_hash, state


def run(statement, values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize(
    ("state", "back"),
    [
        ("approved", "draft"),
        ("in_force", "approved"),
        ("superseded", "in_force"),
        ("retired", "draft"),
        ("retired", "approved"),
    ],
)
def test_m11_no_published_version_goes_back(every_state, state, back):
    with pytest.raises(DatabaseError), transaction.atomic():
        Version.objects.filter(pk=every_state[state].pk).update(state=back)


def test_m11_why_a_version_was_retired_is_not_rewritten(every_state, quality):
    for change in ({"retirement_reason": "Otra."}, {"retired_at": timezone.now()}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Version.objects.filter(state="retired").update(**change)


def test_m12_no_published_version_is_deleted(every_state, document):
    for version in every_state.values():
        for act in (
            version.delete,
            lambda pk=version.pk: Version.objects.filter(pk=pk).delete(),
            lambda pk=version.pk: run("DELETE FROM documents_version WHERE id = %s", [pk]),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()
    assert document.versions.count() == 4


def test_m9_numbers_stay_consecutive(every_state, document):
    assert sorted(document.versions.values_list("number", flat=True)) == [1, 2, 3, 4]


# At once -------------------------------------------------------------------------------------


def at_once(*acts) -> list[str]:
    """Run `acts` at the same moment, each on a connection of its own; what came of them."""
    barrier, outcomes = Barrier(len(acts)), []

    def go(act):
        barrier.wait()
        try:
            act()
            outcomes.append("done")
        except RuleBroken:
            outcomes.append("told")
        except Exception as fault:  # noqa: BLE001  (told by name, so that the test fails)
            outcomes.append(type(fault).__name__)
        finally:
            connection.close()

    threads = [Thread(target=go, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_f14_of_ten_acts_at_once_one_wins_and_the_others_are_told(
    document, start, quality, direction, supervisor, make_person
):
    """Ten people approve, publish, return or take back one version; 20 rounds, 200 acts."""
    second = make_person("ines", R.DIRECTION)
    for rounds in range(20):
        version = start(document, f"<p>Texto {rounds}.</p>")
        services.submit(version, by=supervisor)
        approve = [
            lambda v=version, by=by: services.approve(v, by=by) for by in (direction, second)
        ]
        if rounds % 2:
            publish = lambda v=version: services.publish_emergency(v, reason=URGENT, by=quality)  # noqa: E731
            acts = [*approve * 2, *[publish] * 6]
        else:
            back = lambda v=version: services.withdraw(v, by=supervisor)  # noqa: E731
            ask = lambda v=version: services.return_for_changes(v, note=WHY, by=second)  # noqa: E731
            acts = [*approve * 3, *[back] * 2, *[ask] * 2]
        assert at_once(*acts) == ["done", *["told"] * (len(acts) - 1)], rounds
        version.refresh_from_db()
        if version.state == "draft":
            services.publish_emergency(version, reason=URGENT, by=quality)
    states = list(document.versions.order_by("number").values_list("number", "state"))
    assert states == [(n, "in_force" if n == 20 else "superseded") for n in range(1, 21)]
    document.refresh_from_db()
    assert document.current.number == 20


@pytest.mark.django_db(transaction=True)
def test_m9_f14_the_job_at_once_with_itself_and_a_cancellation(
    document, publish, quality, direction, time_machine
):
    publish(document)
    second = publish(document, on=today() + timedelta(days=1))
    time_machine.move_to(timezone.now() + timedelta(days=1))
    outcomes = at_once(
        jobs.bring_due_versions_into_force,
        jobs.bring_due_versions_into_force,
        lambda: services.cancel_scheduled(second, reason=WHY, by=quality),
    )
    states = dict(document.versions.values_list("number", "state"))
    assert outcomes in (["done", "done", "done"], ["done", "done", "told"])
    assert states in ({1: "superseded", 2: "in_force"}, {1: "in_force", 2: "retired"})


# Remarks -------------------------------------------------------------------------------------


@pytest.fixture
def version(document, start, supervisor, quality) -> Version:
    return services.submit(start(document), approvers=[quality], by=supervisor)


def test_a_reviewer_remarks_and_the_author_answers(version, quality, supervisor, direction):
    remark = services.comment(version, part="body", quote="Uno", text="¿Cuál?", by=quality)
    answer = services.comment(version, text="El primero.", answers=remark, by=supervisor)
    again = services.comment(version, text="Gracias.", answers=answer, by=direction)
    assert (answer.answers, again.answers, again.part) == (remark, remark, "body")
    keys = set(
        Notice.objects.filter(kind="review_comment").values_list("person__first_name", "key")
    )
    assert keys == {
        ("Marta", f"comment:{remark.pk}"),
        ("Clara", f"comment:{answer.pk}"),
        ("Marta", f"comment:{again.pk}"),
        ("Clara", f"comment:{again.pk}"),
    }


def test_a_remark_is_resolved_and_taken_up_again(version, quality, supervisor):
    remark = services.comment(version, text="¿Cuál?", by=quality)
    remark = services.resolve_comment(remark, by=supervisor)
    assert remark.resolved_by == supervisor
    assert services.resolve_comment(remark, by=quality).resolved_by == supervisor
    assert services.reopen_comment(remark, by=quality).resolved_at is None
    services.resolve_comment(remark, by=supervisor)
    services.comment(version, text="No quedó.", answers=remark, by=quality)
    remark.refresh_from_db()
    assert remark.resolved_at is None


def test_a_remark_says_something_about_a_passage_that_is_there(version, document, quality, start):
    for fields in ({"text": " "}, {"text": "x" * 5001}, {"text": "x", "part": "step:nada"}):
        with pytest.raises(RuleBroken):
            services.comment(version, **fields, by=quality)
    stranger = Comment(pk=999999)
    with pytest.raises(RuleBroken):
        services.comment(version, text="x", answers=stranger, by=quality)


def test_remarks_are_of_those_who_see_the_draft_and_end_with_it(
    version, quality, supervisor, agent
):
    remark = services.comment(version, text="¿Cuál?", by=quality)
    for act in (
        lambda: services.comment(version, text="Hola", by=agent),
        lambda: services.resolve_comment(remark, by=agent),
    ):
        with pytest.raises(PermissionDenied):
            act()
    answer = services.comment(version, text="Sí.", answers=remark, by=supervisor)
    with pytest.raises(RuleBroken):
        services.resolve_comment(answer, by=supervisor)
    services.approve(version, by=quality)  # what is not resolved warns, and stops nobody
    for act in (
        lambda: services.comment(version, text="Tarde.", by=quality),
        lambda: services.resolve_comment(remark, by=supervisor),
        lambda: services.reopen_comment(remark, by=supervisor),
    ):
        with pytest.raises(RuleBroken):
            act()
