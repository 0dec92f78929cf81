"""Addresses of the standards' room and of the public service charter."""

from django.urls import path

from apps.core import converters  # noqa: F401  (registers `code`)
from apps.standards.views import catalogue, public, reading, writing

SERVICE = "estandares/servicios/<code:code>/"
DRAFT = "estandares/<code:code>/borrador/"

app_name = "standards"
urlpatterns = [
    path("atencion/carta/", public.charter, name="charter"),
    path("atencion/carta/carta.pdf", public.charter_pdf, name="charter-pdf"),
    path("atencion/carta/<code:code>/", public.service, name="charter-service"),
    path("estandares/", reading.listing, name="list"),
    path("estandares/exportar/", reading.list_export, name="list-export"),
    path("estandares/nuevo/", writing.new, name="new"),
    path("estandares/servicios/", catalogue.services_page, name="services"),
    path("estandares/servicios/nuevo/", catalogue.service_new, name="service-new"),
    path(SERVICE, catalogue.service, name="service"),
    path(f"{SERVICE}editar/", catalogue.service_edit, name="service-edit"),
    path(f"{SERVICE}retirar/", catalogue.service_retire, name="service-retire"),
    path(f"{SERVICE}recuperar/", catalogue.service_back, name="service-back"),
    path(f"{SERVICE}expectativas/", catalogue.expectation_new, name="expectation-new"),
    path(
        f"{SERVICE}expectativas/<int:pk>/quitar/",
        catalogue.expectation_remove,
        name="expectation-remove",
    ),
    path("estandares/<code:code>/", reading.standard, name="standard"),
    path("estandares/<code:code>/exportar/", reading.results_export, name="results-export"),
    path("estandares/<code:code>/vinculos/", writing.links, name="links"),
    path(DRAFT, writing.draft, name="draft"),
    path(f"{DRAFT}empezar/", writing.start, name="draft-start"),
    path(f"{DRAFT}descartar/", writing.discard, name="draft-discard"),
    path(f"{DRAFT}criterios/", writing.criterion_new, name="criterion-new"),
    path(f"{DRAFT}criterios/<slug:key>/", writing.criterion, name="criterion"),
    path(f"{DRAFT}criterios/<slug:key>/quitar/", writing.criterion_remove, name="criterion-remove"),
]
