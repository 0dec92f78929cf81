"""Findings, actions and good practices can be found, and named as an origin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.registry import SearchDocument, SearchKind, search_kinds
from apps.core.search.gathering import gathered
from apps.improvement.models import Action, Finding, GoodPractice

FINDING, ACTION, PRACTICE = "finding", "action", "practice"
KIND_OF = {Finding: FINDING, Action: ACTION, GoodPractice: PRACTICE}


def _finding_documents(rows: models.QuerySet[Finding]) -> Iterable[SearchDocument]:
    for finding in rows.select_related("unit"):
        parts = (finding.text, finding.root_cause, finding.conclusion)
        yield SearchDocument(
            object_id=finding.pk,
            code=finding.code,
            title=finding.title,
            body="\n".join(part for part in parts if part),
            context=finding.unit.name,
            url=finding.get_absolute_url(),
            changed_on=timezone.localdate(finding.created_at),
        )


def _action_documents(rows: models.QuerySet[Action]) -> Iterable[SearchDocument]:
    for action in rows.select_related("unit"):
        yield SearchDocument(
            object_id=action.pk,
            code=action.code,
            title=action.title,
            body="\n".join(part for part in (action.text, action.aim) if part),
            context=action.unit.name,
            url=action.get_absolute_url(),
            changed_on=timezone.localdate(action.created_at),
        )


def _practice_documents(rows: models.QuerySet[GoodPractice]) -> Iterable[SearchDocument]:
    for practice in rows.select_related("unit"):
        yield SearchDocument(
            object_id=practice.pk,
            code=practice.code,
            title=practice.title,
            body=f"{practice.text}\n{practice.benefit}",
            context=practice.unit.name,
            url=practice.get_absolute_url(),
            changed_on=timezone.localdate(practice.created_at),
        )


for key, model, label, plural, icon, documents in (
    (FINDING, Finding, _("Hallazgo"), _("Hallazgos"), "search", _finding_documents),
    (ACTION, Action, _("Acción de mejora"), _("Acciones de mejora"), "kanban", _action_documents),
    (PRACTICE, GoodPractice, _("Buena práctica"), _("Buenas prácticas"), "lightbulb",
     _practice_documents),
):  # fmt: skip
    search_kinds.add(
        key,
        SearchKind(
            label=label,
            plural=plural,
            icon=icon,
            model=model,
            visible=model.objects.visible_to,
            rows=model.objects.all,
            documents=documents,
        ),
    )


@receiver([post_save, post_delete], dispatch_uid="search-improvement")
def _changed(sender: type, instance: Any, **kwargs: Any) -> None:
    if sender in KIND_OF:
        gathered.add(KIND_OF[sender], [instance.pk])
