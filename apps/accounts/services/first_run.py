"""The first steps of an empty portal: organisation and first admin, once (S18)."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import Event, acting, note
from apps.accounts.models import Organisation, Person
from apps.accounts.permissions import Role
from apps.accounts.services.roles import log_change
from apps.core.rules import RuleBroken


def is_open() -> bool:
    """Whether nobody has been set up yet and a one-time token is configured."""
    return bool(
        settings.SETUP_TOKEN
        and not Organisation.objects.exists()
        and not Person.objects.filter(is_system=False).exists()
    )


def token_fits(token: str) -> bool:
    """Whether `token` is the one printed when the portal started."""
    return bool(settings.SETUP_TOKEN) and hmac.compare_digest(
        token.encode(), settings.SETUP_TOKEN.encode()
    )


@transaction.atomic
def set_up(
    *,
    token: str,
    organisation: str,
    country: str,
    first_name: str,
    last_name: str,
    email: str,
    password: str,
) -> Person:
    """Create the organisation and its first admin. Works once, with the one-time token.

    The password was validated by the form. Raises RuleBroken otherwise.
    """
    if not token_fits(token):
        raise RuleBroken({"token": _("Ese no es el código que se mostró al arrancar.")})
    if not is_open():
        raise RuleBroken(_("Este portal ya tiene organización. Entre con su cuenta."))
    try:
        with transaction.atomic():  # the one row of Organisation decides between two at once
            house = Organisation.objects.create(pk=1, name=organisation, country=country)
    except IntegrityError:
        raise RuleBroken(_("Este portal ya tiene organización. Entre con su cuenta.")) from None
    person = Person(email=email.strip().lower(), first_name=first_name, last_name=last_name)
    person.set_password(password)
    person.full_clean(exclude=["password"])
    with acting(person):
        person.save()
        person.groups.set(Group.objects.filter(role__key=Role.ADMIN))
    log_change(person, "roles", [], [str(Role.ADMIN)], by=person)
    note(Event.PASSWORD_CHANGED, person, by=person)
    transaction.on_commit(lambda: cache.set("organisation-name", house.name, 300))
    return person
