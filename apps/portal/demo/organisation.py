"""Loads Aguas del Valle: units, positions, people, absences, demo accounts."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.utils import timezone

from apps.accounts.models import Absence, Holding, Organisation, Person, Position, Unit
from apps.core.crypto import seal
from apps.portal.demo.accounts import (
    DEMO_ACCOUNTS,
    DEMO_DOMAIN,
    DEMO_PASSWORD,
    DEMO_TOTP_SECRET,
)


@dataclass
class Cast:
    """What later loaders look up: by the keys of organisation.yaml."""

    units: dict[str, Unit] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    holders: dict[str, list[Person]] = field(default_factory=dict)

    def holder(self, position: str, *, but: Person | None = None) -> Person:
        """Somebody who holds or held `position` (never `but`)."""
        for person in self.holders.get(position, []):
            if person != but:
                return person
        return self.people[f"direccion@{DEMO_DOMAIN}"]

    def account(self, name: str) -> Person:
        """The demo account of that name, with its access."""
        return Person.objects.with_access().get(email=f"{name}@{DEMO_DOMAIN}")


def ago(days: int) -> date:
    """Calendar day so many days before today."""
    return timezone.localdate() - timedelta(days=days)


def load_organisation(data: dict[str, Any]) -> Cast:
    """Create everything that organisation.yaml tells. The database must hold no people."""
    cast = Cast()
    Organisation.objects.create(
        pk=1,
        **{name: data[name] for name in ("name", "legal_name", "country", "city", "mission")},
        phone=data["phone"],
        hours=" ".join(data["hours"].split()),
    )
    for order, entry in enumerate(data["units"]):
        cast.units[entry["key"]] = Unit.objects.create(
            code=entry["code"],
            name=entry["name"],
            purpose=entry["purpose"],
            parent=cast.units.get(entry["parent"]),
            order=order,
        )
    for entry in data["positions"]:
        cast.positions[entry["key"]] = Position.objects.create(
            key=entry["key"],
            unit=cast.units[entry["unit"]],
            title=entry["title"],
            purpose=entry["purpose"],
            duties=entry["duties"],
            seats=entry["seats"],
        )
    for entry in data["positions"]:
        if entry["reports_to"]:
            position = cast.positions[entry["key"]]
            position.reports_to = cast.positions[entry["reports_to"]]
            position.save(update_fields=["reports_to"])
    groups = {group.role.key: group for group in Group.objects.select_related("role")}
    for entry in [*data["people"], *data.get("former", [])]:
        _load_person(cast, entry, groups)
    for entry in data["absences"]:
        Absence.objects.create(
            person=cast.people[entry["person"]],
            substitute=cast.people[entry["substitute"]],
            from_on=ago(-entry["from_days"]),
            to_on=ago(-entry["to_days"]),
            reason=entry["reason"],
        )
    return cast


def _load_person(cast: Cast, entry: dict[str, Any], groups: dict[str, Group]) -> None:
    name = entry["email"].partition("@")[0]
    is_active = entry.get("active", True)
    person = Person(
        email=entry["email"],
        first_name=entry["first_name"],
        last_name=entry["last_name"],
        joined_on=ago(entry["since_days_ago"]),
        is_active=is_active,
    )
    if name in DEMO_ACCOUNTS:
        person.set_password(DEMO_PASSWORD)
    else:
        person.set_unusable_password()
    if not is_active:
        person.deactivated_at = timezone.now() - timedelta(days=entry["until_days_ago"])
    # Everybody came in on a day of late, in office hours; who left, on their last day.
    number = len(cast.people)
    day = ago(entry.get("until_days_ago", 1 + number % 9))
    person.last_login = timezone.make_aware(
        datetime.combine(day, time(7 + number % 9, number % 60))
    )
    person.save()
    if name in DEMO_ACCOUNTS:
        sealed = base64.b64encode(seal(DEMO_TOTP_SECRET, purpose="factor")).decode()
        Authenticator.objects.create(
            user=person, type=Authenticator.Type.TOTP, data={"secret": sealed}
        )
    person.groups.set([groups[role] for role in entry["roles"]])
    Holding.objects.create(
        person=person,
        position=cast.positions[entry["position"]],
        from_on=ago(entry["since_days_ago"]),
        until_on=ago(entry["until_days_ago"]) if "until_days_ago" in entry else None,
    )
    cast.people[person.email] = person
    holders = cast.holders.setdefault(entry["position"], [])
    holders.insert(0 if is_active and not holders else len(holders), person)
