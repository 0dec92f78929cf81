"""«Leído y comprendido»: asking readers, their acceptance, and who must (M15, M16, M19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Holding, Person, Position, Role, Unit
from apps.core.access import require
from apps.core.jobs import soon
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents.addressing import Reconciled, involved_positions, reconcile
from apps.documents.models import (
    Acknowledgement,
    Addressee,
    Asking,
    Document,
    DocumentGroupPermission,
    DocumentUnitPermission,
    DocumentUserPermission,
    Obligation,
    Version,
)
from apps.documents.permissions import Perm
from apps.notifications.services import notify

# Documents worked through in one transaction by the sweep.
BATCH = 100
LOOK_BACK = timedelta(days=7)
NOTHING = Reconciled(asked={}, withdrawn=0)


@dataclass(frozen=True)
class Read:
    """How a person read a version before accepting it.

    `opened_at` (aware) is when its page was shown to them; `shown` and `seen` name the parts
    that were on it and those that passed before their eyes, as far as the browser tells.
    """

    opened_at: datetime
    text_shown: str
    shown: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


def asks_by_itself(version: Version) -> bool:
    """Whether a version asks its readers to accept it (M15).

    A major change always does, a correction never, any other where it was ticked.
    """
    if version.change == Version.Change.CORRECTION:
        return False
    return version.change == Version.Change.MAJOR or version.asks_acknowledgement


@transaction.atomic
def ask_readers(version: Version) -> Asking | None:
    """Note that the readers of a published version are to be asked; a job does it.

    One row, whatever their number. Called when it is approved and again when it comes into
    force; None if neither it nor an earlier version asks.
    """
    asks = asks_by_itself(version)
    earlier = Asking.objects.filter(version__document=version.document_id, asks=True)
    if not asks and not earlier.exists():
        return None
    asking, _created = Asking.objects.update_or_create(
        version=version, defaults={"asks": asks, "spread_at": None}
    )
    transaction.on_commit(lambda: _wake_spread(version.pk))
    return asking


@transaction.atomic
def spread(version_id: int, *, now: datetime) -> int:
    """Ask everybody who must accept a version noted by `ask_readers`; returns how many.

    Nothing the second time; of two runs at once, the second leaves it alone.
    """
    asking = (
        Asking.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("version")
        .filter(pk=version_id, spread_at=None)
        .first()
    )
    if asking is None:
        return 0
    version = asking.version
    asking.position_ids = sorted(
        {pk for positions in involved_positions.values() for pk in positions(version)}
    )
    asking.save(update_fields=["position_ids"])
    changed = reconcile(now=now, documents=[version.document_id])
    _tell(changed, now)
    asking.spread_at = now
    asking.save(update_fields=["spread_at"])
    return sum(len(people) for people in changed.asked.values())


@transaction.atomic
def follow_people(people: Iterable[int], *, now: datetime) -> Reconciled:
    """Bring what is asked of some people (keys) up to date with their posts and roles (M19)."""
    changed = reconcile(now=now, people=sorted(set(people)))
    _tell(changed, now)
    return changed


@transaction.atomic
def follow_documents(documents: Iterable[int], *, now: datetime) -> Reconciled:
    """Bring what some documents (keys) ask up to date with whom they are addressed to."""
    changed = reconcile(now=now, documents=sorted(set(documents)))
    _tell(changed, now)
    return changed


def follow_the_calendar(*, now: datetime) -> Reconciled:
    """Follow the people whose posts, and the documents whose exceptions, began or ended.

    Looks back a week, so that days without a worker lose nothing.
    """
    today = timezone.localdate(now)
    began, ended = (today - LOOK_BACK, today), (today - LOOK_BACK, today - timedelta(days=1))
    posts = Holding.objects.filter(Q(from_on__range=began) | Q(until_on__range=ended))
    documents: set[int] = set()
    for model in (DocumentUserPermission, DocumentGroupPermission, DocumentUnitPermission):
        over = model.objects.filter(until_on__range=ended)
        documents.update(over.values_list("content_object_id", flat=True))
    people = set(posts.values_list("person_id", flat=True))
    one = follow_people(people, now=now) if people else NOTHING
    other = follow_documents(documents, now=now) if documents else NOTHING
    return Reconciled(asked=other.asked | one.asked, withdrawn=one.withdrawn + other.withdrawn)


def follow_all(*, now: datetime) -> Reconciled:
    """Catch whatever was missed: everybody, every document, in batches. 4 s per 200,000 rows."""
    documents = list(
        Version.objects.filter(asking__isnull=False)
        .order_by("document_id")
        .values_list("document_id", flat=True)
        .distinct()
    )
    asked: dict[int, list[int]] = {}
    withdrawn = 0
    for at in range(0, len(documents), BATCH):
        with transaction.atomic():
            changed = reconcile(now=now, documents=documents[at : at + BATCH])
            _tell(changed, now)
        asked |= changed.asked
        withdrawn += changed.withdrawn
    return Reconciled(asked=asked, withdrawn=withdrawn)


def obligation_of(person: Any, document: Document) -> Obligation | None:
    """What `document` asks of `person` now: the open one, else the latest they accepted."""
    rows = Obligation.objects.filter(
        person_id=person.pk, version__document=document.pk, withdrawn_at=None
    ).select_related("version")
    return rows.order_by("-version__number").first()


def sentence_of(document: Document, version: Version) -> str:
    """What a person accepts, word by word; kept with the proof."""
    words = _("Leí y comprendí «%(title)s» (%(code)s, versión %(n)s) y voy a trabajar como dice.")
    return words % {"title": version.title, "code": document.code, "n": version.number}


@transaction.atomic
def accept(version: Version, *, read: Read, by: Person) -> Acknowledgement:
    """Keep for ever that `by` read and accepted `version` (M16). Twice gives the same proof.

    Raises PermissionDenied unless the document exists for them, StaleEdit if another version
    is asked of them by now, RuleBroken if nothing is asked of them or the page was not opened
    before.
    """
    document = Document.objects.get(pk=version.document_id)
    require(by, Perm.VIEW, document)
    done = Acknowledgement.objects.filter(person_id=by.pk, version=version.pk).first()
    if done is not None:
        return done
    now = timezone.now()
    if not read.opened_at <= now:
        raise RuleBroken(_("Abra la página y léala antes de aceptar."))
    asked = (
        Obligation.objects.select_for_update(of=("self",))
        .select_related("version")
        .filter(person_id=by.pk, version__document=document.pk)
        .still_open()
        .order_by("-version__number")
        .first()
    )
    if asked is not None and asked.version_id != version.pk:
        raise StaleEdit(
            _("Mientras usted leía se publicó la versión %(n)s: léala y acéptela."),
            params={"n": asked.version.number},
        )
    if asked is None:
        # Somebody may have been first: the same person in another window.
        done = Acknowledgement.objects.filter(person_id=by.pk, version=version.pk).first()
        if done is not None:
            return done
        raise RuleBroken(_("No hay nada que aceptar: este documento ya no se lo pide."))
    done = Acknowledgement.objects.create(
        person_id=by.pk,
        version=asked.version,
        content_hash=asked.version.content_hash,
        accepted_at=now,
        text_shown=read.text_shown,
        evidence={
            "opened_at": read.opened_at.isoformat(),
            "seconds": int((now - read.opened_at).total_seconds()),
            "shown": list(read.shown),
            "seen": [part for part in read.seen if part in read.shown],
        },
    )
    asked.acknowledged_at = now
    asked.save(update_fields=["acknowledged_at"])
    return done


@transaction.atomic
def set_addressees(
    document: Document,
    *,
    units: Iterable[Unit] = (),
    positions: Iterable[Position] = (),
    roles: Iterable[Role] = (),
    by: Person,
) -> None:
    """Ask exactly these to accept `document`; without any, those its text names (M15).

    What is open follows by a job. Raises PermissionDenied unless `by` owns the document or
    governs documents, and it exists for them.
    """
    if document.owner_id != by.pk:
        require(by, Perm.GOVERN)
    require(by, Perm.VIEW, document)
    Document.objects.select_for_update().get(pk=document.pk)
    wanted = Counter(
        [("unit_id", unit.pk) for unit in units]
        + [("position_id", position.pk) for position in positions]
        + [("role_id", role.pk) for role in roles]
    )
    for row in document.addressees.all():
        key = next(
            (name, getattr(row, name))
            for name in ("unit_id", "position_id", "role_id")
            if getattr(row, name) is not None
        )
        if key in wanted:
            del wanted[key]
        else:
            row.delete()
    for name, pk in wanted:
        Addressee.objects.create(document=document, **{name: pk})
    transaction.on_commit(lambda: _wake_documents([document.pk]))


def may_address(document: Document, by: Any) -> bool:
    """Whether `by` may say whom `document` asks."""
    return document.owner_id == by.pk or by.has_perm(Perm.GOVERN)


def _tell(changed: Reconciled, now: datetime) -> None:
    """One notice a person: of the document, or, if they are several at once, of all."""
    many = Counter(person for people in changed.asked.values() for person in people)
    versions = Version.objects.select_related("document").in_bulk(list(changed.asked))
    for pk, people in changed.asked.items():
        version, alone = versions[pk], [person for person in people if many[person] == 1]
        if alone:
            code = version.document.code
            notify(
                "acknowledgement_asked",
                to=Person.objects.filter(pk__in=alone),
                key=f"acknowledgement:{pk}",
                title=gettext("Lea y acepte: %(code)s, %(title)s")
                % {"code": code, "title": version.title},
                url=reverse("reach:accept", args=[code]),
            )
    several = [person for person, count in many.items() if count > 1]
    if several:
        notify(
            "acknowledgement_asked",
            to=Person.objects.filter(pk__in=several),
            key=f"acknowledgements:{timezone.localdate(now).isoformat()}",
            title=gettext("Tiene varios documentos por leer y aceptar"),
            url=reverse("reach:mine"),
        )


def latest_asking(document: Document) -> int | None:
    """Number of the version since which `document` asks, or None if it does not."""
    return Asking.objects.filter(
        version__document=document.pk,
        asks=True,
        version__state__in=(
            Version.State.APPROVED,
            Version.State.IN_FORCE,
            Version.State.SUPERSEDED,
        ),
    ).aggregate(last=Max("version__number"))["last"]


def _wake_spread(version_id: int) -> None:
    from apps.documents.jobs import ask_readers_of

    soon(ask_readers_of, version_id)


def _wake_documents(documents: list[int]) -> None:
    from apps.documents.jobs import follow_documents as job

    soon(job, documents)
