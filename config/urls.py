"""All addresses. Each app routes its own; the names are English, the paths Spanish."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.core.urls")),
    path("cuenta/", include("apps.accounts.urls_allauth")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.documents.urls_reviews")),
    path("", include("apps.documents.urls_reach")),
    path("", include("apps.documents.urls")),
    path("", include("apps.notifications.urls")),
    path("", include("apps.documents.urls_access")),
    path("", include("apps.improvement.urls")),
    path("", include("apps.indicators.urls")),
    path("", include("apps.manual.urls")),
    path("", include("apps.standards.urls")),
    path("", include("apps.portal.urls")),
]

handler400 = "apps.core.views.errors.bad_request"
handler403 = "apps.core.views.errors.forbidden"
handler404 = "apps.core.views.errors.not_found"
handler429 = "apps.core.views.errors.too_many"
handler500 = "apps.core.views.errors.server_error"
