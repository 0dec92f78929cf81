"""Findings: noted with their origin, analysed, closed when what they asked for is there."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from apps.core import origins
from apps.core.access import Level
from apps.core.numbering import next_number
from apps.core.rules import RuleBroken
from apps.documents import services as documents
from apps.documents.models import Document, Feedback, Obligation, Version
from apps.documents.services import acknowledging, listening
from apps.improvement import services
from apps.improvement.models import CauseKind, ChangeRequest, Event, Finding
from tests.improvement.conftest import REASON


def test_codes_follow_each_other_without_gaps(make_finding, agent):
    year = timezone.localdate().year
    first = make_finding()
    with pytest.raises(RuleBroken):
        make_finding(found_on=timezone.localdate() + timedelta(days=1))
    # What was refused above is part of this transaction: in a request it is rolled back.
    second = make_finding(by=agent)
    assert first.code == f"H-{year}-001"
    assert second.code > first.code
    assert connection.in_atomic_block
    assert next_number("otra") == 1


def test_a_finding_is_given_by_those_who_manage_only(make_finding, agent, quality):
    with pytest.raises(PermissionDenied):
        make_finding(by=agent, owner=quality)
    assert make_finding(owner=quality).owner == quality


def test_nobody_gets_what_they_may_not_see(make_finding, agent, supervisor):
    with pytest.raises(RuleBroken, match="no puede ver"):
        make_finding(classification=Level.CONFIDENTIAL, owner=agent)
    with pytest.raises(RuleBroken):
        make_finding(classification=Level.RESERVED)
    hidden = make_finding(classification=Level.CONFIDENTIAL)
    assert not Finding.objects.visible_to(agent).exists()
    assert Finding.objects.visible_to(supervisor).get() == hidden


def test_an_origin_is_named_to_those_who_see_it_only(
    document, make_finding, agent, supervisor, auditor
):
    row = listening.comment(
        document.current, kind="wrong", text="La tarifa está mal.", by=agent, is_private=True
    )
    finding = make_finding(origin_kind="feedback", origin_key=row.pk)
    seen = origins.place(supervisor, finding.origin_kind, finding.origin_key)
    assert "La tarifa está mal" in seen.title
    assert seen.url.endswith(f"/{row.pk}/")
    assert origins.place(auditor, finding.origin_kind, finding.origin_key) is None
    assert origins.label_of("feedback") == "Comentario de un lector"
    (mention,) = origins.mentions_of(agent, "feedback", row.pk)
    assert finding.code in mention.title
    with pytest.raises(RuleBroken, match="ya no existe"):
        make_finding(by=auditor, origin_kind="feedback", origin_key=row.pk)


def test_searchable_things_are_origins_too(finding, make_action, agent, outsider):
    action = make_action()
    assert origins.place(agent, "action", action.pk).title == str(action)
    assert origins.place(outsider, "action", action.pk) is None
    assert origins.place(agent, "nothing", 1) is None


def test_cic12_what_the_portal_notices_is_noted_once(unit, document, quality):
    facts = {
        "once_key": "standard-missed:1:2026-10",
        "title": "Dos incumplimientos seguidos",
        "text": "El estándar no se cumplió en septiembre ni en octubre.",
        "unit": unit,
        "origin_kind": "document",
        "origin_key": document.pk,
        "owner": quality,
    }
    first, is_new = services.raise_signal(**facts)
    second, again = services.raise_signal(**facts)
    assert (is_new, again) == (True, False)
    assert first == second
    assert Finding.objects.count() == 1
    assert first.reported_by is None
    assert quality.notices.filter(kind="finding_assigned").count() == 1
    for _time in range(2):
        finding, action = services.raise_with_action(
            **facts | {"once_key": "standard-missed:2:2026-10"},
            action_title="Ver por qué no se cumple",
            action_kind="corrective",
            due_on=timezone.localdate() + timedelta(days=15),
        )
    assert action.opened_by is None
    assert list(finding.actions.all()) == [action]
    with pytest.raises(ValueError, match="nobody registered"):
        services.raise_signal(**facts | {"once_key": "x", "origin_kind": "nada"})


# Causes --------------------------------------------------------------------------------------


def test_whys_go_seven_deep(finding, cause_kind, supervisor):
    cause = None
    for number in range(7):
        cause = services.add_cause(
            finding, text=f"Porque {number}", kind=cause_kind, why_of=cause, by=supervisor
        )
    with pytest.raises(RuleBroken, match="siete veces"):
        services.add_cause(finding, text="Más", kind=cause_kind, why_of=cause, by=supervisor)


def test_an_analysis_needs_a_root_and_is_then_closed(
    finding, analysed, cause_kind, supervisor, agent
):
    with pytest.raises(RuleBroken, match="causa raíz"):
        services.conclude_analysis(finding, root_cause=REASON, by=supervisor)
    with pytest.raises(PermissionDenied):
        services.add_cause(finding, text="Otra", kind=cause_kind, by=agent)
    finding = analysed(finding)
    assert finding.analysed_by == supervisor
    with pytest.raises(RuleBroken, match="concluido"):
        services.add_cause(finding, text="Otra", kind=cause_kind, by=supervisor)
    finding = services.reopen_analysis(finding, by=supervisor)
    assert finding.analysed_at is None
    services.remove_cause(finding.causes.get(), by=supervisor)
    assert not finding.causes.exists()


def test_kinds_of_causes_are_kept_by_quality_and_admins(cause_kind, admin, agent, finding, quality):
    with pytest.raises(PermissionDenied):
        services.save_cause_kind(None, branch="tools", title="Falla", by=agent)
    kind = services.save_cause_kind(None, branch="tools", title="Se cae el sistema", by=admin)
    with pytest.raises(RuleBroken, match="ese nombre"):
        services.save_cause_kind(None, branch="tools", title="se cae el sistema", by=admin)
    kind = services.save_cause_kind(
        kind, branch="tools", title="Se cae el sistema", is_active=False, by=quality
    )
    with pytest.raises(RuleBroken, match="ya no se ofrece"):
        services.add_cause(finding, text="Se cayó", kind=kind, by=quality)


def test_a_portal_begins_with_kinds_in_every_branch(db):
    from importlib import import_module

    from django.apps import apps

    module = import_module("apps.improvement.migrations.0002_first_causes")
    module.add(apps, None)
    module.add(apps, None)
    branches = set(CauseKind.objects.values_list("branch", flat=True))
    assert branches == set(CauseKind.Branch.values)
    assert CauseKind.objects.filter(title="No se mide").count() == 1
    module.take_away(apps, None)
    assert not CauseKind.objects.filter(title="No se mide").exists()


# Changes to documents (M21) ------------------------------------------------------------------


@pytest.fixture
def change(finding, document, quality) -> ChangeRequest:
    return services.ask_change(
        finding, document=document, text="Debe decir qué tarifa se usa.", read_by=50, by=quality
    )


def _publish(document, supervisor, quality, *, asks=True) -> Version:
    version = documents.start_version(
        document, change="major", justification="Lo pidió un hallazgo.", by=supervisor
    )
    version = documents.submit(
        version,
        approvers=[quality],
        wanted_on=None,
        note="",
        asks_acknowledgement=asks,
        by=supervisor,
    )
    version = documents.approve(version, effective_on=timezone.localdate(), by=quality)
    document.refresh_from_db()
    return version


def test_m21_the_owner_of_the_document_decides(change, supervisor, agent, quality):
    assert supervisor.notices.filter(kind="change_asked").exists()
    with pytest.raises(PermissionDenied):
        services.decide_change(change, accept=True, decision="", by=agent)
    with pytest.raises(RuleBroken, match="20"):
        services.decide_change(change, accept=False, decision="No.", by=supervisor)
    change = services.decide_change(change, accept=False, decision=REASON, by=supervisor)
    assert change.state == ChangeRequest.State.REJECTED
    assert quality.notices.filter(key=f"change-decided:{change.pk}").exists()
    with pytest.raises(RuleBroken, match="ya se decidió"):
        services.decide_change(change, accept=True, decision="", by=supervisor)


def test_m21_a_finding_closes_once_the_version_rules_and_was_read(
    change, finding, document, supervisor, quality, agent
):
    def close() -> Finding:
        return services.close_finding(finding, resolution="changed", conclusion=REASON, by=quality)

    with pytest.raises(RuleBroken, match="Falta decidir"):
        close()
    with pytest.raises(RuleBroken, match="Primero acepte"):
        services.link_version(change, version=document.current, by=supervisor)
    services.decide_change(change, accept=True, decision="", by=supervisor)
    with pytest.raises(RuleBroken, match="no está en vigor"):
        close()
    with pytest.raises(RuleBroken, match="antes de que se pidiera"):
        services.link_version(change, version=document.current, by=supervisor)
    version = _publish(document, supervisor, quality)
    assert supervisor.notices.filter(key__startswith="change-rules:").exists()
    services.link_version(change, version=version, by=supervisor)
    acknowledging.spread(version.pk, now=timezone.now())
    with pytest.raises(RuleBroken, match="0 %"):
        close()
    owed = Obligation.objects.filter(version=version)
    for row in list(owed)[: owed.count() // 2]:
        row.acknowledged_at = timezone.now()
        row.save()
    assert owed.count() >= 2
    if owed.count() % 2:  # an odd number: half of it is under 50 %
        with pytest.raises(RuleBroken, match="hace falta el 50"):
            close()
    owed.update(acknowledged_at=timezone.now())
    finding = close()
    assert finding.state == Finding.State.CLOSED
    assert finding.events.filter(what=Event.What.CLOSED).exists()
    with pytest.raises(RuleBroken, match="ya está cerrado"):
        close()


def test_m21_a_version_nobody_has_to_read_is_not_enough(
    change, finding, document, supervisor, quality
):
    services.decide_change(change, accept=True, decision="", by=supervisor)
    version = _publish(document, supervisor, quality, asks=False)
    services.link_version(change, version=version, by=supervisor)
    assert "Nadie tiene que leer" in services.closing_refusals(finding, "changed")[0]


def test_a_document_one_may_not_see_is_not_asked_to_change(finding, document, supervisor, agent):
    Document.objects.filter(pk=document.pk).update(classification=Level.CONFIDENTIAL)
    finding.owner = agent
    finding.save()
    with pytest.raises(PermissionDenied):
        services.ask_change(finding, document=document, text=REASON, by=agent)


# Ending --------------------------------------------------------------------------------------


def test_a_finding_with_an_open_action_does_not_end(finding, make_action, supervisor, agent):
    action = make_action()
    for how in ("actions", "none_needed"):
        with pytest.raises(RuleBroken, match="sin terminar"):
            services.close_finding(finding, resolution=how, conclusion=REASON, by=supervisor)
    with pytest.raises(RuleBroken, match="ciérrelo"):
        services.discard_finding(finding, reason=REASON, by=supervisor)
    services.cancel(action, reason=REASON, by=supervisor)
    with pytest.raises(RuleBroken, match="eficaz"):
        services.close_finding(finding, resolution="actions", conclusion=REASON, by=supervisor)
    with pytest.raises(PermissionDenied):
        services.discard_finding(finding, reason=REASON, by=agent)
    assert services.discard_finding(finding, reason=REASON, by=supervisor).state == "discarded"


def test_who_reported_it_learns_how_it_ended(make_finding, agent, supervisor):
    finding = make_finding(by=agent)
    services.close_finding(finding, resolution="none_needed", conclusion=REASON, by=supervisor)
    assert agent.notices.get(kind="finding_ended").text == REASON


def test_actions_follow_the_level_of_their_finding(finding, make_action, supervisor, quality):
    action = make_action(owner=quality)
    services.edit_finding(finding, classification=Level.CONFIDENTIAL, by=supervisor)
    action.refresh_from_db()
    assert action.classification == Level.CONFIDENTIAL


def test_a_level_above_an_owner_of_actions_is_refused(finding, make_action, supervisor):
    make_action()  # of the agent, who may not see it then
    with pytest.raises(RuleBroken, match="no puede ver"):
        services.edit_finding(finding, classification=Level.CONFIDENTIAL, by=supervisor)


def test_feedback_offers_to_note_a_finding(document, agent, outsider):
    row = Feedback.objects.create(
        document=document, version=document.current, kind="idea", text="Podría decir más."
    )
    (offer,) = origins.offers_for(agent, "feedback", row.pk)
    assert offer.url.endswith(f"?de=feedback&clave={row.pk}")
    assert origins.offers_for(outsider, "feedback", row.pk) == []
