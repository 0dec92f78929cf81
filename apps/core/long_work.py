"""Work too long for a request: a row from the first moment, done by a job, shown on a page.

The row is the truth. The effect of a piece of work and its state "done" are written in one
transaction, held alone by a lock that ends with it: told twice, killed half-way and told again,
it takes effect once. Progress therefore goes out on a connection of its own: within the
transaction nobody would see it before the end, and a cache may be away. What nobody took up,
because the broker was away or the process died, the schedule takes up (`jobs.pick_up_long_work`).
"""

from __future__ import annotations

import logging
import time
import uuid
from datetime import timedelta
from functools import partial
from typing import Any, Self

from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.models import LongWork
from apps.core.registry import work_kinds
from apps.core.rules import RuleBroken

logger = logging.getLogger(__name__)

# Sent with `work` in the transaction that ends it, done or failed: rooms above tell who began it.
work_ended = Signal()

# Begun so often without an end (its process was killed each time), it is given up.
MOST_ATTEMPTS = 3
# Without a sign of life for so long, it is told to the workers again.
SILENT_AFTER = timedelta(seconds=30)
# Progress is told at most so often, in seconds.
TELL_SECONDS = 0.5


@transaction.atomic
def start(kind: str, *, subject: str, total: int, by: Any) -> LongWork:
    """Queue work of a registered kind on `subject` once this commits.

    The same work that waits, runs or is done is returned instead: twice starts nothing more.
    The calling service has judged whether `by` may.
    """
    work, is_new = LongWork.objects.exclude(state=LongWork.State.FAILED).get_or_create(
        kind=kind, subject=subject, defaults={"total": total, "started_by_id": by.pk}
    )
    if is_new:
        transaction.on_commit(partial(_wake, work.pk))
    return work


def find(kind: str, subject: str) -> LongWork | None:
    """The work of that kind on `subject` that has not failed, if there is one."""
    rows = LongWork.objects.exclude(state=LongWork.State.FAILED)
    return rows.filter(kind=kind, subject=subject).first()


def _wake(key: uuid.UUID) -> None:
    from apps.core.jobs import do_long_work, soon

    soon(do_long_work, str(key))


def silent() -> list[uuid.UUID]:
    """Unfinished work that has shown no sign of life for a while, oldest first."""
    rows = LongWork.objects.unfinished().filter(touched_at__lt=timezone.now() - SILENT_AFTER)
    return list(rows.order_by("queued_at").values_list("pk", flat=True))


def run(key: uuid.UUID) -> None:
    """Do the work of that key unless it is over, or another process is at it now.

    What a rule forbids is told on its page. While the database is away nothing is told: the
    schedule tries again.
    """
    try:
        with _Progress(key) as progress, transaction.atomic():
            work = _claimed(key)
            if work is None:
                return
            if work.attempts >= MOST_ATTEMPTS:
                raise RuleBroken(
                    _("Se intentó varias veces y no llegó al final. No se guardó nada.")
                )
            progress.begin()
            result = work_kinds.get(work.kind).run(work, progress)
            work.state, work.result = LongWork.State.DONE, result
            work.done, work.finished_at = work.total, timezone.now()
            work.save(update_fields=["state", "result", "done", "finished_at"])
            work_ended.send(sender=LongWork, work=work)
    except RuleBroken as rule:
        _fail(key, " ".join(rule.messages))
    except PermissionDenied:
        _fail(key, _("Usted ya no tiene permiso para esto. No se guardó nada."))
    except SoftTimeLimitExceeded:
        _fail(key, _("Tardó demasiado y se detuvo. No se guardó nada."))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        _fail(key, _("Algo falló en el portal. No se guardó nada y el fallo quedó anotado."))
        raise


def _claimed(key: uuid.UUID) -> LongWork | None:
    """The work, this process's alone until its transaction ends; None if it is not to be had.

    A lock of the transaction, not of the row: the row is written by `_Progress` meanwhile.
    """
    number = int.from_bytes(key.bytes[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            return None
    return LongWork.objects.unfinished().filter(pk=key).first()


def _fail(key: uuid.UUID, message: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        failed = (
            LongWork.objects.unfinished()
            .filter(pk=key)
            .update(
                state=LongWork.State.FAILED, message=message[:500], finished_at=now, touched_at=now
            )
        )
        if failed:
            work_ended.send(sender=LongWork, work=LongWork.objects.get(pk=key))


class _Progress:
    """Tells how far a piece of work is, outside of its transaction."""

    def __init__(self, key: uuid.UUID) -> None:
        self._key = key
        self._connection = connection.copy()
        self._told_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self._connection.close()

    def begin(self) -> None:
        """Note one more attempt."""
        self._write(
            "state = 'running', done = 0, attempts = attempts + 1,"
            " began_at = coalesce(began_at, now())"
        )

    def __call__(self, done: int) -> None:
        """So many are done."""
        if time.monotonic() - self._told_at >= TELL_SECONDS:
            self._told_at = time.monotonic()
            try:
                self._write("done = %s", done)
            except DatabaseError as fault:  # the work itself does not hang on being watched
                logger.warning("progress of work not told: %s", type(fault).__name__)

    def _write(self, what: str, *values: int) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE core_longwork SET {what}, touched_at = now() WHERE id = %s",  # noqa: S608  (our own words, values apart)
                [*values, self._key],
            )
