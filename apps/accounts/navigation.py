from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Perm
from apps.core.registry import NavItem, navigation

navigation.add(
    "people",
    NavItem(
        "care", 20, _("Personas"), "accounts:organigram", "diagram-3", str(Perm.VIEW_ORGANISATION)
    ),
)
