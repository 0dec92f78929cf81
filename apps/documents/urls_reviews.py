"""Addresses of reviews and regulations. They come before `/documentos/<code>/`."""

from django.urls import path

from apps.documents.views import feeds, regulations, reviews

app_name = "reviews"
urlpatterns = [
    path("documentos/revisiones/", reviews.calendar, name="calendar"),
    path("documentos/revisiones/lista/", reviews.listing, name="list"),
    path("documentos/revisiones/exportar/", reviews.list_export, name="export"),
    path("documentos/revisiones/reglas/", reviews.rules, name="rules"),
    path("documentos/revisiones/reglas/<slug:kind>/", reviews.kind_rules, name="kind-rules"),
    path("documentos/revisiones/mi-calendario/", feeds.feed, name="feed"),
    path("documentos/revisiones/mi-calendario/anular/", feeds.feed_revoke, name="feed-revoke"),
    path("documentos/revisiones/de/<str:code>/", reviews.review, name="review"),
    path("documentos/revisiones/de/<str:code>/concluir/", reviews.conclude, name="conclude"),
    path("documentos/revisiones/de/<str:code>/quien/", reviews.reviewer, name="reviewer"),
    path("documentos/revisiones/de/<str:code>/fecha/", reviews.review_date, name="date"),
    # SECURITY: the token is kept out of the log by `core.logs` (S46).
    path("documentos/revisiones/<str:token>.ics", feeds.ical, name="ical"),
    path("documentos/normas/", regulations.listing, name="regulations"),
    path("documentos/normas/nueva/", regulations.new, name="regulation-new"),
    path("documentos/normas/sin-adaptar/", regulations.not_adapted, name="not-adapted"),
    path(
        "documentos/normas/sin-adaptar/exportar/",
        regulations.not_adapted_export,
        name="not-adapted-export",
    ),
    path("documentos/normas/<int:pk>/", regulations.regulation, name="regulation"),
    path("documentos/normas/<int:pk>/corregir/", regulations.edit, name="regulation-edit"),
    path("documentos/normas/<int:pk>/documentos/", regulations.impacts_add, name="impacts-add"),
    path(
        "documentos/normas/<int:pk>/documentos/<int:impact>/decidir/",
        regulations.decide,
        name="impact-decide",
    ),
    path(
        "documentos/normas/<int:pk>/documentos/<int:impact>/quitar/",
        regulations.impact_remove,
        name="impact-remove",
    ),
]
