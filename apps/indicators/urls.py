"""Addresses of the indicators."""

from django.urls import path

from apps.core import converters  # noqa: F401  (registers the pieces below)
from apps.indicators.views import importing, lists, pages, recording, writing

app_name = "indicators"

urlpatterns = [
    path("indicadores/", lists.listing, name="list"),
    path("indicadores/exportar/", lists.list_export, name="list-export"),
    path("indicadores/tablero/", lists.board, name="board"),
    path("indicadores/senales/", lists.signals, name="signals"),
    path("indicadores/senales/exportar/", lists.signals_export, name="signals-export"),
    path("indicadores/senales/<int:pk>/", pages.signal, name="signal"),
    path("indicadores/importar/", importing.start, name="import"),
    path("indicadores/importar/plantilla/", importing.template, name="import-template"),
    path("indicadores/importar/<uuid:pk>/", importing.run, name="import-run"),
    path("indicadores/importar/<uuid:pk>/registrar/", importing.apply, name="import-apply"),
    path("indicadores/nuevo/", writing.new, name="new"),
    path("indicadores/<code:code>/", pages.indicator, name="indicator"),
    path("indicadores/<code:code>/exportar/", pages.series_export, name="series-export"),
    path("indicadores/<code:code>/definir/", writing.redefine, name="redefine"),
    path("indicadores/<code:code>/retirar/", writing.retire, name="retire"),
    path("indicadores/<code:code>/volver/", writing.bring_back, name="bring-back"),
    path("indicadores/<code:code>/registrar/", recording.record, name="record"),
    path("indicadores/<code:code>/limites/", recording.baseline, name="baseline"),
    path("indicadores/<code:code>/soportes/<int:pk>/", pages.evidence, name="evidence"),
    path("indicadores/<code:code>/<day:start>/", pages.period, name="period"),
    path("indicadores/<code:code>/<day:start>/corregir/", recording.correct, name="correct"),
    path("indicadores/<code:code>/<day:start>/anular/", recording.withdraw, name="withdraw"),
]
