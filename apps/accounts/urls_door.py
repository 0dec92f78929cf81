"""Addresses of the door's own pages; allauth's are in urls_allauth."""

from django.urls import path

from apps.accounts.door import entrance, views

door_urlpatterns = [
    path("cuenta/", views.account, name="account"),
    path("cuenta/segundo-factor/elegir/", views.choose_factor, name="choose-factor"),
    path("cuenta/sesiones/", views.sessions, name="sessions"),
    path("cuenta/sesiones/<int:pk>/cerrar/", views.end_session, name="end-session"),
    path("cuenta/sesiones/cerrar-las-demas/", views.end_other_sessions, name="end-other-sessions"),
    path("cuenta/correo/", views.change_email, name="change-email"),
    path("cuenta/correo/<str:token>/", views.confirm_email, name="confirm-email"),
    path("cuenta/textos/", views.keep_text, name="keep-text"),
    path("cuenta/textos/<uuid:key>/recuperar/", views.restore_text, name="kept-restore"),
    path("cuenta/textos/<uuid:key>/descartar/", views.discard_text, name="kept-discard"),
    path("cuenta/tema/", views.theme, name="theme"),
    path("cuenta/invitacion/", entrance.accept_invitation, name="invitation-accept"),
    path("cuenta/invitacion/<str:token>/", entrance.open_invitation, name="invitation"),
    path("primeros-pasos/", entrance.first_steps, name="first-steps"),
    path(
        "organizacion/personas/<int:pk>/cerrar-sesiones/",
        views.end_sessions,
        name="end-sessions",
    ),
]
