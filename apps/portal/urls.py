from django.urls import path

from apps.portal import views, views_search

app_name = "portal"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("atencion/accesibilidad/", views.accessibility, name="accessibility"),
    path("atencion/datos/", views.privacy, name="privacy"),
    path("inicio/", views.home, name="home"),
    path("buscar/", views_search.search, name="search"),
    path("buscar/sugerencias/", views_search.suggest, name="suggest"),
    path("guia-visual/", views.styleguide, name="styleguide"),
]
