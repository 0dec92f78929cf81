from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Person
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.improvement import services
from apps.improvement.models import Action, CauseKind, Finding

REASON = "Se comprobó en veinte casos de octubre."


@pytest.fixture
def make_finding(supervisor, unit) -> Callable[..., Finding]:
    """Maker of findings: `make_finding("Facturas mal calculadas", kind="area")`."""

    def make(title: str = "Facturas mal calculadas", **fields) -> Finding:
        fields = {
            "kind": Finding.Kind.NONCONFORMITY,
            "text": "En octubre salieron mal cuarenta facturas.",
            "unit": unit,
            "by": supervisor,
        } | fields
        return services.report(title=title, **fields)

    return make


@pytest.fixture
def finding(make_finding) -> Finding:
    return make_finding()


@pytest.fixture
def cause_kind(db) -> CauseKind:
    return CauseKind.objects.create(branch="method", title="Procedimiento confuso")


@pytest.fixture
def analysed(cause_kind, supervisor) -> Callable[[Finding], Finding]:
    """Concludes the analysis of a finding with one root cause."""

    def make(finding: Finding) -> Finding:
        cause = services.add_cause(
            finding, text="El paso 3 no dice qué tarifa usar", kind=cause_kind, by=supervisor
        )
        services.mark_root(cause, is_root=True, by=supervisor)
        return services.conclude_analysis(
            finding, root_cause="El procedimiento no dice qué tarifa usar.", by=supervisor
        )

    return make


@pytest.fixture
def make_action(finding, agent, supervisor) -> Callable[..., Action]:
    """Maker of actions of the agent, due in ten days: `make_action(due_in=3, owner=…)`."""

    def make(*, due_in: int = 10, **fields) -> Action:
        fields = {
            "kind": Action.Kind.CORRECTIVE,
            "title": "Escribir qué tarifa se usa",
            "owner": agent,
            "due_on": timezone.localdate() + timedelta(days=due_in),
            "by": supervisor,
        } | fields
        return services.open_action(fields.pop("finding", finding), **fields)

    return make


@pytest.fixture
def done(make_action, analysed, finding, agent) -> Action:
    """An action the agent has done, to be verified 30 days from now."""
    analysed(finding)
    action = services.start(make_action(), by=agent)
    services.add_evidence(action, text="Correo con el texto nuevo.", by=agent)
    return services.finish(action, by=agent)


@pytest.fixture
def document(supervisor, unit, quality) -> Document:
    """A policy of the supervisor, in force for 40 days."""
    row = documents.open_document(
        kind=Document.Kind.POLICY,
        code="POL-01",
        title="Política de tarifas",
        owner=supervisor,
        unit=unit,
        by=quality,
    )
    documents.record_published(
        row,
        number=1,
        title=row.title,
        body="<p>Texto.</p>",
        change=Version.Change.FIRST,
        justification="Primera versión de esta política.",
        author=supervisor,
        approver=quality,
        approved_at=timezone.now() - timedelta(days=41),
        effective_on=timezone.localdate() - timedelta(days=40),
        by=quality,
    )
    row.refresh_from_db()
    return row


@pytest.fixture
def boss(make_person, make_position, agent) -> Person:
    """Holds the position that the agent's reports to; has a role."""
    above = make_position("Jefatura de atención")
    below = agent.holdings.get().position
    below.reports_to = above
    below.save()
    return make_person("jefa", "supervision", position=above)
