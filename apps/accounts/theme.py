"""Light or dark: a cookie that every page reads, and the person's own choice."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse

COOKIE = "tema"
COOKIE_SECONDS = 400 * 24 * 3600
THEMES = ("light", "dark")


def set_theme_cookie(response: HttpResponse, theme: str) -> None:
    response.set_cookie(
        COOKIE,
        theme,
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
