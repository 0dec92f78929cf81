"""Mails of the door. Subjects carry no personal data; texts live in templates/emails/."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy

from apps.accounts.models import Organisation, Person
from apps.core import mail

for key, title in {
    "invitation": gettext_lazy("Invitación"),
    "email_change": gettext_lazy("Cambio de correo"),
    "new_device": gettext_lazy("Entrada desde un dispositivo nuevo"),
    "password_reset": gettext_lazy("Contraseña olvidada"),
    "security_notice": gettext_lazy("Aviso de seguridad"),
}.items():
    mail.kinds.add(key, title)

# What a security notice says happened.
HAPPENED = {
    "password_changed": gettext_lazy("Se cambió la contraseña de su cuenta."),
    "password_reset": gettext_lazy("Se eligió una contraseña nueva con el enlace de olvido."),
    "totp_activated": gettext_lazy("Se agregó una aplicación de códigos a su cuenta."),
    "totp_deactivated": gettext_lazy("Se quitó la aplicación de códigos de su cuenta."),
    "webauthn_added": gettext_lazy("Se agregó una llave de acceso a su cuenta."),
    "webauthn_removed": gettext_lazy("Se quitó una llave de acceso de su cuenta."),
    "recovery_codes_generated": gettext_lazy(
        "Se crearon códigos de recuperación nuevos. Los anteriores ya no sirven."
    ),
    "email_changed": gettext_lazy("Se cambió el correo con el que entra al portal."),
    "factor_reset_asked": gettext_lazy(
        "Una persona de administración pidió restablecer su segundo factor. "
        "Otra debe confirmarlo antes de que cambie algo."
    ),
    "factor_reset_done": gettext_lazy(
        "Se quitaron sus segundos factores, como se pidió. "
        "La próxima vez que entre elegirá uno nuevo."
    ),
    "factor_reset_refused": gettext_lazy(
        "No se aprobó restablecer su segundo factor. No cambió nada."
    ),
    "sessions_ended": gettext_lazy("Una persona de administración cerró sus sesiones."),
    "code_tries": gettext_lazy(
        "Alguien escribió bien su contraseña y cinco veces mal el código. "
        "Si no fue usted, cambie su contraseña ahora."
    ),
}


def address_of(path: str) -> str:
    """Full address of a path of this portal, for a mail."""
    return settings.BASE_URL + path


def compose(template: str, to: str, **context: Any) -> EmailMessage:
    """The mail of `templates/emails/<template>.txt`, whose first line is the subject.

    `organisation` (its name) may be given by who writes many.
    """
    if "organisation" not in context:
        context["organisation"] = organisation_name()
    text = render_to_string(f"emails/{template}.txt", {"base_url": settings.BASE_URL, **context})
    subject, _line, body = text.strip().partition("\n")
    message = EmailMessage(subject=" ".join(subject.split()), body=body.strip() + "\n", to=[to])
    message.kind = template
    return message


def organisation_name() -> str:
    """What the organisation is called in mails."""
    return Organisation.objects.values_list("name", flat=True).first() or "Cauce"


def send(template: str, to: str, **context: Any) -> None:
    """Queue that mail; it goes out once the transaction commits."""
    compose(template, to, **context).send()


def send_all(template: str, letters: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Queue that mail for many at once: pairs of address and what the template takes."""
    organisation = organisation_name()
    get_connection().send_messages(
        [compose(template, to, organisation=organisation, **context) for to, context in letters]
    )


def warn(person: Person, what: str, *, to: str = "", device: str = "", address: str = "") -> None:
    """Tell `person` by mail what happened to their account (S17). `what`: a key of HAPPENED."""
    send(
        "security_notice",
        to or person.email,
        person=person,
        happened=HAPPENED[what],
        at=timezone.now(),
        device=device,
        address=address,
    )
