"""Who can read a document and why; opening it, hiding it, addressing it."""

from __future__ import annotations

import uuid
from typing import Any

from auditlog.signals import accessed
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import Person
from apps.accounts.permissions import Perm as AccountsPerm
from apps.accounts.reauth import recently_confirmed
from apps.accounts.views.common import chips_of, confirmed, form_page, query_of, submitted, tell
from apps.core.access import SAFE_METHODS, requires
from apps.core.exports import Column, export
from apps.core.forms import KEY_FIELD, once
from apps.core.pagination import paginate
from apps.core.rules import RuleBroken
from apps.documents import services
from apps.documents.forms_access import AudienceForm, ExceptionForm, ReadersFilter
from apps.documents.models import (
    Document,
    DocumentGroupPermission,
    DocumentUnitPermission,
    DocumentUserPermission,
)
from apps.documents.permissions import Perm
from apps.documents.readers import Readers, given_in_words
from apps.documents.views.common import crumbs_of

ORDER = ("last_name", "first_name", "id")
KINDS: dict[str, type[Model]] = {
    "persona": DocumentUserPermission,
    "rol": DocumentGroupPermission,
    "unidad": DocumentUnitPermission,
}
ICONS = {
    "owner": "person-badge",
    "role": "person-gear",
    "unit": "diagram-3",
    "opened": "unlock",
    "hidden": "eye-slash",
    "level": "lock",
}
NAMED_MAX = 12


def may_ask(person: Any, document: Document) -> bool:
    """Whether `person` may know who reads `document`: its owner, and who oversees."""
    overseeing = (Perm.GOVERN, Perm.VIEW_REACH, AccountsPerm.VIEW_LOG)
    return document.owner_id == person.pk or any(person.has_perm(perm) for perm in overseeing)


def readers_line(document: Document, person: Any) -> dict[str, Any] | None:
    """What documents/_readers_line.html takes; None if `person` may not know."""
    if not may_ask(person, document):
        return None
    seeing, _blind = Readers(document).count()
    return {"total": seeing, "url": _url(document)}


@requires(Perm.VIEW, methods=SAFE_METHODS)
def readers(request: HttpRequest, code: str) -> HttpResponse:
    """Everybody who can read it, or cannot, with why; and the exceptions in force."""
    document = _asked(request, code)
    found = Readers(document)
    shown = request.GET.get("ver", "")
    shown = shown if shown in ("no", "excepciones") else ""
    form = ReadersFilter(request.GET, readers=found)
    seeing, blind = found.count()
    context = {
        "document": document,
        "crumbs": _crumbs(document),
        "audience": _highest(found),
        "tabs": _tabs(document, shown, seeing, blind),
        "shown": shown,
        "seeing": seeing,
        "form": form,
        "chips": chips_of(request, form),
        "clear_url": f"?ver={shown}" if shown else _url(document),
        "may_govern": request.user.has_perm(Perm.GOVERN),
        "today": found.on,
    }
    if shown == "excepciones":
        context |= _exceptions(request, document)
    else:
        people = form.narrow(found.does_not_see() if shown else found.sees())
        page = paginate(people, request, order=ORDER, with_count=False)
        context["page"] = page
        context["rows"] = [
            (row, [(ICONS[reason.kind], reason.text) for reason in row.reasons])
            for row in found.explained(page.rows)
        ]
        if request.user.has_perm(Perm.EXPORT):
            base = reverse("document_access:export", args=[document.code])
            context["exports"] = {
                kind: f"{base}?{query_of(request, formato=kind)}" for kind in ("csv", "xlsx")
            }
    return render(request, "documents/access.html", context)


@requires(Perm.VIEW, Perm.EXPORT, methods=SAFE_METHODS)
@recently_confirmed
def export_readers(request: HttpRequest, code: str) -> HttpResponseBase:
    """The same list, with the same filters, as CSV or XLSX. It is noted in the log."""
    document = _asked(request, code)
    found = Readers(document)
    form = ReadersFilter(request.GET, readers=found)
    hidden = request.GET.get("ver") == "no"
    people = form.narrow(found.does_not_see() if hidden else found.sees())
    accessed.send(Document, instance=document)
    columns = [
        Column(_("Apellidos"), lambda row: row.person.last_name),
        Column(_("Nombre"), lambda row: row.person.first_name),
        Column(_("Correo"), lambda row: row.person.email),
        Column(_("Unidad"), lambda row: "; ".join(row.units)),
        Column(_("Lo puede leer"), lambda row: row.sees),
        Column(_("Por qué"), lambda row: " ".join(reason.text for reason in row.reasons)),
    ]
    rows = found.explained_in_batches(people.order_by(*ORDER).iterator(500))
    name = _("acceso %(code)s") % {"code": document.code}
    return export(request, name=name, columns=columns, rows=rows)


@requires(Perm.VIEW, Perm.GOVERN)
def open_to(request: HttpRequest, code: str) -> HttpResponse:
    """Open it to people, roles and units."""
    return _give(
        request,
        code,
        services.open_to,
        heading=_("Abrir el documento"),
        lead=_("Lo leerán aunque no estén entre sus destinatarios."),
        action=_("Abrir"),
        done=_("El documento quedó abierto."),
    )


@requires(Perm.VIEW, Perm.GOVERN)
def hide_from(request: HttpRequest, code: str) -> HttpResponse:
    """Hide it from people, roles and units."""
    return _give(
        request,
        code,
        services.hide_from,
        heading=_("Ocultar el documento"),
        lead=_("Dejará de existir para quienes indique, desde su próximo clic."),
        action=_("Ocultar"),
        done=_("El documento quedó oculto para quienes indicó."),
    )


@requires(Perm.VIEW, Perm.GOVERN)
def withdraw(request: HttpRequest, code: str, kind: str, pk: int) -> HttpResponse:
    """Ask, then end an exception."""
    document = _document(request, code)
    if kind not in KINDS:
        raise Http404
    rows = KINDS[kind].objects.filter(content_object=document).select_related("given_by")
    row = get_object_or_404(rows, pk=pk)
    if row.hides:
        what = _("«%(document)s» está oculto para: %(whom)s.")
        after = _("Volverá a leerlo quien pueda por su rol, su unidad y el nivel del documento.")
    else:
        what = _("«%(document)s» está abierto para: %(whom)s.")
        after = _("Dejará de leerlo quien no pueda por otra razón, desde su próximo clic.")
    return confirmed(
        request,
        lambda: services.end_exception(row, by=request.user),
        heading=_("Retirar la excepción"),
        what=what % {"document": document.title, "whom": row.whom},
        consequences=[given_in_words(row), after],
        action=_("Retirar"),
        back=f"{_url(document)}?ver=excepciones",
        done=_("La excepción quedó retirada."),
        danger=not row.hides,
        where=_crumbs(document, here=False),
    )


@requires(Perm.VIEW, Perm.GOVERN)
def audience(request: HttpRequest, code: str) -> HttpResponse:
    """Choose the units it is addressed to; see who gains and who loses sight; confirm."""
    document = _document(request, code)
    found = Readers(document)
    initial = {
        "units": [unit.pk for unit in _highest(found)],
        "expected": ",".join(map(str, sorted(found.audience))),
    }
    form = AudienceForm.of(request, initial=initial)
    heading = _("Cambiar los destinatarios")
    if request.method == "POST" and form.is_valid():
        if "confirmar" not in request.POST:
            return _preview(request, document, found, form, heading)
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    services.set_audience(document, **form.payload, by=request.user)
                    ticket.answer = _url(document)
                    messages.success(request, _("Los destinatarios quedaron guardados."))
            return redirect(ticket.answer)
        except RuleBroken as rule:
            tell(form, rule)
    return form_page(
        request,
        form,
        heading=heading,
        lead=_("Elija para quién es «%(title)s». Antes de guardar verá quién gana y quién pierde.")
        % {"title": document.title},
        action=_("Ver a quién afecta"),
        cancel_url=_url(document),
        where=_crumbs(document, here=False),
    )


def _preview(
    request: HttpRequest, document: Document, found: Readers, form: AudienceForm, heading: str
) -> HttpResponse:
    supposed = Readers(document, found.on, audience=form.wanted())
    gain = found.people().filter(supposed.rule).exclude(found.rule)
    lose = found.people().filter(found.rule).exclude(supposed.rule)
    chosen = ", ".join(unit.name for unit in form.cleaned_data["units"])
    context = {
        "heading": heading,
        "what": _("«%(title)s» será para: %(units)s.")
        % {"title": document.title, "units": chosen or _("todo el personal")},
        "consequences": [
            _affected(gain, _("Nadie más podrá leerlo."), gains=True),
            _affected(lose, _("Nadie dejará de leerlo."), gains=False),
        ],
        "action": _("Guardar"),
        "cancel_url": _url(document),
        "crumbs": [*_crumbs(document, here=False), (heading, "")],
        "hidden": [
            ("confirmar", "1"),
            (KEY_FIELD, uuid.uuid4()),
            ("expected", request.POST.get("expected", "")),
            *(("units", unit.pk) for unit in form.cleaned_data["units"]),
        ],
    }
    return render(request, "confirm.html", context)


def _affected(people: Any, none: str, *, gains: bool) -> str:
    """How many people gain or lose sight, and the first of them by name."""
    total = people.count()
    if not total:
        return none
    names = [str(person) for person in people.order_by(*ORDER)[:NAMED_MAX]]
    who = ", ".join(names)
    if total > NAMED_MAX:
        who = _("%(names)s y %(more)s más") % {"names": who, "more": total - NAMED_MAX}
    if gains:
        words = ngettext(
            "%(total)s persona más podrá leerlo: %(who)s.",
            "%(total)s personas más podrán leerlo: %(who)s.",
            total,
        )
    else:
        words = ngettext(
            "%(total)s persona dejará de leerlo: %(who)s.",
            "%(total)s personas dejarán de leerlo: %(who)s.",
            total,
        )
    return words % {"total": total, "who": who}


def _give(
    request: HttpRequest,
    code: str,
    service: Any,
    *,
    heading: str,
    lead: str,
    action: str,
    done: str,
) -> HttpResponse:
    document = _document(request, code)
    form = ExceptionForm.of(request, initial={"people": _named(request)})

    def do(**fields: Any) -> str:
        service(document, **fields, by=request.user)
        return f"{_url(document)}?ver=excepciones"

    return submitted(request, form, do, done=done) or form_page(
        request,
        form,
        heading=heading,
        lead=f"{document.title}. {lead}",
        action=action,
        cancel_url=_url(document),
        where=_crumbs(document, here=False),
    )


def _named(request: HttpRequest) -> str:
    """E-mail of the person chosen in a list, to begin the form with."""
    key = request.GET.get("persona", "")
    if not (key.isascii() and key.isdigit() and len(key) < 10):
        return ""
    people = Person.objects.visible_to(request.user).filter(pk=int(key), is_system=False)
    return people.values_list("email", flat=True).first() or ""


def _asked(request: HttpRequest, code: str) -> Document:
    """The document, if it exists for the person and they may know who reads it."""
    document = _document(request, code)
    if not may_ask(request.user, document):
        raise PermissionDenied
    return document


def _document(request: HttpRequest, code: str) -> Document:
    rows = Document.objects.visible_to(request.user).select_related("owner", "unit")
    return get_object_or_404(rows, code=code)


def _url(document: Document) -> str:
    return reverse("document_access:readers", args=[document.code])


def _crumbs(document: Document, *, here: bool = True) -> list[tuple[str, str]]:
    title = _("Quién lo puede leer")
    return crumbs_of(document, (title, "" if here else _url(document)))


def _highest(found: Readers) -> list[Any]:
    """Units it is addressed to, without those that come with a unit above them."""
    chosen = [found.units[pk] for pk in found.audience if pk in found.units]
    highest = [unit for unit in chosen if unit.parent_id not in found.audience]
    return sorted(highest, key=lambda unit: unit.name)


def _tabs(document: Document, shown: str, seeing: int, blind: int) -> list[dict[str, Any]]:
    entries = [
        ("", _("Lo leen"), seeing),
        ("no", _("No lo ven"), blind),
        ("excepciones", _("Excepciones"), None),
    ]
    return [
        {
            "title": title,
            "url": f"{_url(document)}?ver={key}" if key else _url(document),
            "current": key == shown,
            "count": count,
        }
        for key, title, count in entries
    ]


def _exceptions(request: HttpRequest, document: Document) -> dict[str, Any]:
    """Exceptions for units and roles, and a page of those for people; past ones too."""
    units = document.unit_exceptions.select_related("unit", "given_by").order_by("unit__name")
    roles = document.role_exceptions.select_related("group__role", "given_by").order_by("pk")
    people = document.person_exceptions.select_related("user", "given_by")
    page = paginate(people, request, order=("-given_at", "-id"), with_count=False)
    rows = [("unidad", row) for row in units] + [("rol", row) for row in roles]
    if "pagina" in request.GET:
        rows = []
    return {"page": page, "rows": rows + [("persona", row) for row in page.rows]}
