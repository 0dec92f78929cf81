"""Good practices: proposed, validated with evidence, published, adopted, expired (CIC-18)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.core.rules import RuleBroken
from apps.improvement import services
from apps.improvement.models import GoodPractice
from tests.improvement.conftest import REASON

State = GoodPractice.State


@pytest.fixture
def practice(agent, unit) -> GoodPractice:
    return services.propose(
        title="Anotar la finca",
        text="Preguntar por la finca y un punto visible.",
        benefit="Se llega a la primera.",
        unit=unit,
        by=agent,
    )


def _year() -> object:
    return timezone.localdate() + timedelta(days=365)


@pytest.fixture
def published(practice, agent, quality) -> GoodPractice:
    services.prove(practice, text="Visitas por mes.", by=agent)
    services.validate(practice, valid_until=_year(), by=quality)
    return services.publish(practice, by=quality)


def test_cic18_it_is_validated_with_evidence_by_somebody_else(
    quality, practice, agent, supervisor, unit
):
    assert quality.notices.filter(kind="practice_moved").exists()
    with pytest.raises(RuleBroken, match="evidencia"):
        services.validate(practice, valid_until=_year(), by=quality)
    services.prove(practice, text="Visitas por mes.", by=agent)
    with pytest.raises(PermissionDenied):
        services.validate(practice, valid_until=_year(), by=supervisor)
    with pytest.raises(RuleBroken, match="dentro de un año"):
        services.validate(practice, valid_until=_year() + timedelta(days=30), by=quality)
    with pytest.raises(RuleBroken, match="está validado"):
        services.publish(practice, by=quality)
    assert services.validate(practice, valid_until=_year(), by=quality).state == State.VALIDATED
    mine = services.propose(title="Otra", text="x", benefit="y", unit=unit, by=quality)
    services.prove(mine, text="Prueba.", by=quality)
    with pytest.raises(RuleBroken, match="usted la propuso"):
        services.validate(mine, valid_until=_year(), by=quality)


def test_cic18_teams_adopt_what_is_published_each_once(
    published, practice, unit, other_unit, agent, supervisor
):
    services.adopt(published, unit=unit, by=agent)
    with pytest.raises(RuleBroken, match="ya la adoptó"):
        services.adopt(published, unit=unit, by=agent)
    with pytest.raises(RuleBroken, match="usted pertenece"):
        services.adopt(published, unit=other_unit, by=agent)
    services.adopt(published, unit=other_unit, by=supervisor)
    assert published.adoptions.count() == 2


def test_cic18_it_expires_unless_validated_anew_with_newer_evidence(
    published, quality, unit, agent, time_machine
):
    end = published.valid_until
    assert services.expire_practices(end) == 0
    assert services.expire_practices(end + timedelta(days=1)) == 1
    assert services.expire_practices(end + timedelta(days=1)) == 0
    published.refresh_from_db()
    assert published.state == State.EXPIRED
    with pytest.raises(RuleBroken, match="publicado y vigente"):
        services.adopt(published, unit=unit, by=agent)
    with pytest.raises(RuleBroken, match="posterior"):
        services.validate(published, valid_until=_year(), by=quality)
    services.prove(published, text="Visitas de este año.", by=quality)
    time_machine.move_to(timezone.now() + timedelta(seconds=1))
    again = services.validate(published, valid_until=_year(), by=quality)
    assert again.state == State.PUBLISHED


def test_what_is_not_published_is_seen_by_who_proposed_it_and_who_validates(
    practice, agent, quality, supervisor
):
    seen = GoodPractice.objects.visible_to
    assert seen(agent).exists()
    assert seen(quality).exists()
    assert not seen(supervisor).exists()


def test_a_practice_is_taken_back_with_its_reason(published, agent, quality):
    with pytest.raises(PermissionDenied):
        services.retire_practice(published, reason=REASON, by=agent)
    assert services.retire_practice(published, reason=REASON, by=quality).state == State.RETIRED
    with pytest.raises(RuleBroken, match="retirada"):
        services.prove(published, text="Tarde.", by=quality)
