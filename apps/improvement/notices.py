"""What people are told about findings, actions and good practices."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import NoticeKind, kinds

kinds.add(
    "finding_assigned",
    NoticeKind(
        title=_("Hallazgos a su cargo"),
        mail="now",
        note=_("Cuando le toca tratar un hallazgo."),
        icon="search",
    ),
)
kinds.add(
    "finding_ended",
    NoticeKind(
        title=_("Qué pasó con lo que usted registró"),
        mail="daily",
        note=_("Cuando se cierra o se descarta un hallazgo suyo."),
        icon="check2-circle",
    ),
)
kinds.add(
    "action_assigned",
    NoticeKind(
        title=_("Acciones a su cargo"),
        mail="now",
        note=_("Cuando le toca una acción de mejora."),
        icon="kanban",
    ),
)
kinds.add(
    "action_due",
    NoticeKind(
        title=_("Acciones que vencen"),
        mail="daily",
        note=_("Tres días hábiles antes, el día en que vence y cada semana de atraso."),
        icon="hourglass-split",
    ),
)
kinds.add(
    "action_late",
    NoticeKind(
        title=_("Acciones atrasadas de su equipo"),
        mail="daily",
        note=_("A los siete y a los catorce días de atraso, una vez cada uno."),
        icon="exclamation-triangle",
    ),
)
kinds.add(
    "check_asked",
    NoticeKind(
        title=_("Acciones por verificar"),
        mail="daily",
        note=_("Cuando le toca ver si una acción fue eficaz."),
        icon="clipboard-check",
    ),
)
kinds.add(
    "action_checked",
    NoticeKind(
        title=_("Resultado de sus acciones"),
        mail="daily",
        note=_("Cuando verifican, devuelven o cancelan una acción suya."),
        icon="clipboard-data",
    ),
)
kinds.add(
    "change_asked",
    NoticeKind(
        title=_("Cambios pedidos a documentos"),
        mail="now",
        note=_("Cuando un hallazgo pide cambiar un documento suyo, y cuando le responden."),
        icon="file-earmark-diff",
    ),
)
kinds.add(
    "practice_moved",
    NoticeKind(
        title=_("Buenas prácticas"),
        mail="daily",
        note=_("Cuando proponen, validan, publican o vence una."),
        icon="lightbulb",
    ),
)
