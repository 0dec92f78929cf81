"""How standards show their versions to the document engine: text, changes, address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.documents import markup
from apps.documents.differences import changed_text, changed_words
from apps.documents.models import Document, Version
from apps.documents.services import Passage, passages
from apps.documents.showing import Changed, Face, Shown, faces
from apps.standards.models import Criterion, Promise
from apps.standards.words import sentence_of, target_words, tolerance_words

FACTS = ("commitment", "scope", "remedy")


def _promise_of(version: Version) -> Promise | None:
    return Promise.objects.filter(version=version).select_related("service").first()


def _criteria_of(version: Version) -> list[Criterion]:
    return list(Criterion.objects.filter(version=version).select_related("indicator__current"))


def body(version: Version, remarks: Mapping[str, int]) -> Shown | None:
    """Promise, criteria and free text of a standard of this room."""
    promise = _promise_of(version) if version.document.kind == Document.Kind.STANDARD else None
    if promise is None:
        return None
    criteria = _criteria_of(version)
    context = {
        "promise": promise,
        "criteria": [
            {
                "criterion": row,
                "target": target_words(row),
                "tolerance": tolerance_words(row),
                "remarks": remarks.get(f"criterion:{row.key}", 0),
            }
            for row in criteria
        ],
        "text": _rich(version.body),
    }
    toc = [("compromiso", _("Compromiso"))]
    if criteria:
        toc.append(("criterios", _("Criterios")))
    if promise.remedy:
        toc.append(("si-fallamos", _("Si fallamos")))
    return Shown(render_to_string("standards/_text.html", context), toc)


def changes(old: Version, new: Version) -> Changed | None:
    """What a version promises otherwise than an earlier one: facts, criteria, text."""
    if new.document.kind != Document.Kind.STANDARD:
        return None
    was, now = _promise_of(old), _promise_of(new)
    if now is None:
        return None
    facts: list[dict[str, Any]] = []
    pairs = [(_("Título"), old.title, new.title)]
    pairs.append((_("Servicio"), str(was.service) if was else "", str(now.service)))
    pairs += [
        (Promise._meta.get_field(name).verbose_name, getattr(was, name, ""), getattr(now, name))
        for name in FACTS
    ]
    for label, before, after in pairs:
        if before != after:
            facts.append({"label": label, "html": changed_words(before, after, signs=True)})
    before = {row.key: sentence_of(row) for row in _criteria_of(old)}
    after = {row.key: sentence_of(row) for row in _criteria_of(new)}
    criteria = [
        changed_words(before.get(key, ""), after.get(key, ""), signs=True)
        for key in dict.fromkeys([*after, *before])
        if before.get(key) != after.get(key)
    ]
    text = changed_text(old.body, new.body, signs=True, level=3) if old.body != new.body else ""
    html = render_to_string(
        "standards/_changes.html", {"facts": facts, "criteria": criteria, "text": text}
    )
    summary = [_("Cambia: %(what)s.") % {"what": str(row["label"]).lower()} for row in facts]
    if criteria:
        summary.append(_("Cambian los criterios."))
    if text:
        summary.append(_("Cambia el texto."))
    return Changed(html, summary or [_("Nada cambia en el texto.")])


def address(document: Document) -> str | None:
    """The page of the standard in force."""
    if document.kind != Document.Kind.STANDARD or document.current_id is None:
        return None
    return reverse("standards:standard", args=[document.code])


def draft(document: Document) -> str | None:
    """Where its draft is written."""
    if document.kind != Document.Kind.STANDARD:
        return None
    return reverse("standards:draft", args=[document.code])


def passages_in(version: Version) -> dict[str, Passage]:
    """What a remark on a standard may be about."""
    if version.document.kind != Document.Kind.STANDARD:
        return {}
    found = {"commitment": Passage(_("Compromiso"), "compromiso")}
    for row in Criterion.objects.filter(version=version):
        title = _("Criterio %(n)s: %(title)s") % {"n": row.number, "title": row.title}
        found[f"criterion:{row.key}"] = Passage(title, f"criterio-{row.key}")
    return found


def _rich(text: str) -> SafeString:
    # SECURITY: made here of a sanitised tree; see core.richtext.
    return mark_safe(markup.to_html(markup.fitted(markup.parse(text), 2)))  # noqa: S308


def hand_over() -> None:
    """Register with the document engine; called once when the apps have loaded."""
    faces.add("standards", Face(body=body, changes=changes, address=address, draft=draft))
    passages.add("standards", passages_in)
