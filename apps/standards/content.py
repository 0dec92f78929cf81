"""What a version of a standard says besides its text: sealed, carried on, checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from apps.documents.models import Document, Version
from apps.documents.services import carriers, content_parts, submission_checks
from apps.standards.models import Criterion, Promise
from apps.standards.services import carry

SEALED = (
    "key", "number", "title", "indicator__code", "measure", "shape", "factor", "decimals",
    "direction", "sampling", "period",
)  # fmt: skip


def sealed_content(version: Version) -> dict[str, Any] | None:
    """Promise and criteria as plain data, for the version's hash (M11); None without any."""
    if not version.document_id or version.document.kind != Document.Kind.STANDARD:
        return None
    promise = (
        Promise.objects.filter(version_id=version.pk)
        .values("service__code", "commitment", "scope", "remedy")
        .first()
    )
    criteria = []
    rows = Criterion.objects.filter(version_id=version.pk).order_by("number")
    for row in rows.values(*SEALED, "target", "tolerance"):
        # 95 and 95.000000 are one number: the hash must not depend on where it was read from.
        row |= {name: f"{row[name].normalize():f}" for name in ("target", "tolerance")}
        criteria.append(row)
    return {"promise": promise, "criteria": criteria} if promise or criteria else None


def lacks(version: Version) -> Iterable[str]:
    """What keeps a standard from being submitted (registered submission check; 2.1.2)."""
    if version.document.kind != Document.Kind.STANDARD:
        return
    promise = Promise.objects.filter(version=version).select_related("service").first()
    if promise is None:
        yield _("Falta decir de qué servicio es el estándar.")
    elif promise.service.retired_on is not None:
        yield _("El servicio %(code)s ya no se presta.") % {"code": promise.service.code}
    if promise is None or not promise.commitment.strip():
        yield _("Falta el compromiso, con las palabras de quien recibe el servicio.")
    criteria = list(Criterion.objects.filter(version=version).select_related("indicator__current"))
    if not criteria:
        yield _("Falta al menos un criterio con su indicador y su meta.")
    for row in criteria:
        names = {"n": row.number, "code": row.indicator.code}
        if row.indicator.is_retired:
            yield _("El criterio %(n)s usa %(code)s, que ya no se mide.") % names
        elif row.indicator.current.measure != row.measure:
            yield _("El indicador %(code)s del criterio %(n)s cambió de unidad: vuelva a"
                    " guardarlo.") % names  # fmt: skip


def hand_over() -> None:
    """Register with the document engine; called once when the apps have loaded."""
    content_parts.add("standards", sealed_content)
    carriers.add("standards", carry)
    submission_checks.add("standards", lacks)
