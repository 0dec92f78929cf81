from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import NoticeKind, kinds

kinds.add(
    "indicator_signal",
    NoticeKind(
        title=_("Señales de sus indicadores"),
        mail="now",
        note=_("Cuando una medición se sale de lo que explica el azar."),
        icon="activity",
    ),
)
kinds.add(
    "measurement_missing",
    NoticeKind(
        title=_("Mediciones que faltan"),
        mail="daily",
        note=_("El día en que vence el plazo para registrar y cada semana de atraso."),
        icon="hourglass-split",
    ),
)
