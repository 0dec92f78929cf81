"""Accepting a version, and the proof that stays (M16)."""

from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InternalError, connection, transaction

from apps.accounts.models import Unit
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents import services
from apps.documents.models import (
    Acknowledgement,
    Obligation,
    Reach,
)
from apps.documents.services import acknowledging
from tests.documents.readers import read


def test_m16_the_proof_holds_person_version_hash_time_text_and_evidence(issue, agent):
    version = issue()
    proof = acknowledging.accept(
        version, read=read(shown=("pasos", "casos"), seen=("pasos", "otra")), by=agent
    )
    assert proof.person_id == agent.pk
    assert proof.version == version
    assert proof.content_hash == version.content_hash
    assert proof.text_shown == "Leí y comprendí."
    assert proof.evidence["seconds"] == 300
    assert proof.evidence["shown"] == ["pasos", "casos"]
    assert proof.evidence["seen"] == ["pasos"]
    row = Obligation.objects.get(version=version, person=agent)
    assert row.acknowledged_at == proof.accepted_at


def test_m16_accepting_twice_keeps_one_proof(issue, agent):
    version = issue()
    first = acknowledging.accept(version, read=read(), by=agent)
    assert acknowledging.accept(version, read=read(1), by=agent) == first
    assert Acknowledgement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_m16_two_windows_at_once_leave_one_proof(issue, agent):
    version = issue()
    barrier, proofs = Barrier(2), []

    def go() -> None:
        barrier.wait()
        proofs.append(acknowledging.accept(version, read=read(), by=agent).pk)
        connection.close()

    threads = [Thread(target=go) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(proofs) == 2
    assert len(set(proofs)) == 1
    assert Reach.objects.get(version=version).accepted == 1


def test_m16_a_proof_is_never_changed_nor_deleted(issue, agent):
    version = issue()
    proof = acknowledging.accept(version, read=read(), by=agent)
    for act in (
        lambda: Acknowledgement.objects.update(text_shown="otra"),
        proof.save,
        proof.delete,
        Acknowledgement.objects.all().delete,
    ):
        with pytest.raises(InternalError), transaction.atomic():
            act()
    issue()
    issue(change="correction")
    assert Acknowledgement.objects.get(pk=proof.pk).text_shown == "Leí y comprendí."


def test_m16_nothing_is_accepted_before_its_page_was_opened(issue, agent):
    version = issue()
    with pytest.raises(RuleBroken):
        acknowledging.accept(version, read=read(-1), by=agent)
    assert not Acknowledgement.objects.exists()


def test_m16_an_older_version_is_told_from_the_one_that_is_asked(issue, agent):
    first = issue()
    second = issue()
    with pytest.raises(StaleEdit, match="versión 2"):
        acknowledging.accept(first, read=read(), by=agent)
    assert acknowledging.accept(second, read=read(), by=agent).version == second


def test_m16_nobody_accepts_what_is_not_asked_of_them(
    issue, document, outsider, make_person, make_position, other_unit, quality
):
    version = issue()
    fabio = make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    with pytest.raises(RuleBroken):
        acknowledging.accept(version, read=read(), by=fabio)
    with pytest.raises(PermissionDenied):
        acknowledging.accept(version, read=read(), by=outsider)
    services.set_audience(document, [Unit.objects.get(code="ATC")], by=quality)
    with pytest.raises(PermissionDenied):
        acknowledging.accept(version, read=read(), by=fabio)
