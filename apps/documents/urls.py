"""Addresses of the documents' own room."""

from django.urls import path

from apps.core import converters  # noqa: F401  (registers `code` and `number`)
from apps.documents.views import card, reading

app_name = "documents"
urlpatterns = [
    path("documentos/<code:code>/", card.document, name="document"),
    path("documentos/<code:code>/versiones/<number:number>/", reading.version, name="version"),
    path(
        "documentos/<code:code>/versiones/<number:number>/revision/",
        reading.review,
        name="review",
    ),
]
