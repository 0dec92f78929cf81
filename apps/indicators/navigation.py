from django.utils.translation import gettext_lazy as _

from apps.core.registry import NavItem, navigation
from apps.indicators.permissions import Perm

navigation.add(
    "indicators",
    NavItem("attend", 50, _("Indicadores"), "indicators:list", "graph-up", Perm.VIEW),
)
