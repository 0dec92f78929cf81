"""Codes that work once (S13), and losing every factor: two admins (S20, C20)."""

from __future__ import annotations

from datetime import timedelta

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts import mails
from apps.accounts.audit import Event, acting, note
from apps.accounts.models import FactorReset, Person
from apps.accounts.permissions import Perm
from apps.accounts.services.sessions import drop_sessions
from apps.core.access import require
from apps.core.rules import RuleBroken

RESET_HOURS = 72
REASON_MIN = 10


def period_of(secret: str, code: str) -> int | None:
    """Number of the half-minute whose TOTP `code` is, among those accepted now; else None."""
    for period in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, period))):
            return period
    return None


@transaction.atomic
def use_code(person: Person, code: str) -> Authenticator | None:
    """The factor that `code` proves, which it does only once; None if it proves nothing.

    A TOTP code is spent together with all earlier ones (RFC 6238, 5.2), a recovery code for
    ever. allauth alone would take a TOTP code again after 30 of its 90 seconds.
    """
    factors = {
        factor.type: factor
        for factor in Authenticator.objects.select_for_update()
        .filter(user=person)
        .exclude(type=Authenticator.Type.WEBAUTHN)
    }
    if totp := factors.get(Authenticator.Type.TOTP):
        period = period_of(decrypt(totp.data["secret"]), code)
        if period is not None:
            return totp if _spend(totp, period) else None
    codes = factors.get(Authenticator.Type.RECOVERY_CODES)
    if codes and codes.wrap().validate_code(code):
        return codes
    return None


def _spend(totp: Authenticator, period: int) -> bool:
    spent = totp.data.get("spent", 0)
    latest = max(yield_hotp_counters_from_time())
    if spent <= latest and period <= spent:  # one from the future: the clock was wrong then
        return False
    totp.data["spent"] = period
    totp.save(update_fields=["data"])
    return True


@transaction.atomic
def spend_first_code(person: Person, period: int) -> Authenticator:
    """The code that activated the app is spent, too."""
    totp = Authenticator.objects.select_for_update().get(user=person, type=Authenticator.Type.TOTP)
    _spend(totp, period)
    return totp


@transaction.atomic
def may_remove(person: Person, factor: Authenticator) -> bool:
    """Whether another second factor remains. Holds the person's row until the end (S12)."""
    Person.objects.select_for_update().get(pk=person.pk)
    others = Authenticator.objects.filter(user=person).exclude(pk=factor.pk)
    return others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


@transaction.atomic
def request_factor_reset(person: Person, *, reason: str, by: Person) -> FactorReset:
    """Ask that the second factors of `person` be removed. Nothing changes until it is decided.

    The person is told by mail. Raises PermissionDenied, RuleBroken for oneself, a person who
    is deactivated or has no factor, a reason under 10 characters, or a request that already
    waits.
    """
    require(by, Perm.RESET_FACTORS)
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.pk == by.pk:
        raise RuleBroken(_("Lo suyo lo pide otra persona."))
    if not person.is_active:
        raise RuleBroken(_("Esta persona está desactivada."))
    if len(reason.strip()) < REASON_MIN:
        raise RuleBroken({"reason": _("Explique el motivo en al menos 10 caracteres.")})
    if not Authenticator.objects.filter(user=person).exists():
        raise RuleBroken(_("Esta persona no tiene segundo factor."))
    if waiting_reset(person):
        raise RuleBroken(_("Ya hay una solicitud en espera."))
    with acting(by):
        reset = FactorReset.objects.create(person=person, asked_by=by, reason=reason.strip())
    mails.warn(person, "factor_reset_asked")
    return reset


def waiting_reset(person: Person) -> FactorReset | None:
    """The request about `person` that somebody may still decide."""
    since = timezone.now() - timedelta(hours=RESET_HOURS)
    return FactorReset.objects.filter(person=person, decided_at=None, asked_at__gt=since).first()


@transaction.atomic
def decide_factor_reset(reset: FactorReset, *, confirm: bool, by: Person) -> FactorReset:
    """Remove every factor of the person, or refuse. The person is told by mail.

    Confirmed, their sessions end and the next sign-in leads to enrolment. Raises
    PermissionDenied, RuleBroken if `by` asked for it or is the person, if it was decided, or
    72 hours have passed.
    """
    require(by, Perm.RESET_FACTORS)
    reset = FactorReset.objects.select_for_update().select_related("person").get(pk=reset.pk)
    if by.pk in (reset.asked_by_id, reset.person_id):
        raise RuleBroken(_("Debe decidirlo otra persona de administración."))
    if reset.decided_at is not None:
        raise RuleBroken(_("Ya se decidió."))
    if reset.asked_at < timezone.now() - timedelta(hours=RESET_HOURS):
        raise RuleBroken(_("La solicitud venció a las 72 horas. Pídala de nuevo."))
    reset.decided_by, reset.decided_at, reset.confirmed = by, timezone.now(), confirm
    with acting(by):
        reset.save(update_fields=["decided_by", "decided_at", "confirmed"])
        if confirm:
            count, _rows = Authenticator.objects.filter(user=reset.person).delete()
            note(Event.FACTORS_RESET, reset.person, by=by, count=count)
            drop_sessions(reset.person, by=by)
    mails.warn(reset.person, "factor_reset_done" if confirm else "factor_reset_refused")
    return reset
