"""The ground every room stands on."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

# What a room may hand over to the ones below it, one module each (DESIGN §2).
REGISTRY_MODULES = (
    "evidence",
    "search",
    "tasks_home",
    "metrics",
    "processes",
    "access_conditions",
    "navigation",
    "notices",
    "long_work",
    "origins",
)


class CoreConfig(AppConfig):
    """Loads the registry modules of every room once all models exist."""

    name = "apps.core"
    label = "core"
    verbose_name = _("Cimientos")

    def ready(self) -> None:
        from apps.core import checks  # noqa: F401  (registers the system checks)

        for config in apps.get_app_configs():
            if config.name.startswith("apps.") and config.name != self.name:
                for module in REGISTRY_MODULES:
                    if find_spec(f"{config.name}.{module}"):
                        import_module(f"{config.name}.{module}")
