"""A long import whose worker dies in the middle (F4)."""

import os
import signal

import pytest

from apps.accounts.models import Person
from apps.accounts.services import imports
from apps.core.models import LongWork, OutboxMail
from tests.faults.conftest import until

START_SECONDS = 60
LINES = 1000


@pytest.mark.slow(reason="starts a worker and kills its child")
@pytest.mark.django_db(transaction=True)
def test_f4_an_import_whose_process_is_killed_is_written_once(admin, start_worker):
    rows = [f"p{number}@aguas.test;Ana;P{number};agente" for number in range(LINES)]
    content = "\n".join(["correo;nombre;apellidos;roles", *rows]).encode()
    run = imports.dry_run("h.csv", content, kind="people", by=admin)
    worker = start_worker()
    work = imports.apply_later(run, by=admin)
    until(lambda: LongWork.objects.get(pk=work.pk).done > 0, START_SECONDS)
    assert not OutboxMail.objects.exists()
    os.kill(worker.child, signal.SIGKILL)
    until(lambda: LongWork.objects.get(pk=work.pk).is_over, START_SECONDS)
    work.refresh_from_db()
    assert (work.state, work.attempts) == (LongWork.State.DONE, 2)
    assert work.result == {"created": LINES, "changed": 0}
    assert Person.objects.exclude(pk=admin.pk).filter(email__startswith="p").count() == LINES
    assert OutboxMail.objects.count() == LINES
