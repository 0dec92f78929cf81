from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImprovementConfig(AppConfig):
    name = "apps.improvement"
    label = "improvement"
    verbose_name = _("Mejora")

    def ready(self) -> None:
        from apps.improvement import following

        following.connect()
