from datetime import timedelta

import pytest
from django.utils import timezone

from apps.documents import services
from apps.documents.models import Document, Version
from tests.documents import readers
from tests.manual.makers import Press


@pytest.fixture
def press(quality, supervisor, unit, make_position) -> Press:
    """Publishes procedures written by the supervisor and approved by quality."""
    return Press(
        quality=quality,
        author=supervisor,
        unit=unit,
        position=make_position("Agente telefónico"),
    )


@pytest.fixture
def publish(quality, supervisor, unit):
    """Maker of documents in force without steps: `publish("POL-1", due_in=30, owner=…)`."""

    def make(code: str, *, due_in: int | None = None, days_ago: int = 40, **fields) -> Document:
        document = services.open_document(
            kind=fields.pop("kind", Document.Kind.POLICY),
            code=code,
            title=fields.pop("title", f"Política {code}"),
            owner=fields.pop("owner", supervisor),
            unit=fields.pop("unit", unit),
            by=quality,
            **fields,
        )
        now = timezone.now()
        services.record_published(
            document,
            number=1,
            title=document.title,
            body="<p>Texto.</p>",
            change=Version.Change.FIRST,
            justification="Primera versión de esta política.",
            author=supervisor,
            approver=quality,
            approved_at=now - timedelta(days=days_ago + 1),
            effective_on=timezone.localdate() - timedelta(days=days_ago),
            by=quality,
        )
        document.refresh_from_db()
        if due_in is not None:
            document.next_review_on = timezone.localdate() + timedelta(days=due_in)
            document.save(update_fields=["next_review_on"])
        return document

    return make


@pytest.fixture
def make_policy(supervisor, unit):
    """Maker of documents of the supervisor, in the unit of the cast."""

    def make(code: str = "POL-01", title: str = "Política", **fields) -> Document:
        fields = {"kind": "policy", "owner": supervisor, "unit": unit, "by": supervisor} | fields
        return services.open_document(code=code, title=title, **fields)

    return make


@pytest.fixture
def document(make_policy) -> Document:
    """A policy of the supervisor, in no version yet."""
    return make_policy()


@pytest.fixture
def issue(document, supervisor, quality):
    """Publishes the next version of the test's `document`, its readers asked by the job."""
    return lambda **fields: readers.publish(document, supervisor, quality, **fields)
