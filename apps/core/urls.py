from django.urls import path

from apps.core.views import health

app_name = "core"
urlpatterns = [
    path("salud/live", health.live, name="live"),
    path("salud/ready", health.ready, name="ready"),
    path("salud/csp", health.csp_report, name="csp-report"),
]
