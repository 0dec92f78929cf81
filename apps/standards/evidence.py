"""What the records say of the requirements about standards (1.3.3, 2.1.1 to 2.1.5)."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.access import Level
from apps.core.registry import Evidence, evidence
from apps.documents import reach
from apps.documents.models import Document, Relation
from apps.standards.models import Criterion, Expectation, Service

RESTS_ON = (Document.Kind.PROCEDURE, Document.Kind.POLICY, Document.Kind.PROTOCOL)


def _standards() -> QuerySet[Document]:
    rows = Document.objects.filter(kind=Document.Kind.STANDARD).in_force()
    return rows.filter(retired_on=None)


def _said(done: int, total: int, sentence: str, links: tuple[tuple[str, str], ...]) -> Evidence:
    """Met when everything is there; late when something is."""
    state = "met" if total and done == total else "late" if done else "unmet"
    return Evidence(
        state=state,
        sentence=sentence % {"done": done, "total": total},
        counts={"done": done, "total": total},
        as_of=timezone.localdate(),
        links=links,
    )


def _list() -> tuple[tuple[str, str], ...]:
    return ((_("Estándares"), reverse("standards:list")),)


def expectations_known() -> Evidence:
    """2.1.1: what customers expect is known of each service."""
    services = Service.objects.offered()
    known = services.filter(Exists(Expectation.objects.filter(service=OuterRef("pk"))))
    words = _("%(done)s de %(total)s servicios tienen escritas las expectativas y su fuente.")
    links = ((_("Catálogo de servicios"), reverse("standards:services")),)
    return _said(known.count(), services.count(), words, links)


def criteria_clear() -> Evidence:
    """2.1.2: every standard has a measurable criterion."""
    here = Criterion.objects.filter(version=OuterRef("current_id"), indicator__retired_on=None)
    words = _("%(done)s de %(total)s estándares tienen indicador, unidad, meta y tolerancia.")
    done = _standards().filter(Exists(here)).count()
    return _said(done, _standards().count(), words, _list())


def rests_on_documents() -> Evidence:
    """2.1.3: every standard links to a policy or procedure in force."""
    near = Relation.objects.filter(
        document=OuterRef("pk"),
        related__kind__in=RESTS_ON,
        related__current__isnull=False,
        related__retired_on=None,
    )
    words = _("%(done)s de %(total)s estándares se apoyan en un procedimiento o política en vigor.")
    done = _standards().filter(Exists(near)).count()
    return _said(done, _standards().count(), words, _list())


def everybody_can_read() -> Evidence:
    """2.1.4: every member of staff may read them; how far they reached."""
    rows = _standards()
    done = rows.filter(classification__lte=Level.INTERNAL, audience=None).count()
    figures = reach.by_document(list(rows.values_list("pk", flat=True)), timezone.localdate())
    asked = sum(one.asked for one in figures.values())
    accepted = sum(one.accepted for one in figures.values())
    words = _("%(done)s de %(total)s estándares los puede leer todo el personal.")
    found = _said(done, rows.count(), words, _list())
    found.counts.update({"asked": asked, "accepted": accepted})
    return found


def reviewed_in_time() -> Evidence:
    """2.1.5: the next review is to come and the last one was inside its interval."""
    rows = _standards()
    done = rows.filter(next_review_on__gte=timezone.localdate()).count()
    words = _("%(done)s de %(total)s estándares tienen al día su revisión.")
    links = ((_("Calendario de revisiones"), reverse("reviews:calendar")), *_list())
    return _said(done, rows.count(), words, links)


def procedures_know_their_standards() -> Evidence:
    """1.3.3: the procedures in force that a standard in force rests on."""
    procedures = Document.objects.filter(kind=Document.Kind.PROCEDURE).in_force()
    procedures = procedures.filter(retired_on=None)
    standards = _standards().values("pk")
    near = Exists(Relation.objects.filter(related=OuterRef("pk"), document__in=standards))
    near |= Exists(Relation.objects.filter(document=OuterRef("pk"), related__in=standards))
    words = _("%(done)s de %(total)s procedimientos en vigor tienen un estándar de servicio.")
    return _said(procedures.filter(near).count(), procedures.count(), words, _list())


for key, function in (
    ("1.3.3", procedures_know_their_standards),
    ("2.1.1", expectations_known),
    ("2.1.2", criteria_clear),
    ("2.1.3", rests_on_documents),
    ("2.1.4", everybody_can_read),
    ("2.1.5", reviewed_in_time),
):
    evidence.add(key, function)
