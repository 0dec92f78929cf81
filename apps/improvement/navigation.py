from django.utils.translation import gettext_lazy as _

from apps.core.registry import NavItem, navigation
from apps.improvement.permissions import Perm

navigation.add(
    "improvement",
    NavItem("attend", 40, _("Mejora"), "improvement:board", "arrow-up-right-circle", Perm.VIEW),
)
