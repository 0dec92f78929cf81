"""Makers of manuals for tests: published procedures with their versions, quickly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.models import Person, Position, Unit
from apps.core.access import Level
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.manual import services
from apps.manual.models import Node
from apps.manual.services import StepInput

REASON = "Se corrige el plazo que ya no se cumplía."


class Press:
    """Publishes procedures: `press.page("ATC-01.1")`, then `press.version(document, …)`."""

    def __init__(self, *, quality: Person, author: Person, unit: Unit, position: Position) -> None:
        self.quality, self.author, self.unit, self.position = quality, author, unit, position

    def heading(self, code: str, title: str = "", parent: Node | None = None) -> Node:
        return services.create_node(
            code=code, title=title or f"Sección {code}", parent=parent, by=self.quality
        )

    def step(self, key: str, text: str = "<p>Haga lo que dice.</p>", **fields: Any) -> StepInput:
        fields.setdefault("title", key.replace("-", " ").capitalize())
        fields.setdefault("role", self.position)
        return StepInput(key=key, text=text, **fields)

    def document(
        self,
        code: str,
        title: str = "",
        *,
        level: Level = Level.INTERNAL,
        audience: list[Unit] | None = None,
        owner: Person | None = None,
        parent: Node | None = None,
    ) -> Document:
        document = documents.open_document(
            kind=Document.Kind.PROCEDURE,
            code=code,
            title=title or f"Procedimiento {code}",
            owner=owner or self.author,
            unit=self.unit,
            classification=level,
            by=self.quality,
        )
        if audience:
            documents.set_audience(document, audience, by=self.quality)
        services.create_node(
            code=code,
            title=document.title,
            parent=parent,
            document=document,
            by=self.quality,
        )
        return document

    def version(
        self,
        document: Document,
        steps: list[StepInput] | None = None,
        *,
        days_ago: int = 10,
        body: str = "<p>Introducción.</p>",
        title: str = "",
        **procedure: Any,
    ) -> Version:
        last = document.versions.order_by("-number").first()
        number = last.number + 1 if last else 1
        on = timezone.localdate() - timedelta(days=days_ago)
        approved_at = min(
            timezone.now(),
            timezone.now() - timedelta(days=max(days_ago, 0) + 1),
        )
        procedure.setdefault("purpose", "Que la persona sepa qué sigue.")
        version = services.record_procedure(
            document,
            procedure={
                **procedure,
                "steps": [self.step("registrar"), self.step("responder")]
                if steps is None
                else steps,
            },
            number=number,
            title=title or document.title,
            body=body,
            change=Version.Change.FIRST if number == 1 else Version.Change.MINOR,
            justification=REASON,
            author=self.author,
            approver=self.quality,
            approved_at=approved_at,
            effective_on=on,
            by=self.quality,
        )
        document.refresh_from_db()
        return version

    def page(self, code: str, title: str = "", **kwargs: Any) -> Document:
        """A published procedure with its place, in one call."""
        fields = {
            name: kwargs.pop(name)
            for name in ("level", "audience", "owner", "parent")
            if name in kwargs
        }
        document = self.document(code, title, **fields)
        self.version(document, **kwargs)
        return document
