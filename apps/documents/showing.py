"""The text of any version as its readers see it, published or not, and what changed in it.

Rooms above hand over how they show a version of theirs; what nobody else shows is its title
and text. Nothing here is kept in the cache: a draft is another text at every look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.core.registry import Registry
from apps.documents import markup
from apps.documents.differences import changed_text, changed_words
from apps.documents.models import Document, Version


@dataclass(frozen=True)
class Shown:
    """The text of a version without its title: HTML, and its contents (anchor, title)."""

    html: SafeString
    toc: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Changed:
    """What differs between two versions: as HTML with its marks, and in sentences."""

    html: SafeString
    summary: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Face:
    """How a room shows its versions; each function answers None for those of other rooms.

    `address` is where the version in force is read, `draft` where a draft is written or begun.
    """

    body: Callable[[Version, Mapping[str, int]], Shown | None]
    changes: Callable[[Version, Version], Changed | None]
    address: Callable[[Document], str | None]
    draft: Callable[[Document], str | None] = lambda document: None


faces: Registry[Face] = Registry("face of versions")


def address_of(document: Document) -> str:
    """Where the version in force of `document` is read; its card where there is none."""
    for face in faces.values():
        address = face.address(document)
        if address:
            return address
    return document.get_absolute_url()


def body_of(version: Version, remarks: Mapping[str, int] | None = None) -> Shown:
    """The text of `version` as readers see it or will see it.

    `remarks` counts, by passage, the remarks that are still open: each is told beside its
    passage, with a link to them.
    """
    for face in faces.values():
        shown = face.body(version, remarks or {})
        if shown is not None:
            return shown
    root = markup.fitted(markup.parse(version.body), 2)
    toc = []
    for element in root.walk():
        if element.tag == "h2" and element.text.strip():
            anchor = f"apartado-{len(toc) + 1}"
            element.attributes = (*element.attributes, ("id", anchor))
            toc.append((anchor, element.text.strip()))
    return Shown(_trusted(markup.to_html(root)), toc)


def changes_of(old: Version, new: Version) -> Changed:
    """What `new` changes in `old`, an earlier version of the same document."""
    for face in faces.values():
        found = face.changes(old, new)
        if found is not None:
            return found
    parts, summary = [], []
    if old.title != new.title:
        words = changed_words(old.title, new.title, signs=True)
        parts.append(f"<h2>{_('Título')}</h2><p>{words}</p>")
        summary.append(_("Cambia el título."))
    if old.body != new.body:
        words = changed_text(old.body, new.body, signs=True, level=3)
        parts.append(f"<h2>{_('Texto')}</h2>{words}")
        summary.append(_("Cambia el texto."))
    return Changed(_trusted("".join(parts)), summary or [_("Nada cambia en el texto.")])


def _trusted(html: str) -> SafeString:
    # SECURITY: made of sanitised trees and of words escaped by `differences` and `markup`.
    return mark_safe(html)  # noqa: S308
