from django.urls import path

from apps.core.views import health, work

app_name = "core"
urlpatterns = [
    path("salud/live", health.live, name="live"),
    path("salud/ready", health.ready, name="ready"),
    path("salud/csp", health.csp_report, name="csp-report"),
    path("trabajos/<uuid:pk>/", work.work, name="work"),
]
