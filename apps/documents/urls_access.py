"""Who can read a document, and the exceptions that say so."""

from django.urls import path

from apps.core import converters  # noqa: F401  (registers `code`)
from apps.documents.views import access, charge

app_name = "document_access"
urlpatterns = [
    path("documentos/<code:code>/acceso/", access.readers, name="readers"),
    path("documentos/<code:code>/acceso/exportar/", access.export_readers, name="export"),
    path("documentos/<code:code>/acceso/destinatarios/", access.audience, name="audience"),
    path("documentos/<code:code>/acceso/responsable/", charge.charge, name="charge"),
    path("documentos/<code:code>/acceso/abrir/", access.open_to, name="open"),
    path("documentos/<code:code>/acceso/ocultar/", access.hide_from, name="hide"),
    path(
        "documentos/<code:code>/acceso/<slug:kind>/<int:pk>/retirar/",
        access.withdraw,
        name="withdraw",
    ),
]
