"""Addresses of people and the organisation, and of the door."""

from apps.accounts.urls_door import door_urlpatterns

app_name = "accounts"
urlpatterns = [
    *door_urlpatterns,
]
