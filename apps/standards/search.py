"""Standards in force and services can be found, and named as an origin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.registry import SearchDocument, SearchKind, search_kinds
from apps.core.richtext import plain_text
from apps.core.search import indexing
from apps.core.search.gathering import gathered
from apps.documents.models import Document, Version
from apps.documents.services import came_into_force, left_force
from apps.standards.models import Criterion, Expectation, Promise, Service
from apps.standards.querysets import standards_for

STANDARD, SERVICE = "standard", "service"


def _standards() -> models.QuerySet[Document]:
    return Document.objects.filter(kind=Document.Kind.STANDARD).in_force()


def _visible_standards(actor: Any) -> models.QuerySet[Document]:
    return standards_for(actor).in_force()


def _standard_documents(rows: models.QuerySet[Document]) -> Iterable[SearchDocument]:
    found = list(rows.exclude(current=None).select_related("current"))
    versions = [row.current_id for row in found]
    promises = {
        row.version_id: row
        for row in Promise.objects.filter(version__in=versions).select_related("service")
    }
    criteria: dict[int, list[str]] = {}
    for row in Criterion.objects.filter(version__in=versions):
        criteria.setdefault(row.version_id, []).append(f"{row.title}. {row.sampling}")
    for document in found:
        promise = promises.get(document.current_id)
        parts = [promise.commitment, promise.scope, promise.remedy] if promise else []
        parts += [*criteria.get(document.current_id, []), plain_text(document.current.body)]
        yield SearchDocument(
            object_id=document.pk,
            code=document.code,
            title=document.title,
            body="\n".join(part for part in parts if part),
            context=promise.service.name if promise else "",
            url=reverse("standards:standard", args=[document.code]),
            changed_on=document.current.effective_on,
        )


def _service_documents(rows: models.QuerySet[Service]) -> Iterable[SearchDocument]:
    for service in rows.select_related("unit").prefetch_related("expectations"):
        parts = [service.summary, service.audience, service.channels, service.hours]
        parts += [row.text for row in service.expectations.all()]
        yield SearchDocument(
            object_id=service.pk,
            code=service.code,
            title=service.name,
            body="\n".join(parts),
            context=service.unit.name,
            url=service.get_absolute_url(),
            changed_on=timezone.localdate(service.created_at),
        )


@receiver(came_into_force, dispatch_uid="search-standard")
def _index_standard(sender: type, version: Version, **kwargs: Any) -> None:
    if version.document.kind == Document.Kind.STANDARD:
        indexing.index(STANDARD, _standards().filter(pk=version.document_id))


@receiver(left_force, dispatch_uid="search-standard-gone")
def _forget_standard(sender: type, document: Document, **kwargs: Any) -> None:
    if document.kind == Document.Kind.STANDARD:
        indexing.remove(STANDARD, [document.pk])


@receiver([post_save, post_delete], dispatch_uid="search-service")
def _service_changed(sender: type, instance: Any, **kwargs: Any) -> None:
    if sender is Service:
        gathered.add(SERVICE, [instance.pk])
    elif sender is Expectation:
        gathered.add(SERVICE, [instance.service_id])


search_kinds.add(
    STANDARD,
    SearchKind(
        label=_("Estándar"),
        plural=_("Estándares"),
        icon="award",
        model=Document,
        visible=_visible_standards,
        rows=_standards,
        documents=_standard_documents,
    ),
)
search_kinds.add(
    SERVICE,
    SearchKind(
        label=_("Servicio"),
        plural=_("Servicios"),
        icon="droplet",
        model=Service,
        visible=Service.objects.visible_to,
        rows=Service.objects.all,
        documents=_service_documents,
    ),
)
