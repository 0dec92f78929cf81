"""Kinds of notices about documents."""

from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import NoticeKind, kinds

kinds.add(
    "review_due",
    NoticeKind(
        title=_("Revisiones que le tocan"),
        note=_("30 y 7 días antes, el día en que toca y cada semana de atraso."),
        icon="calendar-check",
        mail="daily",
    ),
)
kinds.add(
    "review_late",
    NoticeKind(
        title=_("Revisiones atrasadas de su equipo"),
        note=_("Una vez, cuando el atraso pasa de lo que admite su clase de documento."),
        icon="calendar-x",
        mail="daily",
    ),
)
kinds.add(
    "regulation_review",
    NoticeKind(
        title=_("Normas que afectan documentos que usted revisa"),
        note=_("Cuando se registra que una norma afecta un documento."),
        icon="bank",
        mail="now",
    ),
)
