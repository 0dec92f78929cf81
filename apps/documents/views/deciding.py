"""What is done to a document and its versions: sending, taking back, emergencies, endings."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.core.access import requires
from apps.documents import selectors, services, turns
from apps.documents.forms import (
    APPROVERS,
    ConfirmForm,
    ObjectionForm,
    ReasonForm,
    RetireForm,
    SubmitForm,
)
from apps.documents.models import Approval, Document, Version
from apps.documents.permissions import Perm
from apps.documents.views.common import act, confirm, crumbs_of, name_of, try_act


@requires(Perm.VIEW, Perm.WRITE)
def submit(request: HttpRequest, code: str) -> HttpResponse:
    """Send the draft of a document to review, to the same people as the last time."""
    found = selectors.document_for(request.user, code)
    drafts = Version.objects.visible_to(request.user).select_related("document", "author")
    version = get_object_or_404(drafts, document=found, state=Version.State.DRAFT)
    people = list(turns.approvers_for(version))
    form = SubmitForm.of(request, version=version, people=people, initial=_initial(version, people))
    if request.method == "POST":
        sent = try_act(
            request,
            form,
            lambda: services.submit(version, **form.payload, by=request.user),
            url=found.get_absolute_url(),
            said=_("Se envió a revisión. Quienes aprueban ya recibieron el aviso."),
            approvers="approver_1",
        )
        if sent is not None:
            return sent
    remarks = [one for one in selectors.remarks_on(version) if one.resolved_at is None]
    context = {
        "crumbs": crumbs_of(found, (_("Enviar a revisión"), "")),
        "document": found,
        "version": version,
        "form": form,
        "nobody": not people,
        "kept": [row for row in turns.standing_of(version) if row.decision == "approved"],
        "unresolved": len(remarks),
    }
    return render(request, "documents/submit.html", context, status=422 if form.errors else 200)


def _initial(version: Version, people: list) -> dict[str, object]:
    """What the draft says, and who was asked the last time about this document."""
    initial: dict[str, object] = {
        "change": version.change,
        "justification": version.justification,
        "wanted_on": version.wanted_on,
        "asks_acknowledgement": version.asks_acknowledgement
        or version.change in (Version.Change.FIRST, Version.Change.MAJOR),
        "note": version.submission_note,
    }
    asked = Approval.objects.filter(version__document=version.document_id)
    last = asked.order_by("-version__number", "-asked_at", "-pk").first()
    if last is not None:
        same = {}
        rows = Approval.objects.filter(version=last.version_id).order_by("order", "pk")
        for row in rows:
            same[row.person_id] = row.order
        fit = {person.pk for person in people}
        chosen = [(pk, turn) for pk, turn in same.items() if pk in fit][:APPROVERS]
        for n, (pk, turn) in enumerate(chosen, start=1):
            initial |= {f"approver_{n}": str(pk), f"turn_{n}": str(turn)}
    return initial


@requires(Perm.VIEW, Perm.WRITE, methods=["POST"])
def withdraw(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take a version back from review, to go on writing."""
    found = selectors.version_for(request.user, code, number)
    return act(
        request,
        lambda: services.withdraw(found, by=request.user),
        url=found.document.get_absolute_url(),
        said=_("La versión es otra vez un borrador."),
    )


@requires(Perm.VIEW, Perm.EMERGENCY)
def publish_now(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Publish without approval, with a reason."""
    found = selectors.version_for(request.user, code, number)
    form = ReasonForm.of(request)
    if request.method == "POST":
        done = try_act(
            request,
            form,
            lambda: services.publish_emergency(found, **form.payload, by=request.user),
            url=found.document.get_absolute_url(),
            said=_("%(what)s está en vigor. Pedimos a otra persona que la ratifique.")
            % {"what": name_of(found)},
        )
        if done is not None:
            return done
    return confirm(
        request,
        form,
        document=found.document,
        here=_("Publicar de emergencia"),
        heading=_("Publicar de emergencia"),
        what=_("%(what)s entrará en vigor hoy sin que nadie la apruebe antes.")
        % {"what": name_of(found)},
        consequences=[
            _("Queda escrito en el registro de actividad quién lo hizo y por qué."),
            _("La página dirá siempre que se publicó sin aprobación previa."),
            _("Quienes aprueban reciben el aviso y otra persona debe ratificarla."),
        ],
        action=_("Publicar ahora"),
        danger=True,
    )


@requires(Perm.VIEW, Perm.APPROVE)
def ratify(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Stand by what others published in an emergency."""
    found = selectors.version_for(request.user, code, number)
    form = ConfirmForm.of(request)
    if request.method == "POST":
        done = try_act(
            request,
            form,
            lambda: services.ratify(found, by=request.user),
            url=found.document.get_absolute_url(),
            said=_("Ratificó %(what)s.") % {"what": name_of(found)},
        )
        if done is not None:
            return done
    return confirm(
        request,
        form,
        document=found.document,
        here=_("Ratificar"),
        heading=_("Ratificar lo publicado de emergencia"),
        what=_("%(who)s publicó %(what)s sin aprobación previa. Motivo: %(why)s")
        % {"who": found.approver, "what": name_of(found), "why": found.emergency_reason},
        consequences=[
            _("Su nombre queda en la historia del documento."),
            _("Si no está de acuerdo, vuelva y elija «No ratificarla»: se pide el motivo."),
        ],
        action=_("Ratificar"),
        back=found.get_absolute_url(),
    )


@requires(Perm.VIEW, Perm.APPROVE)
def object_to(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Refuse to stand by what others published in an emergency, and say what then."""
    found = selectors.version_for(request.user, code, number)
    former = services.former_of(found, request.user)
    form = ObjectionForm.of(request, former=former)
    if request.method == "POST":
        done = try_act(
            request,
            form,
            lambda: services.object_to(found, **form.payload, by=request.user),
            url=found.document.get_absolute_url(),
            said=_("%(what)s quedó como no ratificada. Quien la publicó ya recibió el aviso.")
            % {"what": name_of(found)},
            bring_back="then",
        )
        if done is not None:
            return done
    return confirm(
        request,
        form,
        document=found.document,
        here=_("No ratificar"),
        heading=_("No ratificar lo publicado de emergencia"),
        what=_("%(who)s publicó %(what)s sin aprobación previa. Motivo: %(why)s")
        % {"who": found.approver, "what": name_of(found), "why": found.emergency_reason},
        consequences=[
            _("Su motivo queda en la historia y en la página del documento."),
            _("Quien la publicó, quien la redactó y quien responde por ella reciben el aviso."),
            _("La decisión no se cambia después: una versión nueva sigue el camino de siempre."),
        ],
        action=_("No ratificarla"),
        danger=True,
        back=found.get_absolute_url(),
    )


@requires(Perm.VIEW)
def cancel(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Cancel an approved version before its day."""
    if not (request.user.has_perm(Perm.APPROVE) or request.user.has_perm(Perm.GOVERN)):
        raise PermissionDenied
    found = selectors.version_for(request.user, code, number)
    form = ReasonForm.of(request)
    if request.method == "POST":
        done = try_act(
            request,
            form,
            lambda: services.cancel_scheduled(found, **form.payload, by=request.user),
            url=found.document.get_absolute_url(),
            said=_("%(what)s ya no entrará en vigor.") % {"what": name_of(found)},
        )
        if done is not None:
            return done
    day = date_format(found.effective_on) if found.effective_on else ""
    return confirm(
        request,
        form,
        document=found.document,
        here=_("Cancelar una versión"),
        heading=_("Cancelar la versión %(n)s") % {"n": found.number},
        what=_("Está aprobada y debía entrar en vigor el %(day)s.") % {"day": day},
        consequences=[
            _("No entrará en vigor. Su texto y sus aprobaciones se conservan."),
            _("Quien la redactó y quien la aprobó reciben el aviso."),
        ],
        action=_("Cancelar la versión"),
        danger=True,
    )


@requires(Perm.VIEW, Perm.GOVERN)
def retire(request: HttpRequest, code: str) -> HttpResponse:
    """Take a document out of use."""
    found = selectors.document_for(request.user, code)
    others = Document.objects.visible_to(request.user).in_force().exclude(pk=found.pk)
    form = RetireForm.of(request, others=others.order_by("code"))
    if request.method == "POST":
        done = try_act(
            request,
            form,
            lambda: services.retire(found, **form.payload, by=request.user),
            url=reverse("documents:document", args=[found.code]),
            said=_("%(code)s quedó retirado.") % {"code": found.code},
        )
        if done is not None:
            return done
    return confirm(
        request,
        form,
        document=found,
        here=_("Retirar"),
        heading=_("Retirar %(code)s") % {"code": found.code},
        what=_("«%(title)s» dejará de estar en vigor hoy.") % {"title": found.title},
        consequences=[
            _("Sale del manual y de la búsqueda. Los enlaces dirán que se retiró."),
            _("Lo que esperaba su fecha se cancela; lo que estaba en revisión vuelve a borrador."),
            _("Quienes redactan y aprueban lo podrán leer aquí. No se vuelve a abrir."),
        ],
        action=_("Retirar"),
        danger=True,
    )
