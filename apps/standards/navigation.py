from django.utils.translation import gettext_lazy as _

from apps.core.registry import NavItem, navigation
from apps.standards.permissions import Perm

navigation.add(
    "standards", NavItem("consult", 15, _("Estándares"), "standards:list", "award", Perm.VIEW)
)
