"""The list of kinds of causes, and the filters people keep."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.accounts.services.editing import refuse_stale
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.improvement.models import CauseKind, SavedView
from apps.improvement.permissions import Perm

CAUSE_FIELDS = ("branch", "title", "example", "is_active", "order")
VIEWS_MOST = 12


@transaction.atomic
def save_cause_kind(
    kind: CauseKind | None,
    *,
    branch: str,
    title: str,
    by: Person,
    example: str = "",
    is_active: bool = True,
    order: int = 100,
    expected: str | None = None,
) -> CauseKind:
    """Make or change a kind of cause. Causes told already keep theirs.

    Raises RuleBroken if the name is taken, StaleEdit if it changed since.
    """
    require(by, Perm.CONFIGURE)
    title = title.strip()
    if kind is None:
        kind = CauseKind()
    else:
        kind = CauseKind.objects.select_for_update().get(pk=kind.pk)
        refuse_stale(kind, CAUSE_FIELDS, expected)
    if CauseKind.objects.filter(title__iexact=title).exclude(pk=kind.pk).exists():
        raise RuleBroken({"title": _("Ya hay una clase de causa con ese nombre.")})
    kind.branch, kind.title, kind.example = branch, title, example.strip()
    kind.is_active, kind.order = is_active, order
    kind.save()
    return kind


@transaction.atomic
def keep_view(*, name: str, query: str, by: Person) -> SavedView:
    """Keep filters of the board under a name; the same name again replaces them.

    Raises RuleBroken beyond 12 views, or for an address that is too long.
    """
    require(by, Perm.VIEW)
    name = name.strip()
    if len(query) > SavedView._meta.get_field("query").max_length:
        raise RuleBroken(_("Son demasiados filtros para guardarlos: quite alguno."))
    views = SavedView.objects.filter(person=by.pk)
    if not views.filter(name=name).exists() and views.count() >= VIEWS_MOST:
        raise RuleBroken({"name": _("Ya guardó doce vistas: quite alguna antes.")})
    row, _new = SavedView.objects.update_or_create(
        person_id=by.pk, name=name, defaults={"query": query}
    )
    return row


@transaction.atomic
def drop_view(view: SavedView, *, by: Person) -> None:
    """Forget filters of one's own."""
    require(by, Perm.VIEW)
    SavedView.objects.filter(pk=view.pk, person=by.pk).delete()
