"""Addresses of the manual."""

from django.urls import path

from apps.core import converters  # noqa: F401  (registers `code` and `number`)
from apps.manual.views import arranging, files, history, lists, public, reading

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
    path("manual/<code:code>/", reading.page, name="page"),
    path("manual/<code:code>/imprimir/", reading.print_view, name="print"),
    path("manual/<code:code>/comparar/", history.compare, name="compare"),
    path("manual/<code:code>/versiones/", history.history, name="history"),
    path("manual/<code:code>/versiones/<number:number>/", reading.version, name="version"),
    path("manual/<code:code>/versiones/<number:number>/pdf/", reading.pdf, name="pdf"),
    path("atencion/manual/", public.home, name="public-home"),
    path("atencion/manual/<code:code>/", public.page, name="public-page"),
]
