"""The service charter as PDF."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import Organisation
from apps.core.pdf import render_pdf
from apps.standards import selectors, showing


def charter_data(today: date) -> dict[str, Any]:
    """All words of the charter, as the template takes them."""
    organisation = Organisation.objects.first()
    help_words = _("Si no cumplimos, díganoslo: le respondemos y lo corregimos.")
    where = [part for part in (organisation and organisation.phone,
                               organisation and organisation.hours) if part]  # fmt: skip
    return {
        "organisation": organisation.name if organisation else "Cauce",
        "title": _("Carta de servicios"),
        "lead": _("Qué le prometemos, cuánto cumplimos y qué hacemos si fallamos."),
        "taken": _("Resultados al %(on)s.") % {"on": date_format(today, "j \\d\\e F \\d\\e Y")},
        "page_of": [_("Página"), _("de")],
        "complain": {"title": _("Cómo reclamar"), "lines": [help_words, *where]},
        "labels": {
            "audience": _("Para quién"),
            "channels": _("Por dónde"),
            "hours": _("Horario"),
            "remedy": _("Si fallamos"),
            "head": [_("Compromiso"), _("Meta"), _("Último resultado")],
        },
        "services": [_told(entry) for entry in selectors.charter()],
    }


def charter_pdf(data: dict[str, Any], *, at: datetime) -> bytes:
    """The PDF of `charter_data`, made at the instant `at` (aware)."""
    return render_pdf("charter.typ", data, created_at=at)


def _told(entry: selectors.ServiceCharter) -> dict[str, Any]:
    service = entry.service
    return {
        "name": service.name,
        "summary": service.summary,
        "audience": service.audience,
        "channels": " · ".join(service.channel_list),
        "hours": service.hours,
        "promises": [promise.commitment for promise, _rows in entry.promises],
        "remedies": list(
            dict.fromkeys(promise.remedy for promise, _rows in entry.promises if promise.remedy)
        ),
        "rows": [
            [
                row["criterion"].title,
                f"{row['target']}, {_('con %(n)s de tolerancia') % {'n': row['tolerance']}}"
                if row["tolerance"]
                else row["target"],
                f"{row['value']} ({row['period']}). {row['tag'].text}"
                if row["value"]
                else row["tag"].text,
            ]
            for row in showing.rows_of(entry.criteria, public=True)
        ],
    }
