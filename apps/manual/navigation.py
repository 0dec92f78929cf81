from django.utils.translation import gettext_lazy as _

from apps.core.registry import NavItem, navigation
from apps.manual.permissions import Perm

navigation.add(
    "manual", NavItem("consult", 10, _("Manual"), "manual:home", "journal-text", Perm.VIEW)
)
