"""Publishing to many: documents that wait for their last yes, and the fan-out of their notices.

`python -m tests.benchmarks.publish wait 2000 15`: so many people, so many versions in review;
prints the session of who approves and the pages of the decisions, as JSON.
`python -m tests.benchmarks.publish spread`: what the worker does for one version that was
published; prints the seconds it took and how many notices there are, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from allauth.mfa.models import Authenticator  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.db import transaction  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.accounts.models import Holding, Person, Position  # noqa: E402
from apps.documents import services  # noqa: E402
from apps.documents.models import Asking, Document  # noqa: E402
from apps.documents.services import acknowledging  # noqa: E402
from apps.notifications.models import Announcement, Notice  # noqa: E402
from apps.notifications.services import expand  # noqa: E402
from tests.benchmarks.fill import session_of  # noqa: E402

WHY = "Escrita para medir lo que cuesta publicar a muchas personas."


@transaction.atomic
def wait(people: int, versions: int) -> dict[str, object]:
    """Fill what is to be published; all hold one post, in the unit the documents are for."""
    position = Position.objects.get(key="agente")
    readers = Person.objects.bulk_create(
        Person(
            email=f"lee-{number:05}@banco.test",
            first_name="Lee",
            last_name=f"Número {number}",
            password="chosen",  # noqa: S106  (nobody signs in with it)
        )
        for number in range(people)
    )
    group = Group.objects.get(role__key="agente")
    in_role = Person.groups.through
    in_role.objects.bulk_create(in_role(person=one, group=group) for one in readers)
    Holding.objects.bulk_create(Holding(person=one, position=position) for one in readers)
    approver = Person.objects.create_user("publica@banco.test", first_name="Publica", last_name="P")
    approver.groups.set(Group.objects.filter(role__key="direccion"))
    Authenticator.objects.create(user=approver, type="totp", data={"secret": "x"})
    writer = Person.objects.with_access().get(email="calidad@banco.test")
    pages = []
    for number in range(versions):
        document = services.open_document(
            kind=Document.Kind.POLICY,
            code=f"P-{number:02}",
            title=f"Política {number}",
            owner=writer,
            unit=position.unit,
            by=writer,
        )
        draft = services.start_version(
            document, change="first", justification=WHY, body="<p>Texto.</p>", by=writer
        )
        version = services.submit(draft, asks_acknowledgement=True, by=writer)
        pages.append(reverse("documents:review", args=[document.code, version.number]))
    return {"session": session_of(approver), "pages": pages}


def spread() -> dict[str, float]:
    """Ask the readers of one published version, and write the notices of all of them."""
    version = Asking.objects.filter(spread_at=None).order_by("written_at").first().version
    before = Notice.objects.count()
    began = time.perf_counter()
    acknowledging.spread(version.pk, now=timezone.now())
    for row in Announcement.objects.filter(expanded_at=None).values_list("pk", flat=True):
        expand(row)
    return {"seconds": time.perf_counter() - began, "notices": Notice.objects.count() - before}


if __name__ == "__main__":
    json.dump(
        spread() if sys.argv[1] == "spread" else wait(int(sys.argv[2]), int(sys.argv[3])),
        sys.stdout,
    )
