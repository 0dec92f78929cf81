"""Reading the manual: overview, headings, procedures, older versions, print and PDF."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from auditlog.signals import accessed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.core.access import requires
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm as DocumentPerm
from apps.documents.regulations import norms_pending
from apps.documents.services import remember_reading
from apps.manual import links, pages, printing, reading, selectors, tree
from apps.manual.models import Node
from apps.manual.permissions import Perm
from apps.manual.views.common import sections


@requires(Perm.VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """Chapters, latest changes, and what changed since the person's last visit."""
    person = request.user
    may_write = person.has_perm(DocumentPerm.WRITE)
    documents = Document.objects.visible_to(person).exclude(node=None)
    overdue = documents.review_overdue(timezone.localdate()).count() if may_write else 0
    context = {
        "sections": sections(request, "home"),
        "branches": tree.branches_for(person),
        "changes": selectors.latest_changes(person).order_by("-effective_on", "-id")[:6],
        "changed": selectors.changed_since_reading(person)[:5],
        "overdue": overdue,
        "may_arrange": person.has_perm(Perm.ARRANGE),
        "may_write": may_write,
    }
    return render(request, "manual/home.html", context)


@requires(Perm.VIEW)
def page(request: HttpRequest, code: str) -> HttpResponse:
    """A heading with what hangs below it, or a procedure as it is in force."""
    node = selectors.page_for(request.user, code, headings_too=True)
    context = {"node": node, "parts": pages.page_of(node, request.user)}
    context["may_write"] = request.user.has_perm(DocumentPerm.WRITE)
    if node.document_id is None:
        here = tree.path_to(tree.branches_for(request.user), node.pk)
        context["branches"] = here[-1].children if here else []
        context["may_arrange"] = request.user.has_perm(Perm.ARRANGE)
        return render(request, "manual/heading.html", context)
    if request.method == "GET":
        _remember(node, request.user)
    if request.user.has_perm(DocumentPerm.WRITE):
        context["norms"] = norms_pending(node.document_id)
        context["today"] = timezone.localdate()
    return render(request, "manual/page.html", context)


@requires(Perm.VIEW)
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One published version, with what it is today: older, in force, or still to come."""
    node, shown = find_version(request, code, number)
    body = reading.body_of(shown, node.code, node.words_stamp)
    context = {
        "node": node,
        "parts": pages.page_of(node, request.user, here=_("Versión %(n)s") % {"n": number}),
        "version": shown,
        "body": replace(body, html=links.marked(body.html)),
        "page": pages.facts_of(node, body.approver, shown),
        "is_current": shown.pk == node.document.current_id,
    }
    return render(request, "manual/version.html", context)


@requires(Perm.VIEW)
def print_view(request: HttpRequest, code: str) -> HttpResponse:
    """The version in force on a bare page, with the marks of a printed copy (M25)."""
    node = selectors.page_for(request.user, code)
    shown = node.document.current
    body = reading.body_of(shown, node.code, node.words_stamp)
    context = {
        "node": node,
        "version": shown,
        "body": replace(body, html=links.marked(body.html)),
        "page": pages.facts_of(node, body.approver),
        "printed_by": request.user.get_full_name(),
        "printed_on": timezone.localdate(),
    }
    return render(request, "manual/print.html", context)


@requires(Perm.VIEW)
def pdf(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The exact version as PDF, marked with who took it and when (M25)."""
    node, shown = find_version(request, code, number)
    accessed.send(Version, instance=shown)
    content = printing.pdf_of(shown, node, by=request.user, at=timezone.now())
    name = f"{slugify(node.code.replace('.', '-'))}-v{number}.pdf"
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def find_version(request: HttpRequest, code: str, number: int) -> tuple[Node, Version]:
    """Page and published version of that number, both as far as they exist for the person."""
    node = selectors.page_for(request.user, code)
    published = Version.objects.published().select_related("author", "approver")
    return node, get_object_or_404(published, document=node.document_id, number=number)


def _remember(node: Node, person: Any) -> None:
    """Note the visit, at most once a day and version."""
    seen, number = node.reading, node.document.current.number
    today = timezone.localdate().isoformat()
    if not seen or seen["number"] != number or seen["read_on"] != today:
        remember_reading(node.document_id, number, by=person)
