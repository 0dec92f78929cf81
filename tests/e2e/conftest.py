"""The demo behind a real server, and a real browser in front of it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.cache import cache
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from pytest_django.live_server_helper import LiveServer

from apps.accounts.models import Person

# Playwright keeps an event loop in this thread; the tests read the database between clicks.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Site:
    """The running demo: its address and who can sign in."""

    url: str

    def cookie_for(self, name: str) -> dict[str, str]:
        """A session cookie of that demo account, signed in with both factors."""
        from importlib import import_module

        person = Person.objects.get(email=f"{name}@demo.cauce.test")
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        now = time.time()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session["account_authentication_methods_user"] = str(person.pk)
        session["account_authentication_methods"] = [
            {"method": "password", "at": now, "email": person.email, "reauthenticated": True},
            {"method": "mfa", "at": now, "type": "totp"},
        ]
        session["began"] = session["seen"] = now
        session.create()
        UserSession.objects.create(
            user=person, session_key=session.session_key, ip="127.0.0.1", user_agent="Chromium"
        )
        return {
            "name": settings.SESSION_COOKIE_NAME,
            "value": session.session_key,
            "url": self.url,
        }


@pytest.fixture(scope="module")
def site(demo: None, django_db_blocker) -> Iterator[Site]:
    """The demo organisation behind a live server, afresh for each file of this folder."""
    with django_db_blocker.unblock():
        server = LiveServer("localhost")
        yield Site(server.url)
        server.stop()


@pytest.fixture(autouse=True)
def _database_is_open(django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        cache.clear()
        yield


@pytest.fixture(scope="package")
def playwright(django_db_blocker) -> Iterator[Playwright]:
    with django_db_blocker.unblock():
        # While its loop runs, Django keeps another set of connections: none of the tests before
        # may stay open, since the demo takes the place of their database.
        connections.close_all()
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    running = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
    yield running
    running.close()


@dataclass
class Watch:
    """What the browser complained of, and every host it asked."""

    site: Site
    complaints: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        """Listen to the console, failures and requests of `page`."""
        own = urlsplit(self.site.url).netloc

        def on_request(request) -> None:
            target = urlsplit(request.url)
            if target.scheme in ("http", "https", "ws", "wss") and target.netloc != own:
                self.complaints.append(f"left the host: {request.url}")

        def on_console(message) -> None:
            # A page that answers 4xx on purpose is told by its status, not by the console.
            if message.type in ("error", "warning") and not re.search(
                r"responded with a status of 4\d\d", message.text
            ):
                self.complaints.append(f"{page.url}: {message.text}")

        page.on("request", on_request)
        page.on("console", on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    """Fails the test if the console complains (S26) or a request leaves the host (S29)."""
    watching = Watch(site)
    yield watching
    assert watching.complaints == []


@pytest.fixture
def visit(browser: Browser, site: Site, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Maker of pages: `visit("agente", "/inicio/")`; None for an anonymous visitor."""
    contexts: list[BrowserContext] = []

    def make(
        name: str | None, path: str = "/", *, width: int = 1280, dark: bool = False, js: bool = True
    ) -> Page:
        context = browser.new_context(
            base_url=site.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=js,
            locale="es-CO",
            reduced_motion="reduce",  # no colour is measured half-way
            accept_downloads=True,
        )
        contexts.append(context)
        if name:
            context.add_cookies([site.cookie_for(name)])
        if dark:
            context.add_cookies([{"name": "tema", "value": "dark", "url": site.url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        watch.attach(page)
        page.goto(path)
        return page

    yield make
    for context in contexts:
        context.close()
