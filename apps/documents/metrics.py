"""What the records of documents can measure by themselves, for indicators."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from apps.core.registry import Measure, Metric, metrics
from apps.documents.models import DailyUse, Document, Feedback, Obligation, Review

# A reader who comments is answered within so long (M20).
ANSWER_TERM = timedelta(days=15)


def _share(part: int, of: int) -> Measure | None:
    """So many of so many; None when there was nobody to count."""
    return Measure(numerator=Decimal(part), denominator=Decimal(of)) if of else None


def acknowledged_in_time(start: date, end: date) -> Measure | None:
    """Of the readings due between two days, those accepted on or before their day."""
    found = (
        Obligation.objects.filter(withdrawn_at=None, due_on__range=(start, end))
        .annotate(accepted_on=TruncDate("acknowledged_at"))
        .aggregate(of=Count("pk"), part=Count("pk", filter=Q(accepted_on__lte=F("due_on"))))
    )
    return _share(found["part"], found["of"])


def reviewed_in_time(start: date, end: date) -> Measure | None:
    """Of the reviews due between two days, those concluded on or before their day.

    Those that still wait count as not in time.
    """
    done = (
        Review.objects.filter(due_on__range=(start, end))
        .annotate(done_on=TruncDate("concluded_at"))
        .aggregate(of=Count("pk"), part=Count("pk", filter=Q(done_on__lte=F("due_on"))))
    )
    waiting = Document.objects.to_review().filter(next_review_on__range=(start, end)).count()
    return _share(done["part"], done["of"] + waiting)


def comments_answered_in_time(start: date, end: date) -> Measure | None:
    """Of the comments written between two days, those answered within 15 calendar days."""
    found = (
        Feedback.objects.annotate(on=TruncDate("created_at"))
        .filter(on__range=(start, end))
        .aggregate(
            of=Count("pk"),
            part=Count("pk", filter=Q(answered_at__lte=F("created_at") + ANSWER_TERM)),
        )
    )
    return _share(found["part"], found["of"])


def found_useful(start: date, end: date) -> Measure | None:
    """Of the votes given between two days, those that said the document helped."""
    found = DailyUse.objects.filter(on__range=(start, end)).aggregate(
        useful=Sum("useful", default=0), other=Sum("not_useful", default=0)
    )
    return _share(found["useful"], found["useful"] + found["other"])


metrics.add(
    "documents.acknowledged_in_time",
    Metric(
        label=_("Lecturas aceptadas a tiempo"),
        formula=_("De las lecturas que vencían en el período, las aceptadas hasta su día."),
        source=_("Lecturas pedidas y constancias, en Documentos."),
        shape="proportion",
        unit="%",
        measure=acknowledged_in_time,
    ),
)
metrics.add(
    "documents.reviewed_in_time",
    Metric(
        label=_("Documentos revisados a tiempo"),
        formula=_("De las revisiones que tocaban en el período, las hechas hasta su día."),
        source=_("Calendario de revisiones, en Documentos."),
        shape="proportion",
        unit="%",
        measure=reviewed_in_time,
    ),
)
metrics.add(
    "documents.comments_answered_in_time",
    Metric(
        label=_("Comentarios de lectores respondidos en 15 días"),
        formula=_("De los comentarios del período, los respondidos en 15 días corridos."),
        source=_("Comentarios de los lectores, en Documentos."),
        shape="proportion",
        unit="%",
        measure=comments_answered_in_time,
    ),
)
metrics.add(
    "documents.found_useful",
    Metric(
        label=_("Páginas que les sirvieron a sus lectores"),
        formula=_("De los votos del período, los que dijeron que la página sirvió."),
        source=_("Votos al pie de cada página, en Documentos."),
        shape="proportion",
        unit="%",
        measure=found_useful,
    ),
)
