from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ManualConfig(AppConfig):
    name = "apps.manual"
    label = "manual"
    verbose_name = _("Manual")

    def ready(self) -> None:
        from apps.documents.services import submission_checks
        from apps.manual import checking, content, face, following  # noqa: F401  (hears of endings)

        content.hand_over()
        face.hand_over()
        submission_checks.add("manual", checking.step_checks)
