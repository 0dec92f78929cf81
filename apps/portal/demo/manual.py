"""Loads the manual of Aguas del Valle: forms, chapters, procedures with their history."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.models import Person
from apps.core.access import Level
from apps.core.pdf import render_pdf
from apps.documents import services as documents
from apps.documents.models import Document
from apps.manual import services as manual
from apps.manual.models import Form, Node
from apps.portal.demo.organisation import Cast, ago

LEVELS = {
    "public": Level.PUBLIC,
    "internal": Level.INTERNAL,
    "confidential": Level.CONFIDENTIAL,
}
PROCEDURE_FIELDS = (
    "purpose", "scope", "starts_with", "ends_with", "inputs", "outputs", "example", "notes",
)  # fmt: skip


def noon(days_ago: int) -> datetime:
    """Midday, local time, of the day so many days before today."""
    return timezone.make_aware(datetime.combine(ago(days_ago), time(12, 0)))


def load_forms(entries: list[dict[str, Any]], cast: Cast, progress: Callable[[], None]) -> None:
    """Forms and letter templates, each with its file as PDF."""
    by = cast.account("calidad")
    for entry in entries:
        form = manual.create_form(
            code=entry["code"],
            title=entry["title"],
            purpose=entry["purpose"],
            unit=cast.units[entry["unit"]],
            by=by,
        )
        for number in range(1, entry["version"] + 1):
            days_ago = entry["days_ago"] + 300 * (entry["version"] - number)
            content = render_pdf(
                "form.typ",
                {
                    "organisation": "Aguas del Valle",
                    "code": entry["code"],
                    "title": entry["title"],
                    "purpose": entry["purpose"],
                    "fields": entry.get("fields", []),
                    "text": entry.get("text", ""),
                    "edition": number,
                    "published_on": ago(days_ago).strftime("%d/%m/%Y"),
                },
                noon(days_ago),
            )
            edition = manual.publish_form(
                form,
                uploaded=SimpleUploadedFile(f"{entry['code']}.pdf", content, "application/pdf"),
                by=by,
            )
            edition.published_on = ago(days_ago)
            edition.save(update_fields=["published_on"])
        progress()


def load_chapter(chapter: dict[str, Any], cast: Cast, progress: Callable[[], None]) -> None:
    """A chapter with everything below it."""
    _load_node(chapter, None, cast, progress)


def _load_node(
    entry: dict[str, Any], parent: Node | None, cast: Cast, progress: Callable[[], None]
) -> None:
    document = None
    if "procedure" in entry:
        document = _load_procedure(entry, cast)
        progress()
    node = manual.create_node(
        code=entry["code"],
        title=entry["title"],
        summary=" ".join(entry.get("summary", "").split()),
        parent=parent,
        document=document,
        by=cast.account("calidad"),
    )
    for child in entry.get("children", []):
        _load_node(child, node, cast, progress)


def contents(procedure: dict[str, Any]) -> list[dict[str, Any]]:
    """The whole content of each version, oldest first.

    The file tells the present one, and of each older one how it differed from the next.
    """
    now = procedure["current"]
    versions = [now]
    for older in procedure.get("history", []):
        content = copy.deepcopy(versions[0])
        differs = older.get("differs", {})
        for name, value in differs.items():
            if name not in ("steps", "without_steps"):
                content[name] = value
        for step in content["steps"]:
            step.update(differs.get("steps", {}).get(step["key"], {}))
        gone = set(differs.get("without_steps", []))
        content["steps"] = [step for step in content["steps"] if step["key"] not in gone]
        content.update({k: v for k, v in older.items() if k != "differs"})
        versions.insert(0, content)
    return versions


def _load_procedure(entry: dict[str, Any], cast: Cast) -> Document:
    procedure = entry["procedure"]
    by = cast.account("calidad")
    document = documents.open_document(
        kind=Document.Kind.PROCEDURE,
        code=entry["code"],
        title=entry["title"],
        owner=cast.holder(procedure["owner"]),
        unit=cast.units[procedure["unit"]],
        classification=LEVELS[procedure["classification"]],
        review_months=procedure["review_months"],
        by=by,
    )
    forms = {form.code: form for form in Form.objects.all()}
    for number, content in enumerate(contents(procedure), start=1):
        author = cast.holder(content["author"])
        approver = cast.holder(content.get("approver", procedure["approver"]), but=author)
        effective_at = noon(content["days_ago"])
        manual.record_procedure(
            document,
            procedure=_written(content, cast, forms),
            number=number,
            title=entry["title"],
            body=content.get("intro", ""),
            change="first" if number == 1 else content["change"],
            justification=" ".join(content["justification"].split()),
            author=author,
            approver=approver,
            approved_at=effective_at - timedelta(days=3),
            effective_on=effective_at.date(),
            by=by,
        )
    return document


def _written(content: dict[str, Any], cast: Cast, forms: dict[str, Form]) -> dict[str, Any]:
    """What `manual.services.write_procedure` takes."""
    fields = {name: content[name] for name in PROCEDURE_FIELDS if name in content}
    steps = [
        manual.StepInput(
            key=step["key"],
            title=step["title"],
            text=step["text"],
            role=cast.positions[step["role"]],
            accountable=cast.positions[step["accountable"]],
            limit_amount=(step.get("limit") or {}).get("amount"),
            limit_unit=(step.get("limit") or {}).get("unit", ""),
            tool=step.get("tool", ""),
            form=forms[step["form"]] if step.get("form") else None,
            channel=step.get("channel", ""),
            record=step.get("record", ""),
        )
        for step in content["steps"]
    ]
    return fields | {"steps": steps}


def load_pending(entries: list[dict[str, Any]], chapters: list[dict[str, Any]], cast: Cast) -> None:
    """Versions approved whose day is still to come."""
    forms = {form.code: form for form in Form.objects.all()}
    by_code = {document.code: document for document in Document.objects.all()}
    for entry in entries:
        document = by_code[entry["code"]]
        content = copy.deepcopy(_find(entry["code"], chapters)["procedure"]["current"])
        content |= {name: entry[name] for name in PROCEDURE_FIELDS if name in entry}
        for step in content["steps"]:
            change = entry["steps"].get(step["key"], {})
            step["text"] += change.get("append", "")
            step["limit"] = change.get("limit", step.get("limit"))
        author = Person.objects.with_access().get(pk=cast.holder(entry["author"]).pk)
        version = documents.start_version(
            document,
            title=document.title,
            body=content.get("intro", ""),
            change=entry["change"],
            justification=" ".join(entry["justification"].split()),
            by=author,
        )
        manual.write_procedure(version, **_written(content, cast, forms), by=author)
        version = documents.submit(version, by=author)
        approver = Person.objects.with_access().get(pk=cast.holder(entry["approver"]).pk)
        documents.approve(version, effective_on=ago(-entry["effective_in_days"]), by=approver)


def _find(code: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    for entry in entries:
        if entry["code"] == code:
            return entry
        if code.startswith(f"{entry['code']}."):
            return _find(code, entry["children"])
    raise LookupError(code)


def relate(chapters: list[dict[str, Any]], cast: Cast) -> None:
    """Link the procedures that the files name as related."""
    by = cast.account("calidad")
    documents_by_code = {document.code: document for document in Document.objects.all()}

    def walk(entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            if entry["code"] in documents_by_code:
                documents.relate(
                    documents_by_code[entry["code"]],
                    [
                        documents_by_code[code]
                        for code in entry.get("procedure", {}).get("related", [])
                        if code in documents_by_code and code != entry["code"]
                    ],
                    by=by,
                )
            walk(entry.get("children", []))

    walk(chapters)
