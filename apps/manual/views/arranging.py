"""Putting the manual in order: by drag, by keyboard and by form (M1)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.access import requires
from apps.core.forms import once
from apps.core.rules import RuleBroken
from apps.manual import services, tree
from apps.manual.forms import HeadingForm, MoveForm, RenameForm
from apps.manual.models import Node
from apps.manual.permissions import Perm
from apps.manual.views.common import crumbs, sections


@requires(Perm.ARRANGE)
def arrange(request: HttpRequest) -> HttpResponse:
    """The whole tree, empty headings included, each row with what may be done to it."""
    context = {
        "sections": sections(request, "arrange"),
        "crumbs": crumbs((_("Organizar"), "")),
        "branches": tree.branches_for(request.user, empty_too=True),
    }
    return render(request, "manual/arrange.html", context)


@requires(Perm.ARRANGE, methods=("POST",))
def shift(request: HttpRequest) -> HttpResponse:
    """A row dragged (id, padre, posicion from 0) or moved one up or down (id, mover)."""
    nodes = Node.objects.visible_to(request.user)
    node = get_object_or_404(nodes, pk=_number(request.POST.get("id")))
    if "mover" in request.POST:
        parent = node.parent
        family = list(nodes.filter(parent=parent).values_list("pk", flat=True))
        place = family.index(node.pk) + 1
        place += 1 if request.POST["mover"] == "abajo" else -1
    else:
        wanted = request.POST.get("padre", "")
        parent = get_object_or_404(nodes, pk=_number(wanted)) if wanted else None
        place = _number(request.POST.get("posicion")) + 1
    services.move_node(node, parent=parent, place=max(1, place), by=request.user)
    if "mover" in request.POST:
        return redirect("manual:arrange")
    return HttpResponse(status=204)


@requires(Perm.ARRANGE)
def move(request: HttpRequest, code: str) -> HttpResponse:
    """Move a place by form: into which section, and as which of its rows."""
    node = get_object_or_404(Node.objects.visible_to(request.user), code=code)
    headings = Node.objects.visible_to(request.user).filter(document=None).exclude(pk=node.pk)
    form = MoveForm.of(request, headings=headings.order_by("code"), initial={"parent": node.parent})
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    services.move_node(node, **form.payload, by=request.user)
                    ticket.answer = reverse("manual:arrange")
            messages.success(request, _("Se movió «%(title)s».") % {"title": node.title})
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error("parent", rule)
    return _write(request, form, _("Mover «%(title)s»") % {"title": node.title}, _("Mover"))


@requires(Perm.ARRANGE)
def add(request: HttpRequest) -> HttpResponse:
    """Add a heading; `?en=` is the code of the section it goes into."""
    inside = request.GET.get("en", "")
    parent = None
    if inside:
        headings = Node.objects.visible_to(request.user).filter(document=None)
        parent = get_object_or_404(headings, code=inside)
    form = HeadingForm.of(request)
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    services.create_node(**form.payload, parent=parent, by=request.user)
                    ticket.answer = reverse("manual:arrange")
            messages.success(request, _("Se agregó la sección."))
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error("code", rule)
    title = _("Agregar una sección")
    if parent is not None:
        title = _("Agregar una sección en «%(title)s»") % {"title": parent.title}
    return _write(request, form, title, _("Agregar"))


@requires(Perm.ARRANGE)
def rename(request: HttpRequest, code: str) -> HttpResponse:
    """Give a heading another title and summary."""
    headings = Node.objects.visible_to(request.user).filter(document=None)
    node = get_object_or_404(headings, code=code)
    form = RenameForm.of(request, initial={"title": node.title, "summary": node.summary})
    if request.method == "POST" and form.is_valid():
        with once(request) as ticket:
            if not ticket.answer:
                services.rename_node(node, **form.payload, by=request.user)
                ticket.answer = reverse("manual:arrange")
        messages.success(request, _("Se guardó el título."))
        return redirect(ticket.answer)
    return _write(request, form, _("Cambiar «%(title)s»") % {"title": node.title}, _("Guardar"))


def _write(request: HttpRequest, form, title: str, action: str) -> HttpResponse:
    context = {
        "crumbs": crumbs((_("Organizar"), reverse("manual:arrange")), (title, "")),
        "form": form,
        "title": title,
        "action": action,
        "back": reverse("manual:arrange"),
    }
    return render(request, "manual/write.html", context, status=422 if form.errors else 200)


def _number(text: str | None) -> int:
    """A whole number that the database can hold, else 0: no row has it."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
