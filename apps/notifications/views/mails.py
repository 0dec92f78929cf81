"""Mails that could not be delivered, without what they say or to whom."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apps.core import mail
from apps.core.access import SAFE_METHODS, requires
from apps.core.models import OutboxMail
from apps.core.pagination import paginate
from apps.notifications import services
from apps.notifications.permissions import Perm
from apps.notifications.views.common import tabs


def _undeliverable() -> QuerySet[OutboxMail]:
    return OutboxMail.objects.filter(state=OutboxMail.State.UNDELIVERABLE).defer("sealed")


@requires(Perm.MANAGE_MAIL, methods=SAFE_METHODS)
def mails(request: HttpRequest) -> HttpResponse:
    """Undeliverable mails, newest first: kind, when, error, tries."""
    page = paginate(_undeliverable(), request)
    kinds = dict(mail.kinds)
    context = {
        "tabs": tabs(request, "mails"),
        "page": page,
        "rows": [(row, kinds.get(row.kind, _("Otro correo"))) for row in page.rows],
        "waiting": OutboxMail.objects.filter(state=OutboxMail.State.WAITING)[:1001].count(),
    }
    return render(request, "notifications/mails.html", context)


@requires(Perm.MANAGE_MAIL, methods=("POST",))
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try one mail again. Posted twice, the second finds it on its way."""
    row = get_object_or_404(OutboxMail.objects.defer("sealed"), pk=pk)
    if services.retry_mail(row, by=request.user):
        messages.success(request, _("El correo se enviará de nuevo en unos segundos."))
    return redirect("notifications:mails")


@requires(Perm.MANAGE_MAIL, methods=("POST",))
def retry_all(request: HttpRequest) -> HttpResponse:
    """Try every undeliverable mail again."""
    count = services.retry_all_mails(by=request.user)
    if count:
        messages.success(request, _("Los correos se enviarán de nuevo en unos minutos."))
    return redirect("notifications:mails")
