"""What the ground itself hands over: the count that every page shows."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, OuterRef

from apps.core.context import UNREAD_CAP
from apps.core.registry import person_annotations
from apps.notifications.models import Notice


def unread_notices() -> Func:
    """How many unread notices a person has, up to one more than are told."""
    rows = Notice.objects.filter(person=OuterRef("pk")).unread().values("pk")[: UNREAD_CAP + 1]
    return Func(ArraySubquery(rows), function="cardinality", output_field=IntegerField())


person_annotations.add("unread_notices", unread_notices)
