"""Addresses of reading and accepting, of its reach, and of the readers' voice."""

from django.urls import path

from apps.core import converters  # noqa: F401  (registers `code`)
from apps.documents.views import acknowledgements, feedback, feedback_public, reach, use

app_name = "reach"
urlpatterns = [
    path("documentos/lecturas/", acknowledgements.mine, name="mine"),
    path("documentos/alcance/", reach.board, name="board"),
    path("documentos/alcance/unidades/", reach.units, name="units"),
    path("documentos/alcance/exportar/", reach.board_export, name="board-export"),
    path("documentos/alcance/<code:code>/", reach.document, name="document"),
    path("documentos/alcance/<code:code>/constancias/", reach.proofs, name="proofs"),
    path("documentos/alcance/<code:code>/exportar/", reach.document_export, name="export"),
    path("documentos/comentarios/", feedback.listing, name="feedback-list"),
    path("documentos/comentarios/exportar/", feedback.list_export, name="feedback-export"),
    path("documentos/comentarios/<int:pk>/", feedback.detail, name="feedback"),
    path("documentos/comentarios/<int:pk>/responder/", feedback.answer, name="answer"),
    path("documentos/comentarios/<int:pk>/version/", feedback.solution, name="solution"),
    path("documentos/<code:code>/aceptar/", acknowledgements.accept, name="accept"),
    path("documentos/<code:code>/destinatarios/", acknowledgements.addressees, name="addressees"),
    path("documentos/<code:code>/voz/", feedback.voice, name="voice"),
    path("documentos/<code:code>/voto/", feedback.vote, name="vote"),
    path("documentos/<code:code>/comentar/", feedback.comment, name="comment"),
    path("documentos/<code:code>/uso/", use.use, name="use"),
    path("atencion/manual/<code:code>/voto/", feedback_public.vote, name="public-vote"),
    path("atencion/manual/<code:code>/comentar/", feedback_public.comment, name="public-comment"),
]
