"""Addresses of the documents' own room. Rooms with fixed paths below it are routed before."""

from django.urls import path

from apps.core import converters  # noqa: F401  (registers `code` and `number`)
from apps.documents.views import card, deciding, lists, reading

VERSION = "documentos/<code:code>/versiones/<number:number>/"

app_name = "documents"
urlpatterns = [
    path("documentos/", lists.listing, name="list"),
    path("documentos/exportar/", lists.list_export, name="list-export"),
    path("documentos/<code:code>/", card.document, name="document"),
    path("documentos/<code:code>/enviar/", deciding.submit, name="submit"),
    path("documentos/<code:code>/retirar/", deciding.retire, name="retire"),
    path(VERSION, reading.version, name="version"),
    path(f"{VERSION}revision/", reading.review, name="review"),
    path(f"{VERSION}aprobar/", reading.approve, name="approve"),
    path(f"{VERSION}devolver/", reading.send_back, name="return"),
    path(f"{VERSION}retomar/", deciding.withdraw, name="withdraw"),
    path(f"{VERSION}emergencia/", deciding.publish_now, name="publish-now"),
    path(f"{VERSION}ratificar/", deciding.ratify, name="ratify"),
    path(f"{VERSION}no-ratificar/", deciding.object_to, name="object"),
    path(f"{VERSION}cancelar/", deciding.cancel, name="cancel"),
    path(f"{VERSION}comentar/", reading.comment, name="comment"),
    path(f"{VERSION}comentarios/<int:pk>/", reading.answer, name="answer"),
    path(f"{VERSION}comentarios/<int:pk>/resolver/", reading.resolve, name="resolve"),
    path(f"{VERSION}comentarios/<int:pk>/abrir/", reading.reopen, name="reopen"),
]
