"""What can happen to a person: invited, accepted, deactivated, back, another e-mail."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.accounts import mails
from apps.accounts.audit import Event, acting, create_all, note
from apps.accounts.models import FactorReset, Invitation, Person
from apps.accounts.permissions import Perm
from apps.accounts.services.editing import refuse_stale
from apps.accounts.services.roles import refuse_lockout
from apps.accounts.services.sessions import drop_sessions
from apps.core.access import require
from apps.core.rules import RuleBroken

INVITATION_HOURS = 72
PERSON_FIELDS = ("email", "first_name", "last_name", "phone")


@dataclass(frozen=True)
class Invitee:
    """Somebody to be invited."""

    email: str
    first_name: str
    last_name: str
    phone: str = ""


def token_hash(token: str) -> str:
    """Hash under which an invitation's secret is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def invite_person(
    *, email: str, first_name: str, last_name: str, phone: str = "", by: Person
) -> Person:
    """Create a person without password and send them a link that lets them choose one.

    Raises PermissionDenied, RuleBroken if somebody has that e-mail, ValidationError for an
    e-mail or name that is none.
    """
    return invite_people([Invitee(email, first_name, last_name, phone)], by=by)[0]


@transaction.atomic
def invite_people(invitees: Sequence[Invitee], *, by: Person) -> list[Person]:
    """`invite_person` for many, in as few statements as for one; all or nobody.

    Raises what `invite_person` raises; also RuleBroken if an e-mail comes twice.
    """
    require(by, Perm.MANAGE_PEOPLE)
    people = [
        Person(
            email=invitee.email.strip().lower(),
            first_name=invitee.first_name,
            last_name=invitee.last_name,
            phone=invitee.phone,
        )
        for invitee in invitees
    ]
    emails = {person.email for person in people}
    if len(emails) < len(people) or Person.objects.filter(email__in=emails).exists():
        raise RuleBroken({"email": _("Ya hay una persona con ese correo.")})
    for person in people:
        person.set_unusable_password()
        # Unique and lower case it is by now; asking again costs seven statements each.
        person.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
    with acting(by):
        create_all(people)
        _send_invitations(people, by)
    return people


@transaction.atomic
def resend_invitation(person: Person, *, by: Person) -> Invitation:
    """Send a new link; earlier ones stop working.

    Raises PermissionDenied, RuleBroken if the person is deactivated or has a password.
    """
    require(by, Perm.MANAGE_PEOPLE)
    person = Person.objects.select_for_update().get(pk=person.pk)
    if not person.is_active:
        raise RuleBroken(_("Esta persona está desactivada: reactívela antes."))
    if person.has_usable_password():
        raise RuleBroken(_("Esta persona ya aceptó su invitación."))
    with acting(by):
        _revoke_pending(person)
        return _send_invitations([person], by)[0]


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, by: Person) -> Invitation:
    """Make a link stop working. Raises PermissionDenied, RuleBroken if it was accepted."""
    require(by, Perm.MANAGE_PEOPLE)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at:
        raise RuleBroken(_("La invitación ya se aceptó."))
    if invitation.revoked_at is None:
        invitation.revoked_at = timezone.now()
        with acting(by):
            invitation.save(update_fields=["revoked_at"])
    return invitation


def pending_invitation(token: str) -> Invitation | None:
    """The invitation that `token` opens now: not expired, accepted or revoked."""
    return (
        Invitation.objects.select_related("person")
        .filter(
            token_hash=token_hash(token),
            accepted_at=None,
            revoked_at=None,
            expires_at__gt=timezone.now(),
            person__is_active=True,
        )
        .first()
    )


@transaction.atomic
def accept_invitation(token: str, *, password: str) -> Person:
    """Give the invited person the password they chose. The link works once.

    Raises RuleBroken if the link does not work any more. The password was validated by the
    form.
    """
    found = pending_invitation(token)
    invitation = Invitation.objects.select_for_update().get(pk=found.pk) if found else None
    if invitation is None or invitation.accepted_at or invitation.revoked_at:
        raise RuleBroken(_("El enlace ya no sirve. Pida a su administración que envíe otro."))
    person = Person.objects.select_for_update().get(pk=invitation.person_id)
    with acting(person):
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        person.set_password(password)
        person.save(update_fields=["password"])
        _revoke_pending(person)
    note(Event.PASSWORD_CHANGED, person, by=person)
    return person


def _send_invitations(people: Sequence[Person], by: Person) -> list[Invitation]:
    until = timezone.now() + timedelta(hours=INVITATION_HOURS)
    until_words = date_format(timezone.localtime(until), "j \\d\\e F, H:i")
    invitations, letters = [], []
    for person in people:
        token = secrets.token_urlsafe(32)
        invitations.append(
            Invitation(person=person, token_hash=token_hash(token), sent_by=by, expires_at=until)
        )
        url = mails.address_of(reverse("accounts:invitation", args=[token]))
        letters.append((person.email, {"person": person, "url": url, "until": until_words}))
    mails.send_all("invitation", letters)
    return create_all(invitations)


def _revoke_pending(person: Person) -> None:
    for invitation in person.invitations.filter(accepted_at=None, revoked_at=None):
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])


@transaction.atomic
def deactivate(person: Person, *, by: Person) -> Person:
    """Close the door to `person`: their sessions end at once, their invitations are void (S10).

    Raises PermissionDenied, RuleBroken if `by` is the person or nobody could administer the
    portal any more. Twice changes nothing more.
    """
    require(by, Perm.MANAGE_PEOPLE)
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.pk == by.pk:
        raise RuleBroken(_("No puede desactivarse a sí misma o a sí mismo."))
    if person.is_system:
        raise RuleBroken(_("Es el propio portal: no se desactiva."))
    if not person.is_active:
        return person
    with acting(by):
        person.is_active, person.deactivated_at = False, timezone.now()
        person.save(update_fields=["is_active", "deactivated_at"])
        refuse_lockout()
        drop_sessions(person, by=by)
        _revoke_pending(person)
        for reset in FactorReset.objects.filter(person=person, decided_at=None):
            reset.delete()
    return person


@transaction.atomic
def reactivate(person: Person, *, by: Person) -> Person:
    """Open the door again, with the same password, factors and roles.

    Who never accepted an invitation gets a new one. Raises PermissionDenied.
    """
    require(by, Perm.MANAGE_PEOPLE)
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.is_active:
        return person
    with acting(by):
        person.is_active, person.deactivated_at = True, None
        person.save(update_fields=["is_active", "deactivated_at"])
        if not person.has_usable_password():
            _send_invitations([person], by)
    return person


@transaction.atomic
def update_person(
    person: Person,
    *,
    first_name: str,
    last_name: str,
    phone: str = "",
    email: str | None = None,
    expected: str | None = None,
    by: Person,
) -> Person:
    """Change what the card of `person` says; another `email` is told to both addresses.

    Raises PermissionDenied, StaleEdit, RuleBroken if somebody else has the e-mail,
    ValidationError for a name or e-mail that is none.
    """
    require(by, Perm.MANAGE_PEOPLE)
    person = Person.objects.select_for_update().get(pk=person.pk)
    refuse_stale(person, PERSON_FIELDS, expected)
    if person.is_system:
        raise RuleBroken(_("Es el propio portal: no se cambia."))
    person.first_name, person.last_name, person.phone = first_name, last_name, phone
    person.clean_fields(exclude=["password"])
    with acting(by):
        person.save(update_fields=["first_name", "last_name", "phone"])
    return change_email(person, email, by=by) if email else person


@transaction.atomic
def change_email(person: Person, email: str, *, by: Person) -> Person:
    """Change the name `person` signs in with; both addresses are told (S17).

    Anyone changes their own (the view confirms the new address first), an admin anyone's.
    Raises PermissionDenied, RuleBroken if somebody else has it.
    """
    if by.pk != person.pk:
        require(by, Perm.MANAGE_PEOPLE)
    email = email.strip().lower()
    person = Person.objects.select_for_update().get(pk=person.pk)
    if Person.objects.filter(email=email).exclude(pk=person.pk).exists():
        raise RuleBroken({"email": _("Ya hay una persona con ese correo.")})
    before = person.email
    if email == before:
        return person
    person.email = email
    person.clean_fields(exclude=["password"])
    with acting(by):
        person.save(update_fields=["email"])
    mails.warn(person, "email_changed", to=before)
    mails.warn(person, "email_changed", to=email)
    return person
