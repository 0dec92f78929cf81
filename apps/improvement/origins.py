"""Where findings come from in the rooms below, and what they tell those rooms' pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.origins import Mention, OriginKind, mentions, offers, origin_kinds
from apps.documents.models import Document, Feedback
from apps.improvement.models import Action, ChangeRequest, Finding, GoodPractice
from apps.improvement.permissions import Perm
from apps.indicators.models import Signal
from apps.indicators.words import sentence_of

FEEDBACK, DOCUMENT, SIGNAL, INDICATOR = "feedback", "document", "signal", "indicator"
SHOWN = 20
ICON_OF = {
    Finding.Kind.NONCONFORMITY: "exclamation-octagon",
    Finding.Kind.AREA: "arrow-up-right-circle",
    Finding.Kind.PRACTICE: "lightbulb",
    Finding.Kind.SIGNAL: "broadcast",
}


def _feedback_places(actor: Any, keys: Iterable[int]) -> dict[int, tuple[str, str]]:
    rows = Feedback.objects.visible_to(actor).filter(pk__in=keys).select_related("document")
    return {
        row.pk: (
            _("«%(text)s», sobre %(code)s")
            % {"text": Truncator(row.text).chars(80), "code": row.document.code},
            reverse("reach:feedback", args=[row.pk]),
        )
        for row in rows
    }


def _document_places(actor: Any, keys: Iterable[int]) -> dict[int, tuple[str, str]]:
    rows = Document.objects.visible_to(actor).filter(pk__in=keys)
    return {row.pk: (str(row), row.get_absolute_url()) for row in rows}


def _signal_places(actor: Any, keys: Iterable[int]) -> dict[int, tuple[str, str]]:
    rows = Signal.objects.visible_to(actor).filter(pk__in=keys)
    return {
        row.pk: (
            sentence_of(row, row.indicator.current),
            row.get_absolute_url(),
        )
        for row in rows.select_related("indicator__current", "measurement")
    }


origin_kinds.add(
    SIGNAL,
    OriginKind(gettext_lazy("Señal de un indicador"), "broadcast", _signal_places),
)
origin_kinds.add(
    FEEDBACK,
    OriginKind(gettext_lazy("Comentario de un lector"), "chat-left-text", _feedback_places),
)
origin_kinds.add(
    DOCUMENT, OriginKind(gettext_lazy("Documento"), "file-earmark-check", _document_places)
)


def _mentions(actor: Any, kind: str, key: int) -> Iterable[Mention]:
    """Findings and practices that came from the thing; of a document the findings that asked
    to change it, of an indicator its signals' findings and the actions that should move it."""
    if not actor.has_perm(Perm.VIEW):
        return
    wanted = Q(origin_kind=kind, origin_key=key)
    if kind == DOCUMENT:
        wanted |= Q(changes__document=key)
    elif kind == INDICATOR:
        signals = Signal.objects.filter(indicator=key).values("pk")
        wanted |= Q(origin_kind=SIGNAL, origin_key__in=signals)
    asked = ChangeRequest.objects.filter(document=key if kind == DOCUMENT else None)
    here = Finding.objects.visible_to(actor).filter(wanted).distinct()
    here = here.annotate(
        asked=Subquery(asked.filter(finding=OuterRef("pk")).values("state")[:1])
    ).defer("text", "root_cause", "conclusion")
    for finding in here.order_by("-pk")[:SHOWN]:
        note = finding.get_state_display()
        if finding.asked:
            state = ChangeRequest.State(finding.asked).label
            note = _("Pidió un cambio: %(state)s") % {"state": str(state).lower()}
        yield Mention(str(finding), finding.get_absolute_url(), ICON_OF[finding.kind], note)
    practices = GoodPractice.objects.visible_to(actor).filter(origin_kind=kind, origin_key=key)
    for practice in practices.order_by("-pk")[:SHOWN]:
        note = practice.get_state_display()
        yield Mention(str(practice), practice.get_absolute_url(), "lightbulb", note)
    if kind == INDICATOR:
        actions = Action.objects.visible_to(actor).filter(indicator=key)
        for action in actions.order_by("-pk")[:SHOWN]:
            note = action.get_state_display()
            yield Mention(str(action), action.get_absolute_url(), "kanban", note)


def _offers(actor: Any, kind: str, key: int) -> Iterable[Mention]:
    if actor.has_perm(Perm.REPORT):
        query = urlencode({"de": kind, "clave": key})
        yield Mention(
            _("Registrar un hallazgo"), f"{reverse('improvement:finding-new')}?{query}", "plus-lg"
        )


mentions.add("improvement", _mentions)
offers.add("improvement", _offers)
