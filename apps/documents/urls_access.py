"""Who can read a document, and the exceptions that say so."""

from django.urls import path

from apps.documents.views import access

app_name = "document_access"
urlpatterns = [
    path("documentos/<str:code>/acceso/", access.readers, name="readers"),
    path("documentos/<str:code>/acceso/exportar/", access.export_readers, name="export"),
    path("documentos/<str:code>/acceso/destinatarios/", access.audience, name="audience"),
    path("documentos/<str:code>/acceso/abrir/", access.open_to, name="open"),
    path("documentos/<str:code>/acceso/ocultar/", access.hide_from, name="hide"),
    path(
        "documentos/<str:code>/acceso/<slug:kind>/<int:pk>/retirar/",
        access.withdraw,
        name="withdraw",
    ),
]
