"""A real SMTP server that misbehaves as told, and real Celery workers to be killed."""

from __future__ import annotations

import asyncio
import contextlib
import email
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

ROOT = Path(__file__).resolve().parents[2]
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


class PostOffice:
    """Handler of aiosmtpd: keeps what it takes; `plan` says how it treats the next mails.

    Entries of `plan`: an answer to RCPT ("451 …"), "hang" (silent after DATA), "drop" (takes
    the mail and breaks off). Without one, mails are taken.
    """

    def __init__(self) -> None:
        self.plan: list[str] = []
        self.taken: list[tuple[str, email.message.Message]] = []

    @property
    def message_ids(self) -> list[str]:
        return [message["Message-ID"] for _to, message in self.taken]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.plan and self.plan[0][0].isdigit():
            return self.plan.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        step = self.plan.pop(0) if self.plan else "take"
        if step == "hang":
            await asyncio.sleep(60)
        if step[0].isdigit():
            return step
        self.taken.append((envelope.rcpt_tos[0], email.message_from_bytes(envelope.content)))
        if step == "drop":
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def post_office(settings):
    """An SMTP server on this machine, to which mail is delivered."""
    office = PostOffice()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    settings.MAIL_DELIVERY_BACKEND = SMTP_BACKEND
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 1
    office.port = port
    yield office
    controller.stop(no_assert=True)


class Worker:
    """A Celery worker with one child, in a process group of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "--quiet", "-A", "config.celery", "worker"]
            + ["--concurrency", "1", "--loglevel", "WARNING", "-I", "tests.faults.writer"]
            + ["--without-gossip", "--without-mingle"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def child(self) -> int:
        """The process that does the work."""
        main = self.process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return int(children[0])

    def kill(self) -> None:
        """As if the machine had lost power."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start_worker(database_environment, post_office):
    """Maker of workers on this test's database, broker and SMTP server."""
    workers = []

    def start() -> Worker:
        environment = os.environ | database_environment
        environment |= {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{post_office.port}",
            "CAUCE_FAULT_WORKER": "1",
            "PYTHONWARNINGS": "ignore:::celery.platforms",
        }
        workers.append(Worker(environment))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


def until(true: Callable[[], bool], seconds: float) -> float:
    """Wait until it is true; returns the seconds it took, fails after `seconds`."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            pytest.fail(f"not within {seconds} seconds")
        time.sleep(0.05)
    return time.monotonic() - began
