from django.utils.translation import gettext_lazy as _

from apps.core.registry import NavItem, navigation

navigation.add("home", NavItem("top", 0, _("Inicio"), "portal:home", "house"))
