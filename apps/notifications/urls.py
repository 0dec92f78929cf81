"""Addresses of the notices."""

from django.urls import path

from apps.notifications.views import mails, notices

app_name = "notifications"
urlpatterns = [
    path("avisos/", notices.notices, name="notices"),
    path("avisos/leidos/", notices.read_all, name="read-all"),
    path("avisos/preferencias/", notices.preferences, name="preferences"),
    path("avisos/correo/", mails.mails, name="mails"),
    path("avisos/correo/reintentar/", mails.retry_all, name="mails-retry"),
    path("avisos/correo/<int:pk>/reintentar/", mails.retry, name="mail-retry"),
    path("avisos/<int:pk>/", notices.notice, name="notice"),
    path("avisos/<int:pk>/leido/", notices.read, name="read"),
]
