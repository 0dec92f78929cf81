"""How the manual shows its versions to the document engine: text, changes, passages, address."""

from __future__ import annotations

from collections.abc import Mapping

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.documents.addressing import involved_positions
from apps.documents.models import Document, Version
from apps.documents.services import Passage, passages
from apps.documents.showing import Changed, Face, Shown, faces
from apps.manual import reading, selectors
from apps.manual.content import content_of
from apps.manual.models import Node, Procedure, Step


def is_ours(version: Version) -> bool:
    """Whether `version` is of a procedure, or of a page of the manual."""
    return (
        version.document.kind == Document.Kind.PROCEDURE
        or Procedure.objects.filter(version=version.pk).exists()
        or Node.objects.filter(document=version.document_id).exists()
    )


def body(version: Version, remarks: Mapping[str, int]) -> Shown | None:
    """Published versions of a page come from the cache; every other is made at each look."""
    if not is_ours(version):
        return None
    has_page = version.document.current_id and Node.objects.filter(document=version.document_id)
    if version.is_published and not remarks and has_page and has_page.exists():
        stamp = selectors.stamps()["words"]
        found = reading.body_of(version, version.document.code, stamp)
    else:
        name = "documents:review" if version.is_open else "documents:version"
        address = reverse(name, args=[version.document.code, version.number])
        found = reading.draft_of(version, f"{address}?ver=cambios", remarks)
    return Shown(found.html, found.toc)


def changes(old: Version, new: Version) -> Changed | None:
    """What changed by fact, step and word, with visible signs."""
    if not is_ours(new):
        return None
    comparison = reading.comparison_of(old, new)
    html = render_to_string("manual/_comparison.html", {"comparison": comparison})
    return Changed(html, comparison.summary)


def address(document: Document) -> str | None:
    """The page of the manual where the version in force is read."""
    if document.current_id is None:
        return None
    code = Node.objects.filter(document=document).values_list("code", flat=True).first()
    return reverse("manual:page", args=[code]) if code else None


def passages_in(version: Version) -> dict[str, Passage]:
    """What a procedure consists of, in reading order; nothing for other documents."""
    if not is_ours(version):
        return {}
    words = content_of(version)
    found = {}
    if words.purpose:
        found["purpose"] = Passage(_("Para qué sirve"), "para-que")
    for step in words.steps:
        title = _("Paso %(n)s: %(title)s") % {"n": step.number, "title": step.title}
        found[f"{reading.STEP}{step.key}"] = Passage(title, f"paso-{step.number}")
    if words.example:
        found["example"] = Passage(_("Ejemplo"), "ejemplo")
    if words.notes:
        found["notes"] = Passage(_("Casos especiales"), "casos")
    return found


def positions_in(version: Version) -> set[int]:
    """Positions (keys) that do a step of `version` or answer for it."""
    rows = Step.objects.filter(version=version.pk).values_list("role_id", "accountable_id")
    return {pk for row in rows for pk in row if pk is not None}


def hand_over() -> None:
    """Register with the document engine; called once when the apps have loaded."""
    faces.add("manual", Face(body=body, changes=changes, address=address))
    passages.add("manual", passages_in)
    involved_positions.add("manual", positions_in)
