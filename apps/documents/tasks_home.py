"""What waits for a person among documents: reviews, readings to accept, comments to answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import Person
from apps.core.registry import HomeTask, home_tasks
from apps.documents.models import Document, Feedback, Obligation

AHEAD = timedelta(days=30)
AT_MOST = 50


def document_tasks(person: Person) -> Iterable[HomeTask]:
    """Documents `person` owns whose review is due within 30 days. One query."""
    soon = timezone.localdate() + AHEAD
    owed = (
        Document.objects.visible_to(person)
        .in_force()
        .filter(owner=person, next_review_on__lte=soon)
        .order_by("next_review_on", "pk")[:AT_MOST]
    )
    for document in owed:
        yield HomeTask(
            title=_("Revisar %(code)s, %(title)s")
            % {"code": document.code, "title": document.title},
            note=_("Manual. Usted es responsable de que siga siendo correcto."),
            url=f"/manual/{document.code}/",
            icon="journal-text",
            due_at=timezone.make_aware(datetime.combine(document.next_review_on, time(18))),
        )


def reading_tasks(person: Person) -> Iterable[HomeTask]:
    """Versions `person` must read and accept, soonest first. One query."""
    seen = Document.objects.visible_to(person).order_by().values("pk")
    owed = (
        Obligation.objects.still_open()
        .filter(person=person.pk, version__document__in=seen)
        .select_related("version__document")
        .defer("version__body", "version__justification")
        .order_by("due_on", "pk")[:AT_MOST]
    )
    for obligation in owed:
        document = obligation.version.document
        yield HomeTask(
            title=_("Leer y aceptar %(code)s, %(title)s")
            % {"code": document.code, "title": obligation.version.title},
            note=_("Se publicó una versión que le pide leerla."),
            url=reverse("reach:accept", args=[document.code]),
            icon="check2-square",
            due_at=timezone.make_aware(datetime.combine(obligation.due_on, time(18))),
        )


def feedback_tasks(person: Person) -> Iterable[HomeTask]:
    """Comments on documents `person` owns that wait for an answer. One query."""
    waiting = (
        Feedback.objects.unanswered()
        .filter(document__owner=person.pk)
        .exclude(author=person.pk)
        .order_by()[: AT_MOST + 1]
        .count()
    )
    if not waiting:
        return
    words = ngettext(
        "Responder %(n)s comentario sobre sus documentos",
        "Responder %(n)s comentarios sobre sus documentos",
        waiting,
    )
    yield HomeTask(
        title=words % {"n": waiting if waiting <= AT_MOST else _("más de 50")},
        note=_("Quien comentó recibe un aviso con su decisión."),
        url=f"{reverse('reach:feedback-list')}?de=a-mi&estado=open",
        icon="chat-left-text",
    )


home_tasks.add("documents", document_tasks)
home_tasks.add("readings", reading_tasks)
home_tasks.add("feedback", feedback_tasks)
