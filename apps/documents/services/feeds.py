"""Private addresses under which a person's calendar program reads review dates (M14)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Person
from apps.core.access import require
from apps.documents.models import CalendarFeed
from apps.documents.permissions import Perm

TOKEN_BYTES = 32
# How exactly it is kept when an address was last used: programs ask every few minutes.
USE_NOTED_EVERY = timedelta(hours=1)


def token_hash(token: str) -> str:
    """Hash under which the secret of an address is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def create_feed(*, by: Person) -> tuple[CalendarFeed, str]:
    """A new address for `by`, and its secret (256 bits), which is known only now.

    A former address stops working. Raises PermissionDenied unless `by` may read documents.
    """
    require(by, Perm.VIEW)
    Person.objects.select_for_update(no_key=True).get(pk=by.pk)
    _revoke(by, timezone.now())
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return CalendarFeed.objects.create(person=by, token_hash=token_hash(token)), token


@transaction.atomic
def revoke_feed(*, by: Person) -> int:
    """Make the address of `by` stop working; returns how many there were (0 or 1)."""
    if not (by.is_authenticated and by.is_active):
        raise PermissionDenied
    return _revoke(by, timezone.now())


def _revoke(person: Person, now: datetime) -> int:
    live = CalendarFeed.objects.select_for_update().filter(person=person, revoked_at=None)
    for feed in live:
        feed.revoked_at = now
        feed.save(update_fields=["revoked_at"])
    return len(live)


def live_feed(person: Person) -> CalendarFeed | None:
    """The address of `person` that works, if they have one."""
    return CalendarFeed.objects.filter(person=person, revoked_at=None).first()


def feed_owner(token: str, now: datetime) -> Person | None:
    """Whose address `token` opens, with their access; None if it opens nothing.

    It dies with the person's own access: deactivated, without a password, or no longer
    allowed to read documents.
    """
    digest = token_hash(token)
    feed = CalendarFeed.objects.filter(token_hash=digest, revoked_at=None).first()
    if feed is None or not hmac.compare_digest(feed.token_hash, digest):
        return None
    person = Person.objects.may_enter().with_access().filter(pk=feed.person_id).first()
    if person is None or not person.has_perm(Perm.VIEW):
        return None
    if feed.last_used_at is None or feed.last_used_at < now - USE_NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_used_at=now)
    return person
