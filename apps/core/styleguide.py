"""What the style guide shows: every component with made-up but plausible data."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.options import Option


class SampleForm(forms.Form):
    """One field of each kind."""

    kind = forms.ChoiceField(
        label=gettext_lazy("¿Qué quiere presentar?"),
        help_text=gettext_lazy("Si duda, elija «Queja»: nosotros la clasificamos."),
        widget=forms.RadioSelect(attrs={"class": "choices"}),
        error_messages={"required": gettext_lazy("Elija qué quiere presentar.")},
    )
    subject = forms.CharField(
        label=gettext_lazy("Asunto"),
        max_length=80,
        error_messages={"required": gettext_lazy("Escriba de qué se trata.")},
    )
    story = forms.CharField(
        label=gettext_lazy("¿Qué pasó?"),
        help_text=gettext_lazy("Diga qué ocurrió, dónde y cuándo."),
        min_length=20,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "min_length": gettext_lazy(
                "Cuéntenos un poco más. Escribió %(show_value)s caracteres "
                "y necesitamos al menos %(limit_value)s."
            )
        },
    )
    wish = forms.CharField(label=gettext_lazy("¿Qué solución espera?"), required=False)
    unit = forms.ChoiceField(
        label=gettext_lazy("Unidad"),
        choices=[("", "Elija una unidad"), ("fac", "Facturación"), ("ope", "Operaciones")],
        required=False,
    )
    happened_on = forms.DateField(
        label=gettext_lazy("Fecha"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Canales"),
        choices=[("web", "Web"), ("tel", "Teléfono"), ("ofi", "Oficina")],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    files = forms.FileField(
        label=gettext_lazy("Fotos o documentos"),
        help_text=gettext_lazy("Hasta 10 MB."),
        required=False,
        widget=forms.FileInput(attrs={"data-max-bytes": "10000000"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Contraseña"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    agree = forms.BooleanField(
        label=gettext_lazy("Leí y acepto la política de confidencialidad, versión 3"),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [
            ("queja", Option("Queja", hint="No está conforme con la atención o con el servicio.")),
            ("reclamo", Option("Reclamo", hint="Pide corregir una factura, un cobro o un daño.")),
            ("idea", Option("Sugerencia", hint="Tiene una idea para mejorar.")),
        ]


class SampleFilters(forms.Form):
    """A search and two fields, as above a list."""

    q = forms.CharField(label=gettext_lazy("Buscar en los casos"), required=False)
    tipo = forms.ChoiceField(
        label=gettext_lazy("Tipo"), choices=[("", "Todos"), ("queja", "Queja")], required=False
    )
    estado = forms.ChoiceField(
        label=gettext_lazy("Estado"), choices=[("", "Abiertos"), ("c", "Cerrados")], required=False
    )


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime(2026, 11, day, hour, minute))


def _chart(
    key: str, title: str, summary: str, config: dict[str, Any], columns: list[str]
) -> dict[str, Any]:
    rows = [[x, *(one["data"][i] for one in config["series"])] for i, x in enumerate(config["x"])]
    return {
        "id": f"figura-{key}",
        "title": title,
        "summary": summary,
        "config": config,
        "columns": columns,
        "rows": rows,
    }


def _charts() -> list[dict[str, Any]]:
    weeks = ["7 sep", "14 sep", "21 sep", "28 sep", "5 oct", "12 oct", "19 oct", "26 oct"]
    return [
        _chart(
            "control",
            _("Quejas por cada 100 contactos"),
            _("La última semana llegó a 7,6; el límite es 5,6."),
            {
                "type": "control",
                "x": weeks,
                "series": [{"name": "Quejas", "data": [3.1, 3.7, 2.4, 3.5, 2.8, 3.2, 2.6, 7.6]}],
                "mean": 3.1,
                "upper": 5.6,
                "out": [7],
            },
            [_("Semana"), _("Quejas por cada 100")],
        ),
        _chart(
            "linea",
            _("Respondidas en plazo"),
            _("Subió de 90 % a 96 % y pasa la meta desde el 12 de octubre."),
            {
                "type": "line",
                "unit": "%",
                "min": 80,
                "max": 100,
                "x": weeks,
                "target": 95,
                "series": [
                    {"name": "Quejas", "data": [90, 91, 93, 92, 94, 95.5, 96, 96]},
                    {"name": "Reclamos", "data": [88, 89, 89, None, 91, 92, 94, 95]},
                ],
            },
            [_("Semana"), _("Quejas"), _("Reclamos")],
        ),
        _chart(
            "barras",
            _("Casos abiertos por persona"),
            _("Luis P. lleva 14 de los 42 casos."),
            {
                "type": "hbar",
                "decimals": 0,
                "x": ["Luis P.", "Ana G.", "Diego M.", "Rosa T."],
                "series": [{"name": "Casos", "data": [14, 12, 9, 4]}],
            },
            [_("Persona"), _("Casos")],
        ),
        _chart(
            "pila",
            _("Canales de entrada"),
            _("La web pasó de 40 a 61 casos al mes."),
            {
                "type": "stack",
                "decimals": 0,
                "x": ["sep", "oct", "nov"],
                "series": [
                    {"name": "Web", "data": [40, 52, 61]},
                    {"name": "Teléfono", "data": [30, 28, 25]},
                    {"name": "Oficina", "data": [12, 11, 9]},
                ],
            },
            [_("Mes"), _("Web"), _("Teléfono"), _("Oficina")],
        ),
    ]


def _weeks() -> list[list[dict[str, Any]]]:
    """Two weeks of a month with something late, today and to come."""
    of_day = {
        17: [("ATC-07.3", "Rebosamiento de alcantarillado")],
        24: [("ATC-01.6", "Identificar a quien llama"), ("ATC-02.1", "Recibir y registrar")],
        27: [("ATC-04.8", "Caja y arqueo en oficina")],
    }
    return [
        [
            {
                "on": date(2026, 11, number),
                "is_today": number == 24,
                "is_past": number < 24,
                "entries": [
                    {"url": "#g-mes", "code": code, "title": title}
                    for code, title in of_day.get(number, [])
                ],
                "more": 3 if number == 24 else 0,
                "more_url": "#g-mes",
            }
            for number in range(first, first + 7)
        ]
        for first in (16, 23)
    ]


def sample_context() -> dict[str, Any]:
    """Everything styleguide.html takes."""
    empty: dict[str, Any] = {}
    wrong = SampleForm({"story": "Sin agua.", "wish": "Que vuelva el servicio."}, auto_id="mal_%s")
    filled = SampleForm(
        initial={"kind": "queja", "wish": "Una explicación.", "channels": ["web"]},
        auto_id="bien_%s",
    )
    agent = {"title": "Agentes de atención", "note": "4 personas", "children": []}
    return {
        "crumbs": [("Inicio", "#contenido"), ("Administración", "#contenido"), ("Guía visual", "")],
        "sample_form": filled,
        "sample_form_wrong": wrong,
        "sample_filters": SampleFilters(empty, auto_id="filtro_%s"),
        "chips": [{"text": "Unidad: Facturación", "url": "#filtros"}],
        "views": [
            {"title": "Abiertas de mi unidad", "url": "#filtros", "current": True, "count": 42},
            {"title": "Mías", "url": "#filtros", "current": False, "count": 6},
        ],
        "columns": [
            {"title": "Seleccionar", "css": "pick", "hidden": True},
            {"title": "Caso", "url": "?orden=caso"},
            {"title": "Estado"},
            {"title": "Compromiso", "url": "?orden=-vence", "sorted": "ascending"},
            {"title": "Recibida", "css": "wide-only"},
        ],
        "entries": [
            {
                "icon": "person",
                "title": "Mensaje del cliente",
                "detail": "por la web",
                "at": _at(10, 10, 42),
                "text": "La factura de octubre llegó por $ 184.300.",
                "files": [{"name": "factura.pdf", "url": "#contenido", "note": "1,2 MB"}],
            },
            {"icon": "envelope-check", "title": "Acuse enviado", "at": _at(10, 10, 42)},
            {
                "icon": "reply",
                "kind": "ours",
                "title": "Mensaje al cliente",
                "detail": "Luis P.",
                "at": _at(17, 9, 15),
                "text": "Envíenos una foto del medidor.",
            },
            {
                "icon": "lock",
                "kind": "inner",
                "title": "Nota interna",
                "detail": "solo la ve el personal",
                "at": _at(20, 8, 12),
                "text": "Parece un dígito mal digitado.",
            },
        ],
        "steps": ["qué pasó", "sus datos", "revisar"],
        "charts": _charts(),
        "diff_rows": [
            {"op": "same", "text": "Si la diferencia supera el"},
            {"op": "del", "text": "50 %"},
            {"op": "ins", "text": "30 %"},
            {"op": "same", "text": "del consumo habitual, agende una visita."},
        ],
        "stale_rows": [
            {"label": "Responsable", "yours": "Luis P.", "newer": "Ana G."},
            {"label": "Causa", "yours": "Lectura", "newer": "Sin registrar"},
        ],
        "moment": _at(24, 9, 41),
        "weeks": _weeks(),
        "percent": 94.1,
        "results": [
            {"title": "ATC-02.3 Reclamo por facturación", "kind": "Manual", "url": "#contenido"},
            {
                "title": "Q-2026-004812",
                "kind": "Queja",
                "url": "#contenido",
                "icon": "chat-left-text",
            },
        ],
        "organisation_tree": {
            "title": "Gerencia general",
            "note": "Clara R.",
            "children": [
                {
                    "title": "Comercial",
                    "url": "#organigrama",
                    "note": "Marta R.",
                    "children": [
                        {
                            "title": "Atención al cliente",
                            "url": "#organigrama",
                            "children": [agent, {"title": "Ventanillas", "children": []}],
                        },
                        {"title": "Facturación", "people": ["Jefatura: Iván S."], "children": []},
                    ],
                },
                {"title": "Operaciones", "children": [{"title": "Redes", "children": []}]},
                {"title": "Calidad", "note": "Sin titular", "children": []},
            ],
        },
    }
