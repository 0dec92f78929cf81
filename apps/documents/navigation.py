from django.utils.translation import gettext_lazy as _

from apps.core.registry import NavItem, navigation
from apps.documents.permissions import Perm

navigation.add(
    "documents",
    NavItem("consult", 20, _("Documentos"), "documents:list", "file-earmark-check", Perm.VIEW),
)
navigation.add(
    "reviews",
    NavItem(
        "consult",
        30,
        _("Revisiones"),
        "reviews:calendar",
        "calendar-check",
        Perm.VIEW,
        also=("reviews:regulations",),
    ),
)
