"""Drafts: opening and writing them."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.richtext import sanitise
from apps.core.rules import RuleBroken
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm
from apps.documents.services.content import check_reason


@transaction.atomic
def start_version(
    document: Document,
    *,
    title: str,
    body: str,
    change: Version.Change,
    justification: str,
    by: Person,
) -> Version:
    """Open a draft with the next number. `body` is rich text and is sanitised here.

    Raises PermissionDenied unless `by` may write documents, RuleBroken if another draft is
    open or the reason of change is shorter than 20 characters (M6).
    """
    require(by, Perm.WRITE)
    Document.objects.select_for_update().get(pk=document.pk)
    if document.versions.filter(state__in=[Version.State.DRAFT, Version.State.IN_REVIEW]).exists():
        raise RuleBroken(_("Ya hay un borrador abierto de este documento."))
    check_reason(justification)
    last = document.versions.aggregate(last=Max("number"))["last"] or 0
    return Version.objects.create(
        document=document,
        number=last + 1,
        title=title,
        body=sanitise(body),
        change=change,
        justification=justification.strip(),
        author=by,
    )
