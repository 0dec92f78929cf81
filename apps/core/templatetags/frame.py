"""Tags of the frame."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def still(name: str) -> SafeString:
    """A partial that takes nothing and never changes while the process lives, rendered once."""
    return _rendered(name)


@lru_cache(maxsize=32)
def _rendered(name: str) -> SafeString:
    return render_to_string(name)
