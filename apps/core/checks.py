"""System checks: no view without a policy."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver

from apps.core.access import policy_of


def walk_patterns(
    patterns: list[Any] | None = None, prefix: str = "", namespace: str = ""
) -> Iterator[tuple[str, str, URLPattern]]:
    """Every routed view as (route, full name, pattern), in the order of the resolver."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = ":".join(part for part in (namespace, entry.namespace) if part)
            yield from walk_patterns(entry.url_patterns, route, inner)
        else:
            name = ":".join(part for part in (namespace, entry.name) if part)
            yield route, name, entry


@register("urls")
def every_view_declares_its_policy(**kwargs: Any) -> list[CheckMessage]:
    """C3, S1: a routed view without a declared policy is an error."""
    return [
        Error(
            f"The view at '{route}' declares no access policy.",
            hint="Decorate it with public, customer_token, enrolment, signed_in or requires.",
            id="core.E001",
        )
        for route, _name, pattern in walk_patterns()
        if policy_of(pattern.callback) is None
    ]
