from django.urls import path

from apps.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("inicio/", views.home, name="home"),
    path("buscar/", views.search, name="search"),
]
