"""Forms and templates: to find, to download, to publish."""

from __future__ import annotations

from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.access import requires
from apps.core.files import serve_file
from apps.core.forms import once
from apps.core.pagination import paginate
from apps.core.rules import RuleBroken
from apps.manual import selectors, services
from apps.manual.forms import EditionForm, FormForm, FormsFilter
from apps.manual.models import Form
from apps.manual.permissions import Perm
from apps.manual.views.common import crumbs, sections


@requires(Perm.VIEW)
def forms(request: HttpRequest) -> HttpResponse:
    """Forms and templates by code."""
    form = FormsFilter(request.GET)
    rows = Form.objects.visible_to(request.user).select_related("unit")
    rows = rows.annotate(last=Max("versions__number"))
    if words := form.chosen("q"):
        rows = rows.filter(Q(code__icontains=words) | Q(title__icontains=words))
    context = {
        "sections": sections(request, "forms"),
        "crumbs": crumbs((_("Formularios y plantillas"), "")),
        "form": form,
        "chips": form.chips(request),
        "page": paginate(rows, request, order=("code",)),
        "may_manage": request.user.has_perm(Perm.MANAGE_FORMS),
    }
    return render(request, "manual/forms.html", context)


@requires(Perm.VIEW)
def form(request: HttpRequest, code: str) -> HttpResponse:
    """One form: its editions, and the pages whose steps ask for it."""
    found = get_object_or_404(Form.objects.visible_to(request.user), code=code)
    context = {
        "crumbs": _crumbs(found),
        "item": found,
        "editions": found.versions.select_related("file"),
        "pages": selectors.pages_using_form(request.user, found).select_related("document"),
        "may_manage": request.user.has_perm(Perm.MANAGE_FORMS),
    }
    return render(request, "manual/form.html", context)


@requires(Perm.VIEW)
def form_file(request: HttpRequest, code: str, number: int) -> HttpResponseBase:
    """The file of one edition, as an attachment."""
    found = get_object_or_404(Form.objects.visible_to(request.user), code=code)
    edition = get_object_or_404(found.versions.select_related("file"), number=number)
    return serve_file(edition.file)


@requires(Perm.MANAGE_FORMS)
def form_new(request: HttpRequest) -> HttpResponse:
    """Register a form."""
    form = FormForm.of(request)
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    made = services.create_form(**form.payload, by=request.user)
                    ticket.answer = made.get_absolute_url()
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error("code", rule)
    context = {
        "crumbs": crumbs(
            (_("Formularios y plantillas"), reverse("manual:forms")), (_("Registrar"), "")
        ),
        "form": form,
        "title": _("Registrar un formulario o plantilla"),
        "action": _("Registrar"),
        "back": reverse("manual:forms"),
    }
    return render(request, "manual/write.html", context, status=422 if form.errors else 200)


@requires(Perm.MANAGE_FORMS)
def form_publish(request: HttpRequest, code: str) -> HttpResponse:
    """Publish the next edition of a form."""
    found = get_object_or_404(Form.objects.visible_to(request.user), code=code)
    form = EditionForm.of(request)
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    services.publish_form(found, **form.payload, by=request.user)
                    ticket.answer = found.get_absolute_url()
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error("uploaded", rule)
    context = {
        "crumbs": [
            *_crumbs(found)[:-1],
            (str(found), found.get_absolute_url()),
            (_("Publicar"), ""),
        ],
        "form": form,
        "title": _("Publicar una edición de %(code)s") % {"code": found.code},
        "action": _("Publicar"),
        "back": found.get_absolute_url(),
    }
    return render(request, "manual/write.html", context, status=422 if form.errors else 200)


def _crumbs(found: Form) -> list[tuple[str, str]]:
    return crumbs((_("Formularios y plantillas"), reverse("manual:forms")), (str(found), ""))
