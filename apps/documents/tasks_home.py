"""What waits for a person among documents: decisions, reviews, norms, readings, comments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import Person
from apps.core.prepared import Prepared
from apps.core.registry import HomeTask, home_tasks
from apps.documents import selectors
from apps.documents.models import Document, Feedback, Obligation, Regulation, Version
from apps.documents.permissions import Perm

AHEAD = timedelta(days=30)
NORMS_AHEAD = timedelta(days=90)
# What was published without approval is looked at soon.
RATIFIED_WITHIN = timedelta(days=3)
AT_MOST = 50


# Compiled once: building these statements costs ten times what answering them does.
_reviews_owed = Prepared(
    lambda actor: (
        Document.objects.visible_to(actor)
        .reviewed_by(actor, timezone.localdate())
        .filter(next_review_on__lte=timezone.localdate() + AHEAD)
        .order_by("next_review_on", "pk")[:AT_MOST]
    )
)
_decisions = Prepared(
    lambda actor: (
        selectors.waiting_for(Version.objects.visible_to(actor), actor, timezone.localdate())
        .select_related("document")
        .only(
            "document__code",
            "number",
            "title",
            "state",
            "wanted_on",
            "submitted_at",
            "author_id",
            "emergency_reason",
            "approved_at",
            "ratified_at",
            "objected_at",
        )
        .order_by("submitted_at", "pk")[:AT_MOST]
    )
)
_norms = Prepared(
    lambda actor: (
        Regulation.objects.visible_to(actor)
        .with_counts(actor)
        .filter(pending__gt=0, effective_on__lte=timezone.localdate() + NORMS_AHEAD)
        .order_by("effective_on", "pk")[:AT_MOST]
    )
)
_readings = Prepared(
    lambda actor: (
        Obligation.objects.still_open()
        .filter(
            person=actor.pk,
            version__document__in=Document.objects.visible_to(actor).order_by().values("pk"),
        )
        .select_related("version__document")
        .defer("version__body", "version__justification")
        .order_by("due_on", "pk")[:AT_MOST]
    )
)
_unanswered = Prepared(
    lambda actor: (
        Feedback.objects.unanswered()
        .filter(document__owner=actor.pk)
        .exclude(author=actor.pk)
        .only("pk")
        .order_by()[: AT_MOST + 1]
    )
)


def document_tasks(person: Person) -> Iterable[HomeTask]:
    """Reviews due within 30 days that fall to `person` or to whom they stand in for. One query."""
    for document in _reviews_owed(person):
        mine = document.charged_id == person.pk
        yield HomeTask(
            title=_("Revisar %(code)s, %(title)s")
            % {"code": document.code, "title": document.title},
            note=_("Usted dice si sigue siendo correcto.")
            if mine
            else _("Usted reemplaza a quien la revisa."),
            url=reverse("reviews:review", args=[document.code]),
            icon="journal-text",
            due_at=_evening(document.next_review_on),
            all_day=True,
        )


def decision_tasks(person: Person) -> Iterable[HomeTask]:
    """Versions that `person` is to approve, to correct or to stand by. One query."""
    for version in _decisions(person):
        yield _decision(version, person)


def _decision(version: Version, person: Person) -> HomeTask:
    names = {"code": version.document.code, "title": version.title, "n": version.number}
    url = reverse("documents:review", args=[version.document.code, version.number])
    if version.state == Version.State.IN_REVIEW and version.author_id == person.pk:
        title = _("Elegir quién aprueba %(code)s, %(title)s (versión %(n)s)")
        note = _("Una persona a quien se lo pidió ya no trabaja aquí: retome el borrador.")
        icon = "person-slash"
    elif version.state == Version.State.IN_REVIEW:
        title, note = _("Aprobar %(code)s, %(title)s (versión %(n)s)"), _("Le piden su decisión.")
        icon = "check2-square"
    elif version.state == Version.State.DRAFT:
        title, note = _("Corregir %(code)s, %(title)s (versión %(n)s)"), _("Le piden cambios.")
        icon, url = "arrow-return-left", version.document.get_absolute_url()
    elif version.objected_at:
        title = _("Reemplazar %(code)s, %(title)s (versión %(n)s)")
        note = _("No se ratificó lo que usted publicó de emergencia y sigue en vigor.")
        icon, url = "x-octagon", version.document.get_absolute_url()
    else:
        title = _("Ratificar %(code)s, %(title)s (versión %(n)s)")
        note = _("Se publicó de emergencia, sin aprobación previa.")
        icon, url = "exclamation-triangle", version.document.get_absolute_url()
    due_at = None
    if version.awaits_ratification and version.approved_at:
        due_at = version.approved_at + RATIFIED_WITHIN
    if version.state == Version.State.IN_REVIEW and version.wanted_on:
        due_at = _evening(version.wanted_on)
    return HomeTask(title=title % names, note=note, url=url, icon=icon, due_at=due_at, all_day=True)


def regulation_tasks(person: Person) -> Iterable[HomeTask]:
    """Norms with documents to adapt that take effect within 90 days, for who keeps the
    register. One query, none for others."""
    if not person.has_perm(Perm.MANAGE_REGULATIONS):
        return
    for row in _norms(person):
        yield HomeTask(
            title=_("Adaptar documentos: %(norm)s") % {"norm": row.code},
            note=ngettext(
                "Queda %(n)s documento por adaptar.",
                "Quedan %(n)s documentos por adaptar.",
                row.pending,
            )
            % {"n": row.pending},
            url=row.get_absolute_url(),
            icon="bank",
            due_at=_evening(row.effective_on),
            all_day=True,
        )


def _evening(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(18)))


def reading_tasks(person: Person) -> Iterable[HomeTask]:
    """Versions `person` must read and accept, soonest first. One query."""
    for obligation in _readings(person):
        document = obligation.version.document
        yield HomeTask(
            title=_("Leer y aceptar %(code)s, %(title)s")
            % {"code": document.code, "title": obligation.version.title},
            note=_("Se publicó una versión que le pide leerla."),
            url=reverse("reach:accept", args=[document.code]),
            icon="check2-square",
            due_at=_evening(obligation.due_on),
            all_day=True,
        )


def feedback_tasks(person: Person) -> Iterable[HomeTask]:
    """Comments on documents `person` owns that wait for an answer. One query."""
    waiting = len(_unanswered(person))
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


home_tasks.add("readings", reading_tasks)
home_tasks.add("feedback", feedback_tasks)
home_tasks.add("documents", document_tasks)
home_tasks.add("regulations", regulation_tasks)
home_tasks.add("decisions", decision_tasks)
