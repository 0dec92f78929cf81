"""Fills the portal of a benchmark; prints a session's key and the paths to ask, as JSON.

`python -m tests.benchmarks.fill 1000`: so many procedures of about 20 KB, in 40 chapters.
The words are drawn from the demo's manual, so that they have the frequencies of a language.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from importlib import import_module  # noqa: E402
from urllib.parse import urlencode  # noqa: E402

import yaml  # noqa: E402
from allauth.mfa.models import Authenticator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.auth.models import Group  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.accounts.models import Holding, Organisation, Person, Position, Unit  # noqa: E402
from apps.core.richtext import plain_text  # noqa: E402
from apps.documents import services as documents  # noqa: E402
from apps.documents.models import Document  # noqa: E402
from apps.manual import services as manual  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "apps" / "portal" / "demo" / "data" / "manual"
PAGE_BYTES = 20_000
STEPS = 8


def sentences() -> list[str]:
    """Sentences of the demo's manual."""
    texts: list[str] = []

    def collect(value: object) -> None:
        if isinstance(value, str) and len(value) > 60:
            texts.extend(part for part in plain_text(value).split(". ") if len(part) > 30)
        elif isinstance(value, dict):
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    for path in sorted(DATA.glob("*.yaml")):
        collect(yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader))
    return texts


def text_of(size: int, pool: list[str], rng: random.Random) -> str:
    """Paragraphs of about `size` bytes."""
    paragraphs, total = [], 0
    while total < size:
        paragraph = ". ".join(rng.choices(pool, k=4)) + "."
        paragraphs.append(f"<p>{paragraph}</p>")
        total += len(paragraph.encode())
    return "".join(paragraphs)


@transaction.atomic
def people() -> tuple[Person, Person, Position]:
    """An organisation with a writer and a reader."""
    Organisation.objects.create(pk=1, name="Banco de pruebas", country="CO")
    unit = Unit.objects.create(code="ATC", name="Atención")
    position = Position.objects.create(key="agente", title="Agente", unit=unit)
    made = []
    for name, roles in (("calidad", ["calidad"]), ("lectora", ["calidad"])):
        person = Person.objects.create_user(f"{name}@banco.test", first_name=name, last_name="P")
        person.groups.set(Group.objects.filter(role__key__in=roles))
        Holding.objects.create(person=person, position=position)
        Authenticator.objects.create(user=person, type="totp", data={"secret": "x"})
        made.append(person)
    return made[0], made[1], position


def write(count: int, by: Person, position: Position, rng: random.Random) -> list[str]:
    """`count` procedures in 40 chapters; returns their codes."""
    pool, codes = sentences(), []
    author = Person.objects.exclude(pk=by.pk).first()
    chapters = [
        manual.create_node(code=f"B-{number:02}", title=f"Capítulo {number}", by=by)
        for number in range(min(40, count))
    ]
    for number in range(count):
        code = f"B-{number % len(chapters):02}.{number // len(chapters):02}"
        with transaction.atomic():
            document = documents.open_document(
                kind=Document.Kind.PROCEDURE,
                code=code,
                title=rng.choice(pool)[:120],
                owner=by,
                unit=position.unit,
                by=by,
            )
            manual.record_procedure(
                document,
                procedure={
                    "purpose": rng.choice(pool),
                    "steps": [
                        manual.StepInput(
                            key=f"paso-{step}",
                            title=rng.choice(pool)[:100],
                            text=text_of(PAGE_BYTES // (2 * STEPS), pool, rng),
                            role=position,
                            accountable=position,
                        )
                        for step in range(STEPS)
                    ],
                },
                number=1,
                title=document.title,
                body=text_of(PAGE_BYTES // 2, pool, rng),
                change="first",
                justification="Escrita para medir la velocidad del portal.",
                author=author,
                approver=by,
                approved_at=timezone.now(),
                effective_on=timezone.localdate(),
                by=by,
            )
            manual.create_node(
                code=code,
                title=document.title,
                parent=chapters[number % len(chapters)],
                document=document,
                by=by,
            )
        codes.append(code)
    return codes


def session_of(person: Person) -> str:
    """Key of a session signed in with both factors."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    now = time.time()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session["account_authentication_methods"] = [
        {"method": "password", "at": now, "email": person.email},
        {"method": "mfa", "at": now, "type": "totp"},
    ]
    session["began"] = session["seen"] = now
    session.create()
    return session.session_key


def main() -> None:
    rng = random.Random(20261124)  # noqa: S311  (the same text in every run)
    writer, reader, position = people()
    writer = Person.objects.with_access().get(pk=writer.pk)
    codes = write(int(sys.argv[1]), writer, position, rng)
    questions = [
        "/buscar/?" + urlencode({"q": " ".join(phrase.split()[:9])})
        for phrase in rng.sample(sentences(), 20)
    ]
    words = ["reconexion", "medidor lectura", "fuga", "carrotanque", "subsidio", "acta visita"]
    json.dump(
        {
            "portal": session_of(reader),
            "reading": [f"/manual/{code}/" for code in rng.sample(codes, min(40, len(codes)))],
            "search": ["/buscar/?" + urlencode({"q": word}) for word in words],
            "questions": questions,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
