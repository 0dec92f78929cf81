from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, units, roles and the door."""

    name = "apps.accounts"
    label = "accounts"
    verbose_name = _("Personas")

    def ready(self) -> None:
        from apps.accounts import checks, signals  # noqa: F401  (register themselves)
        from apps.accounts.roles import sync_roles

        # `portal` is the last app to be migrated by name: by then every permission exists.
        post_migrate.connect(sync_roles, dispatch_uid="sync-roles")
