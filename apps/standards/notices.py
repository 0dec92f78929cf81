"""What people are told about standards."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import NoticeKind, kinds

kinds.add(
    "standard_missed",
    NoticeKind(
        title=_("Estándares que no se cumplieron"),
        mail="daily",
        note=_("La primera vez que un criterio de un estándar suyo no alcanza la meta."),
        icon="award",
    ),
)
