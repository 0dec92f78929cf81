"""The readers' voice: whether it helped, what they would change, and its answer (M20)."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.documents.models import DailyUse, Document, Feedback, Version, Vote
from apps.documents.permissions import Perm
from apps.documents.services.content import passages_of
from apps.documents.services.reading import count_vote, move_vote
from apps.notifications.services import notify

REASON_MIN = 20
TEXT_MIN = 5
TEXT_MAX = 4000
CUSTOMER_TEXT_MAX = 500


@transaction.atomic
def vote(version: Version, *, useful: bool, by: Person) -> Vote:
    """Note whether a version in force helped `by`. One a person and version; the last counts.

    Raises PermissionDenied unless the document exists for them, RuleBroken if the version is
    no longer in force.
    """
    require(by, Perm.VIEW, version.document)
    _in_force(version)
    row = Vote.objects.select_for_update().filter(person_id=by.pk, version=version).first()
    if row is None:
        row, created = Vote.objects.get_or_create(
            person_id=by.pk, version=version, defaults={"useful": useful}
        )
        if created:
            count_vote(version.document_id, DailyUse.Readers.STAFF, useful=useful)
            return row
    if row.useful != useful:
        move_vote(
            version.document_id,
            useful=useful,
            counted_on=timezone.localdate(row.voted_at),
        )
        row.useful, row.voted_at = useful, timezone.now()
        row.save(update_fields=["useful", "voted_at"])
    return row


@transaction.atomic
def vote_as_customer(document: Document, *, useful: bool) -> None:
    """Count that a public page helped a customer, or did not. Nothing says whom.

    Raises RuleBroken if the page is not open to customers.
    """
    _open_to_customers(document)
    count_vote(document.pk, DailyUse.Readers.CUSTOMERS, useful=useful)


@transaction.atomic
def comment(
    version: Version,
    *,
    kind: Feedback.Kind,
    text: str,
    by: Person,
    part: str = "",
    quote: str = "",
    is_private: bool = False,
) -> Feedback:
    """Say what is unclear, wrong or could be better in a version in force; its owner learns.

    `part` is "step:" and the step's key, or empty for the whole document; `quote` is the
    passage as it reads. Raises PermissionDenied unless the document exists for `by`,
    RuleBroken if the version is no longer in force, has no such part, or the text is too
    short or too long.
    """
    document = version.document
    require(by, Perm.VIEW, document)
    _in_force(version)
    if part and part not in passages_of(version):
        raise RuleBroken({"part": _("Esta versión ya no tiene ese paso.")})
    row = Feedback.objects.create(
        document=document,
        version=version,
        part=part,
        quote=quote.strip()[:500],
        kind=kind,
        text=_text(text, TEXT_MAX),
        is_private=is_private,
        author_id=by.pk,
    )
    if document.owner_id != by.pk:
        _tell_owner(row)
    return row


@transaction.atomic
def comment_as_customer(version: Version, *, kind: Feedback.Kind, text: str) -> Feedback:
    """Keep what a customer says of a public page, without who they are; nobody else sees it
    outside. Raises RuleBroken if the page is not open to them or the text does not fit."""
    _open_to_customers(version.document)
    row = Feedback.objects.create(
        document=version.document,
        version=version,
        kind=kind,
        text=_text(text, CUSTOMER_TEXT_MAX),
    )
    _tell_owner(row)
    return row


def may_answer(row: Feedback, by: Person) -> bool:
    """Whether `by` answers for the document, and did not write the comment themselves."""
    answers = row.document.owner_id == by.pk or by.has_perm(Perm.GOVERN)
    return answers and row.author_id != by.pk


@transaction.atomic
def answer(
    row: Feedback, *, accept: bool, reason: str, by: Person, solved_by: Version | None = None
) -> Feedback:
    """Accept or reject a comment with its reason; whoever sent it is told.

    `solved_by` is the version that solves an accepted one (`link_solution`). Raises
    PermissionDenied unless `by` owns the document or governs documents and it exists for
    them; RuleBroken if they wrote it, it was answered, or the reason has under 20 characters.
    """
    row = Feedback.objects.select_for_update(of=("self",)).select_related("document").get(pk=row.pk)
    _require_answerer(row, by)
    if row.author_id == by.pk:
        raise RuleBroken(_("Su propio comentario lo responde otra persona."))
    if row.state != Feedback.State.OPEN:
        raise RuleBroken(_("Este comentario ya tiene respuesta."))
    reason = reason.strip()
    if len(reason) < REASON_MIN:
        raise RuleBroken(
            {
                "reason": RuleBroken(
                    _("Explique su respuesta con al menos %(least)s caracteres."),
                    params={"least": REASON_MIN},
                )
            }
        )
    if solved_by is not None and not accept:
        raise RuleBroken({"solved_by": _("Solo lo aceptado se resuelve con una versión.")})
    row.state = Feedback.State.ACCEPTED if accept else Feedback.State.REJECTED
    row.answer, row.answered_by, row.answered_at = reason, by, timezone.now()
    row.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    if row.author_id is not None:
        words = (
            gettext("Aceptaron su comentario sobre %(code)s")
            if accept
            else gettext("Respondieron su comentario sobre %(code)s")
        )
        notify(
            "feedback_answered",
            to=Person.objects.filter(pk=row.author_id),
            key=f"feedback-answer:{row.pk}",
            title=words % {"code": row.document.code},
            url=reverse("reach:feedback", args=[row.pk]),
        )
    if solved_by is not None:
        row = link_solution(row, version=solved_by, by=by)
    return row


@transaction.atomic
def link_solution(row: Feedback, *, version: Version, by: Person) -> Feedback:
    """Say which version solves an accepted comment; the sender is told when it is in force.

    Raises as `answer` does, and RuleBroken if the comment was not accepted, or the version is
    of another document or not newer than the one commented on.
    """
    row = (
        Feedback.objects.select_for_update(of=("self",))
        .select_related("document", "version")
        .get(pk=row.pk)
    )
    _require_answerer(row, by)
    if row.state != Feedback.State.ACCEPTED:
        raise RuleBroken({"solved_by": _("Solo lo aceptado se resuelve con una versión.")})
    if version.document_id != row.document_id or version.number <= row.version.number:
        raise RuleBroken(
            {"solved_by": _("Elija una versión de este documento posterior a la comentada.")}
        )
    if row.solved_by_id != version.pk:
        row.solved_by = version
        row.save(update_fields=["solved_by"])
    if version.state in (Version.State.IN_FORCE, Version.State.SUPERSEDED):
        _tell_solved(row, version)
    return row


def tell_solved(version: Version) -> None:
    """`version` came into force: tell those whose comments it solves, each once."""
    for row in version.solves.select_related("document").exclude(author=None):
        _tell_solved(row, version)


def _tell_solved(row: Feedback, version: Version) -> None:
    if row.author_id is None:
        return
    notify(
        "feedback_answered",
        to=Person.objects.filter(pk=row.author_id),
        key=f"feedback-solved:{row.pk}:{version.pk}",
        title=gettext("Su comentario cambió %(code)s: versión %(n)s en vigor")
        % {"code": row.document.code, "n": version.number},
        url=reverse("reach:feedback", args=[row.pk]),
    )


def _tell_owner(row: Feedback) -> None:
    notify(
        "feedback_received",
        to=Person.objects.filter(pk=row.document.owner_id),
        key=f"feedback:{row.pk}",
        title=gettext("Comentaron %(code)s, %(title)s")
        % {"code": row.document.code, "title": row.document.title},
        url=reverse("reach:feedback", args=[row.pk]),
    )


def _require_answerer(row: Feedback, by: Person) -> None:
    if row.document.owner_id != by.pk:
        require(by, Perm.GOVERN)
    require(by, Perm.VIEW, row.document)


def _in_force(version: Version) -> None:
    if not Document.objects.filter(current=version.pk).exists():
        raise RuleBroken(
            _("Esa versión ya no está en vigor: lea la nueva y comente sobre ella si hace falta.")
        )


def _open_to_customers(document: Document) -> None:
    if not Document.objects.open_to_customers().filter(pk=document.pk).exists():
        raise RuleBroken(_("Esta página ya no está publicada."))


def _text(text: str, most: int) -> str:
    text = text.strip()
    if len(text) < TEXT_MIN:
        raise RuleBroken({"text": _("Escriba su comentario.")})
    if len(text) > most:
        raise RuleBroken(
            {
                "text": RuleBroken(
                    _("Escriba como máximo %(most)s caracteres."), params={"most": most}
                )
            }
        )
    return text
