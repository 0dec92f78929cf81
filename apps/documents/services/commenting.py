"""Remarks of reviewers on passages of a version that is not published yet."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.documents.models import Comment, Version
from apps.documents.permissions import Perm
from apps.documents.services import telling
from apps.documents.services.content import passages_of
from apps.documents.services.locking import locked

TEXT_MAX = 5000
QUOTE_MAX = 500


@transaction.atomic
def comment(
    version: Version,
    *,
    text: str,
    by: Person,
    part: str = "",
    quote: str = "",
    answers: Comment | None = None,
) -> Comment:
    """Remark on a passage of a draft or of a version in review, or answer a remark.

    `part` is one of `passages_of(version)`, `quote` the words it is about. An answer belongs
    to the remark it began with, and opens it again if it was resolved. Raises
    PermissionDenied unless the version exists for `by`, RuleBroken if it is published, there
    is no such passage, the text is empty or too long, or the remark is of another version.
    """
    require(by, Perm.VIEW, version)
    _document, version = locked(version)
    _check_open(version)
    text = text.strip()
    if not text:
        raise RuleBroken({"text": _("Escriba su comentario.")})
    if len(text) > TEXT_MAX:
        raise RuleBroken({"text": _("El comentario es demasiado largo.")})
    if answers is not None:
        answers = version.comments.filter(pk=answers.answers_id or answers.pk).first()
        if answers is None:
            raise RuleBroken(_("Ese comentario es de otra versión."))
        part, quote = answers.part, ""
        if answers.resolved_at is not None:
            _mark(answers, None)
    elif part not in passages_of(version):
        raise RuleBroken({"part": _("Ese pasaje ya no está en el texto.")})
    made = Comment.objects.create(
        version=version,
        answers=answers,
        part=part,
        quote=quote.strip()[:QUOTE_MAX],
        text=text,
        author=by,
    )
    telling.tell_comment(made)
    return made


@transaction.atomic
def resolve_comment(remark: Comment, *, by: Person) -> Comment:
    """Mark a remark as dealt with. Doing it twice changes nothing.

    Raises PermissionDenied unless the version exists for `by` and they write documents or
    made the remark, RuleBroken if the version is published or it is an answer.
    """
    remark = _to_change(remark, by)
    return remark if remark.resolved_at else _mark(remark, by)


@transaction.atomic
def reopen_comment(remark: Comment, *, by: Person) -> Comment:
    """Take up a resolved remark again. Raises as `resolve_comment` does."""
    remark = _to_change(remark, by)
    return _mark(remark, None) if remark.resolved_at else remark


def _to_change(remark: Comment, by: Person) -> Comment:
    require(by, Perm.VIEW, remark.version)
    _document, version = locked(remark.version)
    remark = Comment.objects.select_for_update(of=("self",)).get(pk=remark.pk)
    if not (by.has_perm(Perm.WRITE) or by.has_perm(Perm.APPROVE) or by.pk == remark.author_id):
        raise PermissionDenied
    _check_open(version)
    if remark.answers_id is not None:
        raise RuleBroken(_("Se resuelve el comentario, no cada respuesta."))
    return remark


def _mark(remark: Comment, by: Person | None) -> Comment:
    remark.resolved_by, remark.resolved_at = by, timezone.now() if by else None
    remark.save(update_fields=["resolved_by", "resolved_at"])
    return remark


def _check_open(version: Version) -> None:
    if not version.is_open:
        raise RuleBroken(_("Esta versión ya se publicó: sus comentarios quedan como están."))
