"""Loads what Aguas del Valle found, did about it and verified: findings, actions, practices.

What happened in the past is brought in as it happened; what is new goes through the services.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.accounts.models import Person, Unit
from apps.core.numbering import next_number
from apps.core.search import indexing
from apps.documents.models import Document, Feedback
from apps.improvement import figures, search, services
from apps.improvement.models import (
    Action,
    ActionStep,
    Adoption,
    Cause,
    CauseKind,
    Check,
    Escalation,
    Event,
    Evidence,
    Finding,
    GoodPractice,
)
from apps.indicators.models import Indicator, Signal
from apps.portal.demo.accounts import DEMO_DOMAIN
from apps.portal.demo.organisation import Cast, ago

What = Event.What
FEEDBACK_OF = {"certificado": "ATC-06.4", "cuotas": "ATC-04.3"}


class _Loader:
    """Rows of the story, gathered and written by kind."""

    def __init__(self, cast: Cast) -> None:
        self.units: dict[str, Unit] = cast.units
        people = Person.objects.with_access().filter(email__endswith=f"@{DEMO_DOMAIN}")
        self.people = {person.email.partition("@")[0]: person for person in people}
        self.kinds = {kind.title: kind for kind in CauseKind.objects.all()}
        self.indicators = {row.code: row for row in Indicator.objects.exclude(current=None)}
        self.actions: dict[str, Action] = {}
        self.findings: dict[str, Finding] = {}
        self.events: list[Event] = []

    def person(self, name: str) -> Person:
        # The data officer answers for it and somebody of quality verifies.
        return self.people["calidad" if name == "privacidad-check" else name]

    def note(self, what: What, by: str | None, days: int, text: str = "", **of: Any) -> None:
        person = self.person(by) if by else None
        self.events.append(Event(what=what, by=person, text=text, at=_at(days, what), **of))

    def code(self, letter: str, days: int) -> str:
        series = f"{letter}-{ago(days).year}"
        return f"{series}-{next_number(series):03d}"

    # Findings ---------------------------------------------------------------------------

    def finding(self, told: dict[str, Any]) -> None:
        by, days = told.get("by"), told["ago"]
        finding = Finding(
            code=self.code("H", days),
            kind=told["kind"],
            title=told["title"],
            text=told["text"],
            weight=told["weight"],
            unit=self.units[told["unit"]],
            classification=told.get("classification", 1),
            found_on=ago(days),
            reported_by=self.person(by) if by else None,
            owner=self.person(told["owner"]) if "owner" in told else None,
            root_cause=told.get("root_cause", ""),
            created_at=_at(days, What.REPORTED),
            **self._origin(told),
        )
        if "analysed" in told:
            finding.analysed_at = _at(told["analysed"], What.ANALYSED)
            finding.analysed_by = finding.owner
        if end := told.get("closed"):
            finding.state, finding.resolution = Finding.State.CLOSED, end["resolution"]
            finding.conclusion = end["conclusion"]
        elif end := told.get("discarded"):
            finding.state, finding.conclusion = Finding.State.DISCARDED, end["reason"]
        if end:
            finding.closed_by = self.person(end["by"])
            finding.closed_at = _at(end["ago"], What.CLOSED)
        Finding.objects.bulk_create([finding])
        self.findings[told["key"]] = finding
        self.note(What.REPORTED, by, days, finding=finding)
        if "analysed" in told:
            self.note(
                What.ANALYSED, told["owner"], told["analysed"], finding.root_cause, finding=finding
            )
        if end:
            what = What.CLOSED if "closed" in told else What.DISCARDED
            self.note(what, end["by"], end["ago"], finding.conclusion, finding=finding)
        self._causes(finding, told.get("causes", []), told.get("analysed", days - 4))
        for action in told.get("actions", []):
            self.action(finding, action)

    def _origin(self, told: dict[str, Any]) -> dict[str, Any]:
        if code := told.get("signal"):
            indicator = self.indicators[code]
            signal = Signal.objects.filter(indicator=indicator).order_by("-period_start").first()
            if signal is not None:
                return {"origin_kind": "signal", "origin_key": signal.pk}
            return {"origin_kind": "indicator", "origin_key": indicator.pk}
        if name := told.get("feedback"):
            row = Feedback.objects.filter(document__code=FEEDBACK_OF[name]).first()
            if row is not None:
                return {"origin_kind": "feedback", "origin_key": row.pk}
        return {}

    def _causes(self, finding: Finding, told: list[dict[str, Any]], days: int) -> None:
        made: list[Cause] = []
        for entry in told:
            cause = Cause(
                finding=finding,
                text=entry["text"],
                kind=self.kinds[entry["kind"]],
                why_of=made[entry["of"]] if "of" in entry else None,
                is_root=entry.get("root", False),
                added_by=finding.owner,
                added_at=_at(max(1, days + 1), What.ANALYSED),
            )
            Cause.objects.bulk_create([cause])
            made.append(cause)

    # Actions ----------------------------------------------------------------------------

    def action(self, finding: Finding, told: dict[str, Any]) -> None:
        owner = self.person(told["owner"])
        action = Action(
            code=self.code("A", told["opened"]),
            finding=finding,
            kind=told["kind"],
            title=told["title"],
            aim=told.get("aim", ""),
            owner=owner,
            checker=self.person(told["checker"]) if "checker" in told else None,
            unit=finding.unit,
            classification=finding.classification,
            due_on=ago(told["due"]) if "due" in told else ago(-told["due_in"]),
            planned_cost=Decimal(told["cost"]) if "cost" in told else None,
            progress=told.get("progress", 100 if "done" in told else 0),
            opened_by=self.person("calidad"),
            created_at=_at(told["opened"], What.OPENED),
            follows=self.actions.get(told.get("follows", "")),
        )
        if code := told.get("indicator"):
            action.indicator = self.indicators[code]
        self._state(action, told)
        Action.objects.bulk_create([action])
        self.actions[told["key"]] = action
        self._story(action, told)

    def _state(self, action: Action, told: dict[str, Any]) -> None:
        if "started" in told:
            action.state = Action.State.IN_PROGRESS
            action.started_at = _at(told["started"], What.STARTED)
        if "done" in told:
            action.state, action.done_by = Action.State.DONE, action.owner
            action.done_at = _at(told["done"], What.DONE)
            action.check_on = ago(told["done"]) + timedelta(days=30)
            action.real_cost = action.planned_cost
        if "checked" in told:
            action.state = told["outcome"]
            action.ended_at = _at(told["checked"], What.CHECKED)
        if "cancelled" in told:
            action.state, action.cancel_reason = Action.State.CANCELLED, told["reason"]
            action.ended_at = _at(told["cancelled"], What.CANCELLED)

    def _story(self, action: Action, told: dict[str, Any]) -> None:
        of = {"action": action}
        self.note(What.OPENED, "calidad", told["opened"], finding=action.finding, **of)
        if "started" in told:
            self.note(What.STARTED, told["owner"], told["started"], **of)
        evidence_days = told.get("done", told.get("started", 2)) + 1
        for text in told.get("evidence", []):
            Evidence.objects.bulk_create(
                [
                    Evidence(
                        action=action,
                        text=text,
                        added_by=action.owner,
                        added_at=_at(evidence_days, What.EVIDENCED),
                    )
                ]
            )
            self.note(What.EVIDENCED, told["owner"], evidence_days, text, **of)
        ActionStep.objects.bulk_create(
            ActionStep(
                action=action,
                text=step["text"],
                person=self.person(step["person"]) if "person" in step else None,
                done_at=_at(step["done"], What.PROGRESSED) if "done" in step else None,
                done_by=action.owner if "done" in step else None,
            )
            for step in told.get("steps", [])
        )
        if "done" in told:
            self.note(What.DONE, told["owner"], told["done"], **of)
        if "cancelled" in told:
            self.note(What.CANCELLED, "calidad", told["cancelled"], told["reason"], **of)
        if "checked" in told:
            self._checked(action, told)
        for level in range(1, told.get("escalated", 0) + 1):
            days = -told["due_in"] - 7 * level
            Escalation.objects.create(
                action=action,
                due_on=action.due_on,
                level=level,
                told_at=_at(max(days, 1), What.MOVED),
            )

    def _checked(self, action: Action, told: dict[str, Any]) -> None:
        kept: dict[str, Any] = {}
        if action.indicator is not None:
            kept = figures.kept(figures.before_and_after(action))
        check = Check(
            action=action,
            outcome=told["outcome"],
            conclusion=told["conclusion"],
            checked_by=action.checker,
            checked_at=action.ended_at,
            **kept,
        )
        Check.objects.bulk_create([check])
        words = f"{check.get_outcome_display()}. {check.conclusion}"
        self.note(What.CHECKED, told["checker"], told["checked"], words, action=action)

    # Practices --------------------------------------------------------------------------

    def practice(self, told: dict[str, Any]) -> None:
        by, days = told["by"], told["ago"]
        State = GoodPractice.State
        row = GoodPractice(
            code=self.code("B", days),
            title=told["title"],
            text=told["text"],
            benefit=told["benefit"],
            unit=self.units[told["unit"]],
            finding=self.findings.get(told.get("finding", "")),
            proposed_by=self.person(by),
            created_at=_at(days, What.PROPOSED),
        )
        if "validated" in told:
            row.state, row.validated_by = State.VALIDATED, self.person("calidad")
            row.validated_at = _at(told["validated"], What.VALIDATED)
            row.valid_until = ago(-told["until_in"])
        if "published" in told:
            row.state = State.EXPIRED if "expired" in told else State.PUBLISHED
            row.published_at = _at(told["published"], What.PUBLISHED)
        if "retired" in told:
            row.state, row.retired_reason = State.RETIRED, told["reason"]
        GoodPractice.objects.bulk_create([row])
        self.note(What.PROPOSED, by, days, practice=row, finding=row.finding)
        if "evidence" in told:
            shown = Evidence(
                practice=row,
                text=told["evidence"],
                added_by=row.proposed_by,
                added_at=_at(days - 1, What.EVIDENCED),
            )
            Evidence.objects.bulk_create([shown])
            self.note(What.EVIDENCED, by, days - 1, told["evidence"], practice=row)
        for key, what in (("validated", What.VALIDATED), ("published", What.PUBLISHED)):
            if key in told:
                self.note(what, "calidad", told[key], practice=row)
        if "retired" in told:
            self.note(What.RETIRED, "calidad", told["retired"], told["reason"], practice=row)
        for team in told.get("adopted", []):
            unit = self.units[team["unit"]]
            Adoption.objects.create(
                practice=row,
                unit=unit,
                note=team.get("note", ""),
                adopted_by=self.person(team["by"]),
                adopted_at=_at(team["ago"], What.ADOPTED),
            )
            self.note(What.ADOPTED, team["by"], team["ago"], unit.name, practice=row)
        if "expired" in told:
            self.note(What.EXPIRED, None, told["expired"], practice=row)


def load_improvement(data: dict[str, Any], cast: Cast) -> None:
    """Everything that improvement.yaml tells."""
    loader = _Loader(cast)
    for told in sorted(data["findings"], key=lambda entry: -entry["ago"]):
        loader.finding(told)
    for told in sorted(data["practices"], key=lambda entry: -entry["ago"]):
        loader.practice(told)
    Event.objects.bulk_create(sorted(loader.events, key=lambda event: event.at))
    for told in data["findings"]:
        if change := told.get("change"):
            _change(loader, loader.findings[told["key"]], change)
    for kind, model in (
        (search.FINDING, Finding),
        (search.ACTION, Action),
        (search.PRACTICE, GoodPractice),
    ):
        indexing.index(kind, model.objects.all())


def _change(loader: _Loader, finding: Finding, told: dict[str, Any]) -> None:
    document = Document.objects.filter(code=told["code"]).first()
    if document is None:
        return
    change = services.ask_change(
        finding, document=document, text=told["text"], by=loader.person(told["by"])
    )
    if told.get("accepted"):
        owner = Person.objects.with_access().get(pk=document.owner_id)
        services.decide_change(change, accept=True, decision="", by=owner)


def _at(days: int, what: What) -> datetime:
    """An instant of that day, in the order in which things happen on one day."""
    order = list(What.values).index(what)
    minutes = 8 * 60 + order * 19
    day: date = ago(max(days, 0))
    at = timezone.make_aware(datetime.combine(day, time(minutes // 60, minutes % 60)))
    return min(at, timezone.now())
