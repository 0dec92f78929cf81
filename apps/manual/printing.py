"""The PDF of one version of a page, with the marks of a copy (M25)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.core.pdf import render_pdf
from apps.documents.markup import print_blocks
from apps.documents.models import Version
from apps.manual.comparison import HOW
from apps.manual.content import FACTS, Content, StepContent, content_of
from apps.manual.models import Node
from apps.manual.reading import position_at

# Around a step in print, where no icon speaks: the label always stands before the words.
PRINTED_HOW = [(name, label) for name, label, _icon in HOW]


def pdf_of(version: Version, node: Node, *, by: Any, at: datetime) -> bytes:
    """The exact `version` as PDF for `by`, who took it at the instant `at` (aware).

    The same version, person and instant give the same bytes.
    """
    return render_pdf("document.typ", printed(version, node, by=by, at=at), created_at=at)


def printed(version: Version, node: Node, *, by: Any, at: datetime) -> dict[str, Any]:
    """Plain data for templates/pdf/document.typ; rich text as blocks, never as markup."""
    words = content_of(version)
    local = timezone.localtime(at)
    return {
        "title": version.title,
        "code": node.code,
        "running": _("%(code)s · Versión %(n)s") % {"code": node.code, "n": version.number},
        "marks": _marks(version, node),
        "uncontrolled": _("Copia no controlada"),
        "taken": _("Descargada por %(who)s el %(on)s.")
        % {"who": by.get_full_name(), "on": date_format(local, "DATETIME_FORMAT")},
        "page_of": [_("Página"), _("de")],
        "hash_label": _("Huella del contenido (SHA-256)"),
        "hash": version.content_hash,
        "purpose": {"title": _("Para qué sirve"), "text": words.purpose},
        "facts": [[str(label), words.facts[name]] for name, label in FACTS if name in words.facts],
        "intro": print_blocks(words.body),
        "steps_title": _("Pasos"),
        "steps": [_step(step) for step in words.steps],
        "sections": _sections(words),
    }


def _marks(version: Version, node: Node) -> list[list[str]]:
    approver = position_at(version.approver, version) if version.approver_id else ""
    marks = [
        [_("Código"), node.code],
        [_("Versión"), str(version.number)],
        [_("Estado"), version.get_state_display()],
        [_("En vigor desde"), date_format(version.effective_on)],
    ]
    if version.superseded_on:
        marks.append([_("Sustituida el"), date_format(version.superseded_on)])
    marks.append([_("Aprobó"), approver])
    marks.append([_("Clasificación"), node.document.get_classification_display()])
    return marks


def _step(step: StepContent) -> dict[str, Any]:
    how = [[str(label), getattr(step, name)] for name, label in PRINTED_HOW if getattr(step, name)]
    return {
        "number": step.number,
        "title": step.title,
        "blocks": print_blocks(step.text),
        "how": how,
    }


def _sections(words: Content) -> list[dict[str, Any]]:
    return [
        {"title": title, "blocks": print_blocks(text)}
        for title, text in ((_("Ejemplo"), words.example), (_("Casos especiales"), words.notes))
        if text
    ]
