"""Pages of published versions: rendered once, kept in the shared cache.

A published version never changes, so its body is kept under a key of the version, of the
sources it is rendered with, and of the mark of the names it borrows (positions, forms).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Case, Q, When
from django.template.loader import get_template, render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.accounts.models import Holding
from apps.core import richtext
from apps.documents import differences, markup
from apps.documents.models import Version
from apps.manual import comparison, content
from apps.manual.comparison import HOW, Comparison, StepDifference, compare
from apps.manual.content import FACTS, Content, StepContent, content_of

KEEP_SECONDS = 7 * 24 * 3600
TEMPLATES = ("manual/_body.html", "manual/_steps.html", "manual/public/_body.html")
# How a passage that is a step is named to the document engine.
STEP = "step:"
MODULES = (richtext, markup, differences, comparison, content)


@dataclass(frozen=True)
class Body:
    """The text of a version ready to be shown."""

    html: SafeString
    toc: list[tuple[str, str]]
    approver: str
    summary: str


@dataclass(frozen=True)
class How:
    """One thing around a step: who, by when, with what, what remains."""

    icon: str
    html: SafeString | str
    url: str = ""


@dataclass(frozen=True)
class ShownStep:
    """A step as the page shows it. `mark` says what its version changed in it, or is empty;
    `remarks` counts what reviewers said of it and is still open; readers comment on it at
    `comment_url`, where they may."""

    number: int
    title: SafeString | str
    text: SafeString
    how: list[How]
    mark: str = ""
    key: str = ""
    remarks: int = 0
    comment_url: str = ""


@lru_cache(maxsize=1)
def source_digest() -> str:
    """Hash of what bodies are rendered with: another release renders them anew."""
    digest = hashlib.sha256()
    for name in TEMPLATES:
        digest.update(get_template(name).template.source.encode())
    for path in (__file__, *(module.__file__ for module in MODULES)):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def body_key(version_id: int, words_stamp: Any, *, public: bool = False) -> str:
    """Cache key of a version's body, for the staff or for customers."""
    face = "public" if public else "staff"
    return f"manual:body:{face}:{version_id}:{words_stamp}:{source_digest()}"


def body_of(version: Version, code: str, words_stamp: Any, *, public: bool = False) -> Body:
    """The body of any published version, `code` being its page's."""
    key = body_key(version.pk, words_stamp, public=public)
    return _body(cache.get(key) or _make(version, code, key, public=public))


def preview_of(version: Version, code: str) -> Body:
    """The body of a draft exactly as readers will see it. Never kept: it changes."""
    return _body(_render(version, code))


def comparison_of(old: Version, new: Version, *, signs: bool = True) -> Comparison:
    """What changed between two versions of one document."""
    return compare(content_of(old), content_of(new), signs=signs)


def summary_of(old_id: int, new_id: int) -> str:
    """What changes from one published version to another, in sentences. Kept."""
    key = f"manual:summary:{old_id}:{new_id}:{source_digest()}"
    found = cache.get(key)
    if found is None:
        versions = Version.objects.in_bulk([old_id, new_id])
        result = comparison_of(versions[old_id], versions[new_id], signs=False)
        found = " ".join(result.summary)
        cache.set(key, found, KEEP_SECONDS)
    return found


def position_at(person: Any, version: Version) -> str:
    """Title of the position `person` held on the day `version` was approved.

    Where no holding covers that day, of the first one they had; else their name.
    """
    on = version.approved_at.date()
    covers = Q(from_on__lte=on) & (Q(until_on=None) | Q(until_on__gte=on))
    holding = (
        Holding.objects.filter(person=person)
        .select_related("position")
        .order_by(Case(When(covers, then=0), default=1), "from_on", "pk")
        .first()
    )
    return holding.position.title if holding else str(person)


def _body(kept: dict[str, Any]) -> Body:
    return Body(
        html=_trusted(kept["html"]),
        toc=[(anchor, title) for anchor, title in kept["toc"]],
        approver=kept["approver"],
        summary=kept["summary"],
    )


def _make(version: Version, code: str, key: str, *, public: bool = False) -> dict[str, Any]:
    kept = _render_public(version) if public else _render(version, code)
    cache.set(key, kept, KEEP_SECONDS)
    return kept


def draft_of(version: Version, compare_url: str, remarks: Mapping[str, int]) -> Body:
    """The body of a version that is not in force, made anew at every look; never kept.

    Its changes are told at `compare_url`; `remarks` are counts by passage.
    """
    return _body(_render(version, version.document.code, compare_url, remarks))


def _render(
    version: Version,
    code: str,
    compare_url: str = "",
    remarks: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    words = content_of(version)
    former = (
        Version.objects.standing()
        .filter(document=version.document_id, number__lt=version.number)
        .order_by("-number")
        .first()
    )
    changes = compare(content_of(former), words, signs=False) if former else None
    intro, toc_of_intro = _intro(words.body)
    context = {
        "words": words,
        "facts": _facts(words),
        "intro": intro,
        "steps": [
            _shown(step, changes, remarks or {}, "" if compare_url else code)
            for step in words.steps
        ],
        "gone": [step for step in changes.steps if "removed" in step.kinds] if changes else [],
        "example": _rich(words.example, 3),
        "notes": _rich(words.notes, 3),
        "version": version,
        "former": former,
        "compare_url": compare_url or (_compare_url(code, former, version) if former else ""),
    }
    toc = [("para-que", _("Para qué sirve"))] if words.purpose else []
    toc += toc_of_intro
    for name, anchor, title in (
        ("steps", "pasos", _("Pasos")),
        ("example", "ejemplo", _("Ejemplo")),
        ("notes", "casos", _("Casos especiales")),
    ):
        if getattr(words, name):
            toc.append((anchor, title))
    return {
        "html": render_to_string("manual/_body.html", context),
        "toc": toc,
        "approver": position_at(version.approver, version) if version.approver_id else "",
        "summary": " ".join(changes.summary) if changes else "",
    }


def _render_public(version: Version) -> dict[str, Any]:
    words = content_of(version)
    context = {
        "words": words,
        "facts": [(label, text) for name, label, text in _named_facts(words) if name != "standard"],
        "intro": _rich(words.body, 2, public=True),
        "steps": [{"step": step, "text": _rich(step.text, 4, public=True)} for step in words.steps],
        "example": _rich(words.example, 3, public=True),
        "notes": _rich(words.notes, 3, public=True),
    }
    html = render_to_string("manual/public/_body.html", context)
    return {"html": html, "toc": [], "approver": "", "summary": ""}


def _named_facts(words: Content) -> list[tuple[str, Any, str]]:
    return [(name, label, words.facts[name]) for name, label in FACTS if name in words.facts]


def _facts(words: Content) -> list[tuple[Any, str]]:
    return [(label, text) for _name, label, text in _named_facts(words)]


def _intro(body: str) -> tuple[SafeString, list[tuple[str, str]]]:
    """The free text with an anchor at each of its titles, and their table."""
    root = markup.labelled(markup.fitted(markup.parse(body), 2))
    toc = []
    for element in root.walk():
        if element.tag == "h2" and element.text.strip():
            anchor = f"apartado-{len(toc) + 1}"
            element.attributes = (*element.attributes, ("id", anchor))
            toc.append((anchor, element.text.strip()))
    return _trusted(markup.to_html(root)), toc


def _rich(text: str, level: int, *, public: bool = False) -> SafeString:
    root = markup.labelled(markup.fitted(markup.parse(text), level))
    if public:
        root = markup.without_inner_links(root)
    return _trusted(markup.to_html(root))


def _trusted(html: str) -> SafeString:
    # SECURITY: made here of sanitised trees and of templates that escape; see core.richtext.
    return mark_safe(html)  # noqa: S308


def _shown(
    step: StepContent, changes: Comparison | None, remarks: Mapping[str, int], code: str
) -> ShownStep:
    change = changes.step(step.key) if changes else None
    marks = {
        "added": _("Nuevo en la versión %(n)s"),
        "changed": _("Cambió en la versión %(n)s"),
        "moved": _("Cambió de lugar en la versión %(n)s"),
    }
    if change is None or "changed" not in change.kinds:
        title, text = step.title, _rich(step.text, 4)
    else:
        title, text = change.title, change.text
    return ShownStep(
        number=step.number,
        title=title,
        text=text,
        how=_how(step, change),
        mark=marks[change.kinds[-1]] % {"n": changes.new_number} if change and changes else "",
        key=step.key,
        remarks=remarks.get(f"{STEP}{step.key}", 0),
        comment_url=f"{reverse('reach:comment', args=[code])}?{urlencode({'paso': step.key})}"
        if code
        else "",
    )


def _how(step: StepContent, change: StepDifference | None) -> list[How]:
    altered: dict[str, SafeString] = {}
    if change and "changed" in change.kinds:
        altered = {str(item.label): item.html for item in change.how}
    prefixes = {"accountable": _("Responde: "), "record": _("Queda: ")}
    found = []
    for name, label, icon in HOW:
        html = altered.get(str(label)) or getattr(step, name)
        if not html:
            continue
        if name in prefixes:
            html = format_html("{}{}", prefixes[name], html)
        url = ""
        if name == "form" and step.form_code and str(label) not in altered:
            url = reverse("manual:form", args=[step.form_code])
        found.append(How(icon, html, url))
    return found


def _compare_url(code: str, old: Version, new: Version) -> str:
    return f"{reverse('manual:compare', args=[code])}?de={old.number}&a={new.number}"
