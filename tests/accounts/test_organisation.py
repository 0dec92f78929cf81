"""Units, positions, holders and stand-ins."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import Absence, Unit
from apps.core.rules import RuleBroken


def days(number):
    return timezone.localdate() + timedelta(days=number)


def test_a_unit_is_made_and_moved_but_never_below_itself(admin, unit):
    desk = services.save_unit(None, code="OFC", name="Oficina Centro", parent=unit, by=admin)
    till = services.save_unit(None, code="CAJ", name="Caja", parent=desk, by=admin)
    with pytest.raises(RuleBroken) as refusal:
        services.save_unit(unit, code="ATC", name="Atención", parent=till, by=admin)
    assert "parent" in refusal.value.message_dict
    with pytest.raises(RuleBroken) as refusal:
        services.save_unit(unit, code="ATC", name="Atención", parent=unit, by=admin)
    moved = services.save_unit(till, code="CAJ", name="Caja", parent=unit, by=admin)
    assert moved.parent == unit


def test_a_code_is_used_once_whatever_its_case(admin, unit):
    with pytest.raises(RuleBroken) as refusal:
        services.save_unit(None, code="atc", name="Otra", by=admin)
    assert "code" in refusal.value.message_dict


def test_only_who_manages_the_organisation_changes_it(supervisor, unit):
    with pytest.raises(PermissionDenied):
        services.save_unit(unit, code="X", name="X", by=supervisor)
    unit.refresh_from_db()
    assert unit.code == "ATC"


def test_a_unit_in_use_is_not_retired(admin, unit, make_position):
    position = make_position()
    with pytest.raises(RuleBroken):
        services.retire_unit(unit, by=admin)
    for held in unit.positions.all():
        for holding in held.holdings.all():
            services.end_holding(holding, until_on=max(days(-1), holding.from_on), by=admin)
    position.refresh_from_db()
    services.retire_position(position, by=admin)
    assert not position.__class__.objects.get(pk=position.pk).is_active


def test_the_line_of_command_never_goes_round(admin, unit, make_position):
    chief = make_position("Jefatura")
    clerk = make_position("Auxiliar", reports_to=chief)
    fields = {"key": chief.key, "title": chief.title, "unit": unit, "by": admin}
    for above in (chief, clerk):
        with pytest.raises(RuleBroken):
            services.save_position(chief, reports_to=above, **fields)


def test_a_position_is_held_once_per_day_by_a_person(admin, agent, make_position):
    position = make_position("Caja")
    services.assign_position(agent, position, from_on=days(-10), until_on=days(-5), by=admin)
    with pytest.raises(RuleBroken):
        services.assign_position(agent, position, from_on=days(-5), by=admin)
    services.assign_position(agent, position, from_on=days(-4), by=admin)
    with pytest.raises(RuleBroken):
        services.assign_position(agent, position, from_on=days(300), by=admin)


def test_holding_days_in_the_wrong_order_are_refused(admin, agent, make_position):
    with pytest.raises(RuleBroken):
        services.assign_position(
            agent, make_position(), from_on=days(0), until_on=days(-1), by=admin
        )


def test_someone_inactive_holds_nothing(admin, agent, make_position):
    agent.is_active = False
    agent.save()
    with pytest.raises(RuleBroken):
        services.assign_position(agent, make_position(), from_on=days(0), by=admin)


def test_people_record_their_own_absence_and_the_substitute_stands_in(agent, supervisor):
    services.record_absence(
        agent, substitute=supervisor, from_on=days(0), to_on=days(3), reason="Permiso", by=agent
    )
    assert services.substitutes_of(agent, days(0)) == supervisor
    assert services.substitutes_of(agent, days(3)) == supervisor
    assert services.substitutes_of(agent, days(4)) is None


def test_somebody_elses_absence_needs_permission(agent, supervisor, quality, admin):
    absence = {"substitute": quality, "from_on": days(0), "to_on": days(1)}
    with pytest.raises(PermissionDenied):
        services.record_absence(agent, **absence, by=supervisor)
    row = services.record_absence(agent, **absence, by=admin)
    with pytest.raises(PermissionDenied):
        services.cancel_absence(row, by=supervisor)
    services.cancel_absence(row, by=agent)
    assert not Absence.objects.exists()


def test_an_impossible_absence_is_refused(agent, supervisor, quality):
    services.record_absence(quality, substitute=agent, from_on=days(5), to_on=days(6), by=quality)
    for wrong in (
        {"substitute": supervisor, "from_on": days(1), "to_on": days(0)},
        {"substitute": agent, "from_on": days(0), "to_on": days(1)},
        {"substitute": quality, "from_on": days(6), "to_on": days(7)},
    ):
        with pytest.raises(RuleBroken):
            services.record_absence(agent, **wrong, by=agent)
    services.record_absence(agent, substitute=supervisor, from_on=days(0), to_on=days(1), by=agent)
    with pytest.raises(RuleBroken):
        services.record_absence(
            agent, substitute=supervisor, from_on=days(1), to_on=days(2), by=agent
        )


def test_units_are_a_tree_of_any_depth(admin):
    parent = None
    for level in range(6):
        parent = services.save_unit(
            None, code=f"N{level}", name=f"Nivel {level}", parent=parent, by=admin
        )
    depths = Unit.objects.with_tree_fields().get(pk=parent.pk)
    assert depths.tree_depth == 5
