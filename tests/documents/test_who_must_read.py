"""Which versions ask to be read, and of whom (M15)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.accounts.models import Holding, Person, Role, Unit
from apps.core.access import Level
from apps.documents import jobs, services
from apps.documents.addressing import count_still_asked
from apps.documents.models import (
    Acknowledgement,
    Addressee,
    Asking,
    Document,
    DocumentGroupPermission,
    DocumentUnitPermission,
    DocumentUnitReach,
    DocumentUserPermission,
    KindRules,
    Obligation,
)
from apps.documents.services import acknowledging
from apps.notifications.models import Notice
from tests.documents.readers import REASON, asked, read

# Which versions ask ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "ticked", "asks"),
    [
        ("first", False, False),
        ("first", True, True),
        ("minor", False, False),
        ("minor", True, True),
        ("correction", False, False),
        ("correction", True, False),
        ("major", False, True),
        ("major", True, True),
    ],
)
def test_m15_a_major_change_asks_a_minor_one_if_ticked_a_correction_never(
    issue, agent, change, ticked, asks
):
    if change != "first":
        issue(change="first")
    version = issue(change=change, asks=ticked)
    assert acknowledging.asks_by_itself(version) == asks
    assert Obligation.objects.filter(version=version).exists() == asks


def test_m15_history_from_outside_asks_nobody(document, supervisor, quality, agent):
    services.record_published(
        document,
        number=1,
        title="Política",
        body="",
        change="major",
        justification=REASON,
        author=supervisor,
        approver=quality,
        approved_at=timezone.now(),
        effective_on=timezone.localdate(),
        by=quality,
    )
    acknowledging.follow_all(now=timezone.now())
    assert not Asking.objects.exists()
    assert not Obligation.objects.exists()


# Who must -------------------------------------------------------------------------------------


def test_m15_without_anything_else_the_documents_own_unit_is_asked(
    issue, agent, make_person, make_position, other_unit, unit, outsider, admin
):
    below = Unit.objects.create(code="ATC-T", name="Telefónico", parent=unit)
    make_person("nina", "agente", position=make_position("Turno", at=below))
    make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    make_person("sin", "agente")
    version = issue()
    assert asked(version) == {"Luis", "Marta", "Clara", "Nina", "Andres"}


def test_m15_addressees_are_units_with_what_hangs_below_positions_and_roles(
    document, issue, agent, direction, make_person, make_position, other_unit, supervisor
):
    below = Unit.objects.create(code="FAC-1", name="Lecturas", parent=other_unit)
    make_person("fabio", "agente", position=make_position("Analista", at=below))
    head = make_position("Jefatura", at=other_unit)
    make_person("jefa", "agente", position=head)
    other = make_position("Otra")
    make_person("otra", "agente", position=other)
    acknowledging.set_addressees(
        document,
        units=[below],
        positions=[head],
        roles=Role.objects.filter(key="direccion"),
        by=supervisor,
    )
    assert asked(issue()) == {"Fabio", "Jefa", "Elena"}


def test_m15_positions_named_in_the_steps_and_the_audience_are_asked(
    press, make_person, make_position, quality, other_unit, supervisor
):
    does, answers = make_position("Hace"), make_position("Responde")
    make_person("hace", "agente", position=does)
    make_person("responde", "agente", position=answers)
    make_person("nadie", "agente", position=make_position("Ajeno"))
    make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    page = press.page("ATC-01.1")
    services.set_audience(page, [press.unit, other_unit], by=quality)
    services.set_audience(page, [other_unit], by=quality)
    from apps.manual import services as manual

    draft = services.start_version(
        page, title="x", body="", change="major", justification=REASON, by=supervisor
    )
    step = press.step("registrar", role=does, accountable=answers)
    manual.write_procedure(draft, purpose="Para algo.", steps=[step], by=supervisor)
    draft = services.submit(draft, by=supervisor)
    version = services.approve(draft, effective_on=timezone.localdate(), by=quality)
    acknowledging.spread(version.pk, now=timezone.now())
    # The two of the steps are outside the audience: what they cannot read is not asked.
    assert asked(version) == {"Fabio"}
    services.set_audience(page, [], by=quality)
    acknowledging.follow_documents([page.pk], now=timezone.now())
    assert asked(version) == {"Hace", "Responde"}
    assert set(Asking.objects.get(version=version).position_ids) == {does.pk, answers.pk}


def test_m15_only_people_for_whom_the_document_exists_are_asked(
    document, issue, agent, quality, direction, make_person, make_position, unit
):
    reader = make_person("nadie", position=make_position("Sin rol"))
    Document.objects.filter(pk=document.pk).update(classification=Level.CONFIDENTIAL)
    version = issue()
    people = Person.objects.with_access().filter(is_system=False)
    sees = {p.pk for p in people if Document.objects.visible_to(p).filter(pk=document.pk).exists()}
    rows = Obligation.objects.filter(version=version).values_list("person_id", flat=True)
    assert set(rows) == sees & set(
        Holding.objects.filter(position__unit=unit).values_list("person_id", flat=True)
    )
    assert agent.pk not in rows
    assert reader.pk not in rows
    assert quality.pk in rows


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("with_audience", [False, True])
def test_m15_the_two_sides_of_who_sees_what_agree(
    document, issue, cast, make_person, make_position, other_unit, quality, level, with_audience
):
    make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    acknowledging.set_addressees(document, roles=Role.objects.all(), by=quality)
    version = issue()
    Document.objects.filter(pk=document.pk).update(classification=level)
    document.audience.set([other_unit] if with_audience else [])
    acknowledging.follow_documents([document.pk], now=timezone.now())
    people = Person.objects.with_access().filter(is_system=False)
    sees = {p.first_name for p in people if Document.objects.visible_to(p).filter(pk=document.pk)}
    assert asked(version) == sees


def test_m15_exceptions_count_for_both_sides(
    document, issue, cast, quality, other_unit, make_person, make_position
):
    acknowledging.set_addressees(document, roles=Role.objects.all(), by=quality)
    below = Unit.objects.create(code="FAC-1", name="Lecturas", parent=other_unit)
    document.audience.set([other_unit])
    version = issue()
    make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    make_person("delia", "agente", position=make_position("Lectora", at=below))

    def perm(codename):
        return Permission.objects.get(codename=codename)

    def both_sides() -> set[str]:
        acknowledging.follow_all(now=timezone.now())
        people = Person.objects.with_access().filter(is_system=False)
        rows = Document.objects.filter(pk=document.pk)
        sees = {p.first_name for p in people if rows.visible_to(p).exists()}
        assert asked(version) == sees
        return sees

    owner_and_approvers = {"Marta", "Clara", "Elena"}
    assert both_sides() == owner_and_approvers | {"Fabio"}
    opened = DocumentUserPermission.objects.create(
        user=cast["agente"], permission=perm("open_document"), content_object=document
    )
    assert both_sides() == owner_and_approvers | {"Fabio", "Luis"}
    DocumentGroupPermission.objects.create(
        group=Group.objects.get(role__key="calidad"),
        permission=perm("hide_document"),
        content_object=document,
    )
    assert both_sides() == {"Marta", "Elena", "Fabio", "Luis"}
    by_unit = DocumentUnitPermission.objects.create(
        unit=other_unit, permission=perm("open_document"), content_object=document
    )
    for unit in (other_unit, below):
        DocumentUnitReach.objects.create(exception=by_unit, unit=unit)
    assert both_sides() == {"Marta", "Elena", "Fabio", "Luis", "Delia"}
    by_unit.permission = perm("hide_document")
    by_unit.save()
    assert both_sides() == {"Marta", "Elena", "Luis"}
    Document.objects.filter(pk=document.pk).update(classification=Level.CONFIDENTIAL)
    assert both_sides() == {"Marta", "Elena", "Luis"}
    Document.objects.filter(pk=document.pk).update(classification=Level.RESERVED)
    both_sides()
    Document.objects.filter(pk=document.pk).update(classification=Level.INTERNAL)
    DocumentUserPermission.objects.filter(pk=opened.pk).update(
        until_on=timezone.localdate() - timedelta(days=1)
    )
    assert both_sides() == {"Marta", "Elena"}


def test_m15_an_audience_of_nobody_asks_nobody_and_breaks_nothing(document, issue, supervisor):
    empty = Unit.objects.create(code="VAC", name="Vacía")
    acknowledging.set_addressees(document, units=[empty], by=supervisor)
    version = issue()
    assert asked(version) == set()
    assert Asking.objects.get(version=version).spread_at
    assert count_still_asked(document, now=timezone.now()) == 0


def test_m15_the_deactivated_and_the_portal_itself_are_not_asked(issue, agent):
    Person.objects.filter(pk=agent.pk).update(is_active=False)
    assert "Luis" not in asked(issue())


def test_m15_addressees_are_set_by_owner_and_quality(
    document, supervisor, quality, agent, unit, other_unit
):
    for by in (supervisor, quality):
        acknowledging.set_addressees(document, units=[unit], by=by)
        acknowledging.set_addressees(document, units=[unit], by=by)
    assert Addressee.objects.count() == 1
    with pytest.raises(PermissionDenied):
        acknowledging.set_addressees(document, by=agent)
    document.audience.set([other_unit])
    assert Document.objects.visible_to(quality).filter(pk=document.pk).exists()


# Days, notices, later versions ----------------------------------------------------------------


def test_m15_the_term_is_that_of_the_kind_else_fourteen_days(issue, agent):
    KindRules.objects.filter(kind="policy").delete()
    today = timezone.localdate()
    assert Obligation.objects.filter(version=issue()).first().due_on == today + timedelta(days=14)
    KindRules.objects.create(kind="policy", acknowledgement_days=5)
    assert Obligation.objects.filter(version=issue()).first().due_on == today + timedelta(days=5)


def test_m15_each_person_is_told_once(issue, agent):
    version = issue()
    told = Notice.objects.filter(kind="acknowledgement_asked", person=agent)
    assert told.get().url == "/documentos/POL-01/aceptar/"
    Asking.objects.filter(version=version).update(spread_at=None)
    assert acknowledging.spread(version.pk, now=timezone.now()) == 0
    acknowledging.follow_all(now=timezone.now())
    assert told.count() == 1


def test_m9_acknowledgement_may_begin_before_the_version_is_in_force(
    issue, agent, time_machine, document
):
    issue(change="first")
    version = issue(on=timezone.localdate() + timedelta(days=3))
    assert version.state == "approved"
    assert "Luis" in asked(version)
    acknowledging.accept(version, read=read(), by=agent)
    time_machine.move_to(timezone.now() + timedelta(days=3))
    jobs.bring_due_versions_into_force()
    acknowledging.spread(version.pk, now=timezone.now())
    acknowledging.follow_all(now=timezone.now())
    assert "Luis" not in asked(version)
    assert Obligation.objects.get(version=version, person=agent).acknowledged_at


def test_m15_a_later_version_that_asks_again_takes_the_place_of_what_was_open(
    issue, agent, supervisor
):
    first = issue()
    acknowledging.accept(first, read=read(), by=supervisor)
    second = issue()
    assert asked(first) == set()
    assert asked(second) >= {"Luis", "Marta"}
    withdrawn = Obligation.objects.get(version=first, person=agent)
    assert withdrawn.withdrawn_at
    kept = Obligation.objects.get(version=first, person=supervisor)
    assert kept.withdrawn_at is None
    assert Acknowledgement.objects.filter(version=first, person=supervisor).exists()


def test_m15_a_correction_takes_over_what_was_open_with_its_date_and_no_second_notice(
    issue, agent, supervisor, time_machine
):
    first = issue()
    due_on = Obligation.objects.get(version=first, person=agent).due_on
    acknowledging.accept(first, read=read(), by=supervisor)
    time_machine.move_to(timezone.now() + timedelta(days=4))
    second = issue(change="correction")
    assert asked(first) == set()
    assert "Luis" in asked(second)
    assert "Marta" not in asked(second)  # they accepted what asked
    assert Obligation.objects.get(version=second, person=agent).due_on == due_on
    assert Notice.objects.filter(kind="acknowledgement_asked", person=agent).count() == 1
