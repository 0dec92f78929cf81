"""Loads what happens around the manual of Aguas del Valle: drafts and decisions, reviews,
regulations, readings, the readers' voice, exceptions of access."""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from apps.accounts.models import Person
from apps.documents import services as documents
from apps.documents.models import (
    Acknowledgement,
    Asking,
    Comment,
    DailyUse,
    Document,
    Feedback,
    Impact,
    Obligation,
    Regulation,
    Review,
    Version,
)
from apps.documents.services import acknowledging, listening
from apps.manual.models import Step
from apps.notifications.models import Announcement
from apps.notifications.services import expand
from apps.portal.demo.accounts import DEMO_DOMAIN
from apps.portal.demo.manual import noon
from apps.portal.demo.organisation import ago

DAYS_OF_USE = 75


def load_governance(data: dict[str, Any]) -> None:
    """Everything that governance.yaml tells, through the services people use."""
    of_code = {document.code: document for document in Document.objects.all()}
    for entry in data["reviews"]:
        _review(entry, of_code[entry["code"]])
    for entry in data["reviewers"]:
        documents.set_reviewer(
            of_code[entry["code"]],
            reviewer=person(entry["person"]),
            reason=entry["reason"],
            by=person("calidad"),
        )
    for entry in data["regulations"]:
        _regulation(entry, of_code)
    for entry in data["feedback"]:
        _feedback(entry, of_code[entry["code"]])
    for entry in data["versions"]:
        _version(entry, of_code[entry["code"]])
    for entry in data["opened"]:
        documents.open_to(
            of_code[entry["code"]],
            people=[person(name) for name in entry["people"]],
            until_on=ago(-entry["until_in"]),
            reason=entry["reason"],
            by=person("calidad"),
        )
    _use(list(of_code.values()))
    now = timezone.now()
    for pk in Asking.objects.filter(spread_at=None).values_list("version_id", flat=True):
        acknowledging.spread(pk, now=now)
    for entry in data["versions"]:
        _accept(entry, of_code[entry["code"]])
    for pk in Announcement.objects.filter(expanded_at=None).values_list("pk", flat=True):
        expand(pk)


def person(name: str) -> Person:
    """The person of the demo whose e-mail begins so, with their access."""
    return Person.objects.with_access().get(email=f"{name}@{DEMO_DOMAIN}")


def _version(entry: dict[str, Any], document: Document) -> None:
    by = person(entry["author"])
    version = documents.start_version(
        document, change=entry["change"], justification=entry["justification"].strip(), by=by
    )
    for step in Step.objects.filter(version=version, key__in=entry["steps"]):
        step.text += entry["steps"][step.key]
        step.save(update_fields=["text"])
    end = entry["end"]
    if end == "emergency":
        documents.publish_emergency(version, reason=entry["reason"].strip(), by=by)
    elif end != "draft":
        _decided(entry, version, by)


def _decided(entry: dict[str, Any], version: Version, by: Person) -> None:
    groups = [[person(name) for name in group] for group in entry["approvers"]]
    version = documents.submit(
        version,
        approvers=groups,
        wanted_on=ago(-entry["wanted_in"]) if "wanted_in" in entry else None,
        note=entry.get("note", ""),
        asks_acknowledgement=entry.get("asks", False),
        by=by,
    )
    remarks: list[Comment] = []
    for remark in entry.get("comments", []):
        answers = remarks[remark["answers"]] if "answers" in remark else None
        remarks.append(
            documents.comment(
                version,
                text=remark["text"],
                part=remark.get("part", ""),
                answers=answers,
                by=person(remark["by"]),
            )
        )
    if entry["end"] == "returned":
        documents.return_for_changes(version, note=entry["returned_note"].strip(), by=groups[0][0])
    elif entry["end"] == "in_force":
        for group in groups:
            for approver in group:
                version = documents.approve(version, effective_on=timezone.localdate(), by=approver)


def _accept(entry: dict[str, Any], document: Document) -> None:
    """Some have read and accepted; the asking is told as begun some days ago."""
    if "asked_days_ago" not in entry:
        return
    version = document.versions.get(state=Version.State.IN_FORCE)
    asked_at = timezone.now() - timedelta(days=entry["asked_days_ago"])
    days = documents.rules_of(document.kind).acknowledgement_days
    rows = Obligation.objects.filter(version=version)
    rows.update(asked_at=asked_at, due_on=timezone.localdate(asked_at) + timedelta(days=days))
    names = [f"{name}@{DEMO_DOMAIN}" for name in entry["accepted_by"]]
    for place, row in enumerate(rows.filter(person__email__in=names).select_related("person")):
        read_at = asked_at + timedelta(days=1 + place, hours=2)
        Acknowledgement.objects.create(
            person=row.person,
            version=version,
            content_hash=version.content_hash,
            accepted_at=read_at,
            text_shown=acknowledging.sentence_of(document, version),
            evidence={"opened_at": read_at.isoformat(), "seconds": 140 + 35 * place},
        )
        Obligation.objects.filter(pk=row.pk).update(acknowledged_at=read_at)


def _review(entry: dict[str, Any], document: Document) -> None:
    """A review of some days ago, brought in as it was concluded."""
    on = ago(entry["days_ago"])
    Review.objects.create(
        document=document,
        version=document.current,
        due_on=on + timedelta(days=9),
        outcome=entry["outcome"],
        conclusion=entry["conclusion"],
        reviewed_by=person(entry["by"]),
        concluded_at=timezone.now() - timedelta(days=entry["days_ago"]),
        next_review_on=document.next_review_on,
    )


def _regulation(entry: dict[str, Any], of_code: dict[str, Document]) -> None:
    """A norm of late, through the services people use; one of years ago as it was settled."""
    by = person("calidad")
    told = {name: entry[name] for name in ("code", "title", "jurisdiction")}
    told["summary"] = entry["summary"].strip()
    if "published_on" in entry:
        days = {name: date.fromisoformat(entry[name]) for name in ("published_on", "effective_on")}
        _settled(entry, of_code, Regulation(registered_by=by, **told, **days))
        return
    regulation = documents.register_regulation(
        published_on=ago(entry["published_days_ago"]),
        effective_on=ago(-entry["effective_in"]),
        by=by,
        **told,
    )
    for row in entry["impacts"]:
        affected = documents.Affected(of_code[row["code"]], row["weight"], row["note"])
        (impact,) = documents.add_impacts(regulation, [affected], by=by)
        if "decided" in row:
            documents.decide_impact(
                impact, state=row["decided"], decision=row["decision"], by=person(row["by"])
            )


def _settled(entry: dict[str, Any], of_code: dict[str, Document], regulation: Regulation) -> None:
    regulation.registered_at = noon(max(0, (timezone.localdate() - regulation.published_on).days))
    regulation.save()
    for row in entry["impacts"]:
        document = of_code[row["code"]]
        adapted = row["decided"] == Impact.State.ADAPTED
        Impact.objects.create(
            regulation=regulation,
            document=document,
            weight=row["weight"],
            note=row["note"],
            state=row["decided"],
            decision=row["decision"],
            version=document.current if adapted else None,
            decided_by=person(row["by"]),
            decided_at=document.current.approved_at,
        )


def _feedback(entry: dict[str, Any], document: Document) -> None:
    version = document.versions.get(state=Version.State.IN_FORCE)
    if "by" in entry:
        send = partial(
            listening.comment,
            by=person(entry["by"]),
            part=entry.get("part", ""),
            is_private=entry.get("private", False),
        )
    else:
        send = listening.comment_as_customer
    row = send(version, kind=entry["kind"], text=entry["text"])
    Feedback.objects.filter(pk=row.pk).update(
        created_at=timezone.now() - timedelta(days=entry["days_ago"])
    )
    if told := entry.get("answer"):
        listening.answer(row, accept=told["accept"], reason=told["reason"], by=person(told["by"]))
        Feedback.objects.filter(pk=row.pk).update(
            answered_at=timezone.now() - timedelta(days=told["days_ago"])
        )


def _use(of_demo: list[Document]) -> None:
    """How often each page was read and found useful, by day: more on Mondays, none on Sundays."""
    chance = random.Random(20)  # noqa: S311  (a demo that is the same each time)
    rows = []
    for document in of_demo:
        liking = chance.uniform(0.4, 6)
        kinds = [(DailyUse.Readers.STAFF, liking)]
        if document.classification == 0:
            kinds.append((DailyUse.Readers.CUSTOMERS, liking * 2))
        for readers, mean in kinds:
            for back in range(1, DAYS_OF_USE):
                on = ago(back)
                weight = {0: 1.4, 5: 0.3, 6: 0.0}.get(on.weekday(), 1.0)
                readings = round(chance.expovariate(1 / mean) * weight) if weight else 0
                if readings:
                    useful = sum(chance.random() < 0.12 for _ in range(readings))
                    rows.append(
                        DailyUse(
                            document=document,
                            on=on,
                            readers=readers,
                            readings=readings,
                            useful=useful,
                            not_useful=sum(chance.random() < 0.02 for _ in range(readings)),
                        )
                    )
    DailyUse.objects.bulk_create(rows, batch_size=1000)
