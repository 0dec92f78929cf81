from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StandardsConfig(AppConfig):
    name = "apps.standards"
    label = "standards"
    verbose_name = _("Estándares")

    def ready(self) -> None:
        from apps.standards import content, face

        content.hand_over()
        face.hand_over()
