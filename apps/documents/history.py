"""The life of a document in words: states, turns of approval, what happened to each version."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.documents.models import Approval, Version

State = Version.State

# What a state is called, and with which tone and icon it is shown.
STATES = {
    State.DRAFT: (gettext_lazy("Borrador"), "", "pencil"),
    State.IN_REVIEW: (gettext_lazy("En revisión"), "brand", "people"),
    State.APPROVED: (gettext_lazy("Por entrar en vigor"), "brand", "calendar-event"),
    State.IN_FORCE: (gettext_lazy("En vigor"), "ok", "check-circle-fill"),
    State.SUPERSEDED: (gettext_lazy("Sustituida"), "", "clock-history"),
    State.RETIRED: (gettext_lazy("Retirada"), "warn", "x-circle"),
}


@dataclass(frozen=True)
class Tag:
    """A state as it is shown."""

    text: str
    tone: str
    icon: str


@dataclass(frozen=True)
class Turn:
    """One person's place in the line of approvals."""

    number: int
    person: str
    icon: str
    text: str
    is_done: bool = False
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """One thing that happened to a version."""

    icon: str
    title: str
    at: datetime | date
    text: str = ""
    is_ours: bool = False


@dataclass(frozen=True)
class Told:
    """A version with what happened to it, latest first."""

    version: Version
    tag: Tag
    entries: list[Entry] = field(default_factory=list)


def tag_of(version: Version) -> Tag:
    """The state of `version` as it is shown."""
    if version.was_cancelled:
        return Tag(_("Cancelada antes de regir"), "warn", "x-circle")
    text, tone, icon = STATES[State(version.state)]
    return Tag(str(text), tone, icon)


def tag_of_state(state: str) -> Tag:
    """The same for a state alone."""
    text, tone, icon = STATES[State(state)]
    return Tag(str(text), tone, icon)


def who(row: Approval) -> str:
    """Who decided: the person asked, or who stood in for them."""
    if row.decided_by_id is None or row.decided_by_id == row.person_id:
        return str(row.person)
    return _("%(who)s, en lugar de %(asked)s") % {"who": row.decided_by, "asked": row.person}


def turns_of(rows: list[Approval]) -> list[Turn]:
    """The line of approvals that stand: who said what, whose turn it is, who comes after."""
    pending = [row.order for row in rows if row.decision == Approval.Decision.PENDING]
    now = min(pending, default=0)
    found = []
    for row in rows:
        icon, text = "hourglass", _("Le toca después")
        if row.decision == Approval.Decision.APPROVED:
            icon, text = "check-lg", _("Aprobó")
        elif row.decision == Approval.Decision.RETURNED:
            icon, text = "arrow-return-left", _("Pidió cambios")
        elif row.order == now:
            icon, text = "hourglass-split", _("Le toca ahora")
            if not row.person.is_active:
                icon, text = "person-slash", _("Ya no trabaja aquí")
        found.append(
            Turn(
                number=row.order,
                person=who(row),
                icon=icon,
                text=text,
                is_done=row.decision == Approval.Decision.APPROVED,
                at=row.decided_at,
                note=row.note,
            )
        )
    return found


def told(version: Version) -> Told:
    """What happened to `version`, with `editors` and `approvals` as prefetched."""
    entries = [*_beginnings(version), *_decisions(version), *_endings(version)]
    entries.reverse()
    return Told(version, tag_of(version), entries)


def _beginnings(version: Version) -> list[Entry]:
    text = version.get_change_display()
    if version.justification:
        text = f"{text}: {version.justification}"
    if version.restored_from_id:
        text = _("Parte de la versión %(n)s. %(text)s") % {
            "n": version.restored_from.number,
            "text": text,
        }
    others = [str(one) for one in version.editors.all() if one.pk != version.author_id]
    title = _("Redactó %(who)s") % {"who": version.author}
    if others:
        title = _("%(title)s; también escribió %(others)s") % {
            "title": title,
            "others": get_text_list(others, _("y")),
        }
    found = [Entry("pencil", title, version.created_at, text)]
    if version.submitted_at:
        sent = _("Se envió a revisión")
        found.append(Entry("send", sent, version.submitted_at, version.submission_note))
    return found


def _decisions(version: Version) -> list[Entry]:
    found = []
    for row in version.approvals.all():
        if row.decision == Approval.Decision.PENDING:
            continue
        yes = row.decision == Approval.Decision.APPROVED
        title = (_("Aprobó %(who)s") if yes else _("Pidió cambios %(who)s")) % {"who": who(row)}
        if yes and row.voided_at:
            title = _("%(title)s; quedó sin efecto al cambiar el texto") % {"title": title}
        icon = "check-lg" if yes else "arrow-return-left"
        found.append(
            Entry(icon, title, row.decided_at, row.note, is_ours=yes and not row.voided_at)
        )
    if version.emergency_reason:
        title = _("%(who)s la publicó de emergencia, sin aprobación previa")
        reason = version.emergency_reason
        found.append(
            Entry(
                "exclamation-triangle-fill",
                title % {"who": version.approver},
                version.approved_at,
                reason,
            )
        )
    elif version.approver_id and not any(
        row.decision == Approval.Decision.APPROVED and not row.voided_at
        for row in version.approvals.all()
    ):
        title = _("Aprobó %(who)s") % {"who": version.approver}
        found.append(Entry("check-lg", title, version.approved_at, is_ours=True))
    return sorted(found, key=lambda entry: entry.at)


def _endings(version: Version) -> list[Entry]:
    found = []
    if version.state in (State.IN_FORCE, State.SUPERSEDED) or (
        version.state == State.RETIRED and not version.was_cancelled
    ):
        found.append(Entry("check-circle", _("Entró en vigor"), version.effective_on))
    elif version.state == State.APPROVED:
        day = date_format(version.effective_on)
        title = _("Entra en vigor el %(day)s") % {"day": day}
        found.append(Entry("calendar-event", title, version.effective_on))
    if version.ratified_at:
        title = _("La ratificó %(who)s") % {"who": version.ratified_by}
        found.append(Entry("check2-all", title, version.ratified_at, is_ours=True))
    if version.objected_at:
        title = _("No la ratificó %(who)s") % {"who": version.objected_by}
        found.append(Entry("x-octagon", title, version.objected_at, version.objection))
    if version.state == State.SUPERSEDED:
        title = _("La sustituyó la versión siguiente")
        found.append(Entry("clock-history", title, version.superseded_on))
    if version.retired_at:
        title = _("La canceló %(who)s") if version.was_cancelled else _("La retiró %(who)s")
        found.append(
            Entry(
                "x-circle",
                title % {"who": version.retired_by},
                version.retired_at,
                version.retirement_reason,
            )
        )
    return found


def state_lines(document: Any) -> list[Tag]:
    """States of a row of `selectors.documents_for`, the most pressing first."""
    found = []
    if document.retired_on:
        found.append(Tag(_("Retirado"), "warn", "x-circle"))
    elif document.current_id:
        found.append(tag_of_state(State.IN_FORCE))
    if document.draft:
        found.append(tag_of_state(document.draft["state"]))
    if document.coming:
        found.append(tag_of_state(State.APPROVED))
    return found or [Tag(_("Todavía sin texto"), "", "file-earmark")]
