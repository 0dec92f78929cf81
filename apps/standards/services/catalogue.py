"""The catalogue: services, and what customers expect of them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.accounts.services.editing import refuse_stale
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.standards.models import Criterion, Expectation, Service
from apps.standards.permissions import Perm

SERVICE_FIELDS = (
    "name", "summary", "audience", "channels", "hours", "unit_id", "order",
)  # fmt: skip
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")


@transaction.atomic
def save_service(
    service: Service | None, *, by: Person, expected: str | None = None, **fields: Any
) -> Service:
    """Add a service to the catalogue, or tell it anew. `fields`: code (new ones) and
    SERVICE_FIELDS.

    Raises PermissionDenied, RuleBroken by field if the code is taken or malformed, StaleEdit
    if it changed since.
    """
    require(by, Perm.MANAGE)
    if service is None:
        code = fields.pop("code").strip().upper()
        if not CODE.fullmatch(code):
            raise RuleBroken({"code": _("Use letras sin acento, números y guiones: SRV-01.")})
        if Service.objects.filter(code=code).exists():
            raise RuleBroken({"code": _("Ya hay un servicio con ese código.")})
        service = Service(code=code)
    else:
        fields.pop("code", None)
        service = Service.objects.select_for_update().get(pk=service.pk)
        refuse_stale(service, SERVICE_FIELDS, expected)
    for name, value in fields.items():
        setattr(service, name, value.strip() if isinstance(value, str) else value)
    service.save()
    return service


@transaction.atomic
def retire_service(service: Service, *, by: Person) -> Service:
    """Say that a service is no longer given; what was promised stays in the history.

    Raises RuleBroken while a standard in force still promises something of it.
    """
    require(by, Perm.MANAGE)
    service = Service.objects.select_for_update().get(pk=service.pk)
    promised = Criterion.objects.filter(
        version__promise__service=service, version__current_of__retired_on=None,
        version__current_of__isnull=False,
    ).values_list("version__document__code", flat=True)  # fmt: skip
    if codes := sorted(set(promised)):
        raise RuleBroken(
            _("Todavía hay estándares en vigor de este servicio: %(codes)s."),
            params={"codes": ", ".join(codes)},
        )
    if service.retired_on is None:
        service.retired_on = timezone.localdate()
        service.save(update_fields=["retired_on"])
    return service


@transaction.atomic
def bring_back_service(service: Service, *, by: Person) -> Service:
    """Give a retired service again."""
    require(by, Perm.MANAGE)
    service = Service.objects.select_for_update().get(pk=service.pk)
    service.retired_on = None
    service.save(update_fields=["retired_on"])
    return service


@transaction.atomic
def add_expectation(
    service: Service, *, text: str, source: str, detail: str, known_on: date, by: Person
) -> Expectation:
    """Write down what customers expect of a service and how it is known (2.1.1).

    Raises RuleBroken by field for a day to come, or if it is written down already.
    """
    require(by, Perm.MANAGE)
    service = Service.objects.select_for_update().get(pk=service.pk)
    if known_on > timezone.localdate():
        raise RuleBroken({"known_on": _("Ese día todavía no llega.")})
    if service.expectations.filter(text__iexact=text.strip()).exists():
        raise RuleBroken({"text": _("Esa expectativa ya está escrita.")})
    return Expectation.objects.create(
        service=service, text=text.strip(), source=source, detail=detail.strip(),
        known_on=known_on, added_by=by,
    )  # fmt: skip


@transaction.atomic
def remove_expectation(expectation: Expectation, *, by: Person) -> None:
    """Take out an expectation written by mistake; the log keeps it."""
    require(by, Perm.MANAGE)
    found = Expectation.objects.select_for_update().filter(pk=expectation.pk).first()
    if found is not None:
        found.delete()
