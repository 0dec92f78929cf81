from django.urls import path

from apps.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("atencion/accesibilidad/", views.accessibility, name="accessibility"),
    path("atencion/datos/", views.privacy, name="privacy"),
    path("inicio/", views.home, name="home"),
    path("guia-visual/", views.styleguide, name="styleguide"),
]
