"""The access policy: closed by default, declared where a view is written.

Three checks, each in its place: who may knock (the decorators here, held by
`core.middleware.access` and a system check), what exists for them (`visible`), and what may
be done (`require`, the first line of every service).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Literal, Protocol, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.core.prepared import Prepared

View = Callable[..., HttpResponse]
QS = TypeVar("QS", bound=models.QuerySet)

SAFE_METHODS = ("GET", "HEAD")
FORM_METHODS = ("GET", "HEAD", "POST")


class Level(models.IntegerChoices):
    """Classification of information, from open to most restricted (C2)."""

    PUBLIC = 0, _("Pública")
    INTERNAL = 1, _("Interna")
    CONFIDENTIAL = 2, _("Confidencial")
    RESERVED = 3, _("Reservada")


SEE_CONFIDENTIAL = "core.see_confidential"
SEE_RESERVED = "core.see_reserved"


class Actor(Protocol):
    """Whoever acts: a person of `accounts`, or the anonymous visitor."""

    is_active: bool
    is_authenticated: bool

    def has_perm(self, perm: str, obj: Any = None) -> bool: ...


@dataclass(frozen=True)
class Policy:
    """Who may knock at a view, and with which HTTP methods.

    `kind` is "public" (anyone), "token" (a customer's secret in the address or form proves
    it; the view checks it), "enrolment" (signed in, second factor still missing or being
    managed), "signed_in" (any member of staff with a second factor) or "requires" (the same,
    holding every permission in `perms`).
    """

    kind: Literal["public", "token", "enrolment", "signed_in", "requires"]
    perms: tuple[str, ...] = ()
    methods: tuple[str, ...] = FORM_METHODS


def _declare(policy: Policy) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        # A wrapper of its own: one library view may be routed twice with different policies.
        @wraps(view)
        def declared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return view(request, *args, **kwargs)

        declared.access_policy = policy  # type: ignore[attr-defined]
        return declared

    return decorate


def public(view: View | None = None, *, methods: Iterable[str] = FORM_METHODS) -> Any:
    """Declare a view open to anyone. With or without arguments."""
    decorate = _declare(Policy("public", methods=tuple(methods)))
    return decorate(view) if view else decorate


def customer_token(view: View | None = None, *, methods: Iterable[str] = FORM_METHODS) -> Any:
    """Declare a view open to whoever holds the customer's secret, which the view checks."""
    decorate = _declare(Policy("token", methods=tuple(methods)))
    return decorate(view) if view else decorate


def enrolment(view: View | None = None, *, methods: Iterable[str] = FORM_METHODS) -> Any:
    """Declare a view that a signed-in person reaches before having a second factor (C20)."""
    decorate = _declare(Policy("enrolment", methods=tuple(methods)))
    return decorate(view) if view else decorate


def signed_in(view: View | None = None, *, methods: Iterable[str] = FORM_METHODS) -> Any:
    """Declare a view open to every active member of staff with a second factor."""
    decorate = _declare(Policy("signed_in", methods=tuple(methods)))
    return decorate(view) if view else decorate


def requires(*perms: str, methods: Iterable[str] = FORM_METHODS) -> Callable[[View], View]:
    """Declare a view open to members of staff who hold every permission in `perms`."""
    if not perms:
        raise ValueError("requires() needs a permission; use signed_in for none")
    return _declare(Policy("requires", tuple(str(p) for p in perms), tuple(methods)))


def policy_of(view: View) -> Policy | None:
    """Policy declared on `view` (as a URL pattern holds it), or None."""
    return getattr(view, "access_policy", None)


def clearance(actor: Actor) -> Level:
    """Highest classification `actor` may read by role alone."""
    if not (actor.is_authenticated and actor.is_active):
        return Level.PUBLIC
    if actor.has_perm(SEE_RESERVED):
        return Level.RESERVED
    if actor.has_perm(SEE_CONFIDENTIAL):
        return Level.CONFIDENTIAL
    return Level.INTERNAL


def visible(queryset: QS, actor: Actor, perm: str) -> QS:
    """Rows of `queryset` that exist for `actor`, who needs `perm` to see any.

    Where the model is classified, rows above the actor's clearance are left out. Models add
    their own narrowing (audience, unit) in their queryset's `visible_to`, never elsewhere.
    """
    if not (actor.is_authenticated and actor.is_active and actor.has_perm(perm)):
        return queryset.none()
    if any(field.name == "classification" for field in queryset.model._meta.concrete_fields):
        queryset = queryset.filter(classification__lte=clearance(actor))
    return queryset


def require(actor: Actor, perm: str, obj: models.Model | None = None) -> None:
    """Raise PermissionDenied unless `actor` is active and holds `perm`.

    With `obj`, the object must also be visible to the actor where its manager can tell
    (`visible_to`): a permission alone never reaches what does not exist for a person.
    """
    if not (actor.is_authenticated and actor.is_active and actor.has_perm(perm)):
        raise PermissionDenied
    if obj is not None and obj.pk and not _exists_for(actor, obj):
        raise PermissionDenied


def _exists_for(actor: Actor, obj: models.Model) -> bool:
    """Whether `obj` is visible to `actor`; yes where its manager cannot tell."""
    manager = type(obj)._default_manager
    if not hasattr(manager, "visible_to"):
        return True
    if not isinstance(obj.pk, int):
        return manager.visible_to(actor).filter(pk=obj.pk).exists()
    return bool(_seen(type(obj))(actor, pk=obj.pk))


@cache
def _seen(model: type[models.Model]) -> Prepared:
    """The statement of `_exists_for`: building it anew took ten times what answering it takes."""

    def build(actor: Any, pk: int) -> models.QuerySet:
        return model._default_manager.visible_to(actor).filter(pk=pk).order_by().only("pk")

    return Prepared(build)
