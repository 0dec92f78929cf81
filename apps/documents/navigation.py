from django.utils.translation import gettext_lazy as _

from apps.core.registry import NavItem, navigation
from apps.documents.permissions import Perm

navigation.add(
    "reviews",
    NavItem("consult", 30, _("Revisiones"), "reviews:calendar", "calendar-check", Perm.VIEW),
)
