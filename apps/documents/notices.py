"""What people are told about documents: written, decided on, in force, to be read, commented."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import NoticeKind, kinds

kinds.add(
    "approval_asked",
    NoticeKind(
        title=_("Le piden aprobar un documento"),
        mail="now",
        note=_("Cuando es su turno, o el de alguien a quien usted reemplaza."),
        icon="check2-square",
    ),
)
kinds.add(
    "version_decided",
    NoticeKind(
        title=_("Deciden sobre lo que usted escribió"),
        mail="now",
        note=_("Cuando aprueban su versión o le piden cambios."),
        icon="pencil-square",
    ),
)
kinds.add(
    "approval_voided",
    NoticeKind(
        title=_("Una aprobación suya quedó sin efecto"),
        mail="daily",
        note=_("Cuando cambia un texto que usted había aprobado."),
        icon="arrow-counterclockwise",
    ),
)
kinds.add(
    "ratification_asked",
    NoticeKind(
        title=_("Le piden ratificar una publicación de emergencia"),
        mail="now",
        note=_("Cuando algo se publicó sin aprobación previa."),
        icon="exclamation-triangle",
        obligatory=True,
    ),
)
kinds.add(
    "review_comment",
    NoticeKind(
        title=_("Comentarios de revisión"),
        mail="daily",
        note=_("Cuando comentan su borrador o responden a un comentario suyo."),
        icon="chat-left-text",
    ),
)
kinds.add(
    "document_changed_state",
    NoticeKind(
        title=_("Un documento suyo entra en vigor o se retira"),
        mail="daily",
        note=_("De los documentos que usted escribe o tiene a su cargo."),
        icon="journal-check",
    ),
)
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
kinds.add(
    "document_opened",
    NoticeKind(
        title=_("Le abren un documento"),
        mail="daily",
        note=_("Cuando le dejan leer uno que antes no veía."),
        icon="unlock",
    ),
)
kinds.add(
    "acknowledgement_asked",
    NoticeKind(
        title=_("Documentos que debe leer y aceptar"),
        mail="daily",
        note=_("Cuando se publica una versión que le pide leer y aceptar."),
        icon="check2-square",
    ),
)
kinds.add(
    "acknowledgement_reminder",
    NoticeKind(
        title=_("Lecturas sin aceptar"),
        mail="daily",
        note=_("Tres días hábiles antes del plazo, el día en que vence y las dos semanas después."),
        icon="hourglass-split",
        obligatory=True,
    ),
)
kinds.add(
    "feedback_received",
    NoticeKind(
        title=_("Comentarios sobre sus documentos"),
        mail="daily",
        note=_("Cuando alguien comenta un documento del que usted es responsable."),
        icon="chat-left-text",
    ),
)
kinds.add(
    "feedback_answered",
    NoticeKind(
        title=_("Respuestas a sus comentarios"),
        mail="daily",
        note=_("Cuando le responden, y cuando entra en vigor la versión que lo resuelve."),
        icon="reply",
    ),
)
