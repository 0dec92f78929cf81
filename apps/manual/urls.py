"""Addresses of the manual."""

from django.urls import path

from apps.core import converters  # noqa: F401  (registers `code` and `number`)
from apps.manual.views import (
    arranging,
    files,
    history,
    lists,
    opening,
    public,
    reading,
    steps,
    writing,
)

app_name = "manual"
urlpatterns = [
    path("manual/", reading.home, name="home"),
    path("manual/cambios/", lists.changes, name="changes"),
    path("manual/lista/", lists.listing, name="list"),
    path("manual/lista/exportar/", lists.list_export, name="list-export"),
    path("manual/formularios/", files.forms, name="forms"),
    path("manual/formularios/nuevo/", files.form_new, name="form-new"),
    path("manual/formularios/<code:code>/", files.form, name="form"),
    path("manual/formularios/<code:code>/publicar/", files.form_publish, name="form-publish"),
    path("manual/formularios/<code:code>/<number:number>/", files.form_file, name="form-file"),
    path("manual/organizar/", arranging.arrange, name="arrange"),
    path("manual/organizar/orden/", arranging.shift, name="shift"),
    path("manual/organizar/agregar/", arranging.add, name="add"),
    path("manual/organizar/<code:code>/mover/", arranging.move, name="move"),
    path("manual/organizar/<code:code>/titulo/", arranging.rename, name="rename"),
    path("manual/nuevo/", opening.new, name="new"),
    path("manual/nuevo/codigo/", opening.next_code, name="next-code"),
    path("manual/enlaces/", opening.link_targets, name="link-targets"),
    path("manual/imagenes/<uuid:key>/", opening.picture, name="picture"),
    path("manual/plantillas/", opening.templates, name="templates"),
    path("manual/plantillas/<slug:kind>/", opening.template, name="template"),
    path("manual/<code:code>/", reading.page, name="page"),
    path("manual/<code:code>/borrador/", writing.edit, name="draft"),
    path("manual/<code:code>/borrador/empezar/", writing.start, name="draft-start"),
    path("manual/<code:code>/borrador/guardar/", writing.save, name="draft-save"),
    path("manual/<code:code>/borrador/vista/", writing.preview, name="draft-preview"),
    path("manual/<code:code>/borrador/descartar/", writing.discard, name="draft-discard"),
    path("manual/<code:code>/borrador/imagen/", opening.picture_new, name="picture-new"),
    path("manual/<code:code>/borrador/pasos/", steps.add, name="step-add"),
    path("manual/<code:code>/borrador/pasos/orden/", steps.move, name="step-move"),
    path("manual/<code:code>/borrador/pasos/<slug:key>/", steps.edit, name="step"),
    path("manual/<code:code>/borrador/pasos/<slug:key>/fila/", steps.row, name="step-row"),
    path("manual/<code:code>/borrador/pasos/<slug:key>/quitar/", steps.remove, name="step-remove"),
    path("manual/<code:code>/imprimir/", reading.print_view, name="print"),
    path("manual/<code:code>/comparar/", history.compare, name="compare"),
    path("manual/<code:code>/versiones/", history.history, name="history"),
    path("manual/<code:code>/versiones/<number:number>/", reading.version, name="version"),
    path(
        "manual/<code:code>/versiones/<number:number>/restaurar/",
        writing.restore,
        name="restore",
    ),
    path("manual/<code:code>/versiones/<number:number>/pdf/", reading.pdf, name="pdf"),
    path("atencion/manual/", public.home, name="public-home"),
    path("atencion/manual/<code:code>/", public.page, name="public-page"),
]
