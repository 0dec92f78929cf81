"""New documents, templates of each kind, and what the editor asks for: pictures and links."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.core.access import clearance, public, requires
from apps.core.files import serve_file
from apps.core.forms import once
from apps.core.rules import RuleBroken
from apps.documents.models import Document
from apps.documents.permissions import Perm
from apps.manual import links, selectors, services
from apps.manual.forms import DocumentForm, PictureForm, TemplateForm
from apps.manual.models import DocumentTemplate, Node, Picture
from apps.manual.services.drafting import WITH_STEPS
from apps.manual.services.opening import steps_of
from apps.manual.views.common import crumbs
from apps.manual.views.writing import draft_for

LINKS_SHOWN = 8


@requires(Perm.WRITE)
def new(request: HttpRequest) -> HttpResponse:
    """A new document: class, chapter, code, owner; then its draft from the template."""
    form = DocumentForm.of(
        request,
        headings=_headings(request),
        people=Person.objects.filter(is_active=True, is_system=False).order_by(
            "first_name", "last_name", "pk"
        ),
        clearance=clearance(request.user),
        initial={"owner": request.user.pk, "parent": request.GET.get("en", "")[:40]},
    )
    if request.method == "POST" and form.is_valid():
        fields = form.payload
        fields["code"] = fields["code"] or selectors.next_code(fields["parent"])
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    draft = services.create_document(**fields, by=request.user)
                    ticket.answer = reverse("manual:draft", args=[draft.document.code])
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error(None, rule)
    context = {
        "crumbs": crumbs((_("Documento nuevo"), "")),
        "form": form,
        "back": reverse("manual:home"),
        "may_govern": request.user.has_perm(Perm.GOVERN),
    }
    return render(request, "manual/new.html", context, status=422 if form.errors else 200)


@requires(Perm.WRITE, methods=("GET", "HEAD"))
def next_code(request: HttpRequest) -> HttpResponse:
    """The code a new document would get in the chapter `?parent=`, as plain text."""
    parent = _headings(request).filter(code=request.GET.get("parent", "")[:40]).first()
    words = selectors.next_code(parent) if parent is not None else ""
    return HttpResponse(words, content_type="text/plain; charset=utf-8")


@requires(Perm.WRITE, methods=("GET", "HEAD"))
def link_targets(request: HttpRequest) -> HttpResponse:
    """Documents to link to whose code or title has `?q=`: code, title, address and state."""
    rows = links.targets_for(request.user, request.GET.get("q", "").strip()[:100])[:LINKS_SHOWN]
    found = [
        {
            "code": row.place_code,
            "title": row.title,
            "url": reverse("manual:page", args=[row.place_code]),
            "state": row.link_state,
        }
        for row in rows
    ]
    return JsonResponse({"targets": found})


@requires(Perm.WRITE, methods=("POST",))
def picture_new(request: HttpRequest, code: str) -> HttpResponse:
    """An image handed in from the editor; answers its address."""
    document, draft = draft_for(request, code)
    if draft is None:
        raise Http404
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(" ".join(form.errors["imagen"]))
    try:
        made = services.add_picture(document, uploaded=form.cleaned_data["imagen"], by=request.user)
    except RuleBroken as rule:
        return _refused(" ".join(rule.messages))
    return JsonResponse({"url": made.get_absolute_url()}, status=201)


@public(methods=("GET", "HEAD"))
def picture(request: HttpRequest, key: object) -> HttpResponseBase:
    """An image of a document, for whoever may read the document; customers read some."""
    rows = Picture.objects.visible_to(request.user).select_related("file")
    return serve_file(get_object_or_404(rows, file_id=key).file)


@requires(Perm.GOVERN)
def templates(request: HttpRequest) -> HttpResponse:
    """What new documents of each kind begin with."""
    known = {template.kind: template for template in DocumentTemplate.objects.all()}
    context = {
        "crumbs": crumbs((_("Plantillas de documentos"), "")),
        "rows": [
            (kind, label, known.get(kind), len(steps_of(known[kind].steps)) if kind in known else 0)
            for kind, label in Document.Kind.choices
        ],
    }
    return render(request, "manual/templates.html", context)


@requires(Perm.GOVERN)
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """Write the template of one kind."""
    if kind not in Document.Kind.values:
        raise Http404
    found = DocumentTemplate.objects.filter(kind=kind).first() or DocumentTemplate(kind=kind)
    names = ("body", "purpose", "scope", "steps")
    saved = {name: getattr(found, name) for name in names}
    form = TemplateForm.of(request, has_steps=kind in WITH_STEPS, initial=saved)
    back = reverse("manual:templates")
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    services.save_template(kind, **(saved | form.payload), by=request.user)
                    ticket.answer = back
            messages.success(request, _("Se guardó la plantilla."))
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error(None, rule)
    title = _("Plantilla: %(kind)s") % {"kind": found.get_kind_display()}
    context = {
        "crumbs": crumbs((_("Plantillas de documentos"), back), (title, "")),
        "form": form,
        "title": title,
        "action": _("Guardar"),
        "back": back,
    }
    name = "manual/template.html"
    return render(request, name, context, status=422 if form.errors else 200)


def _headings(request: HttpRequest):
    rows = Node.objects.visible_to(request.user).filter(document=None)
    return rows.order_by("code")


def _refused(words: str) -> HttpResponse:
    return HttpResponse(words, content_type="text/plain; charset=utf-8", status=422)
