"""Reading the manual: overview, headings, procedures, older versions, print and PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from auditlog.signals import accessed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.access import Level, requires
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm as DocumentPerm
from apps.documents.services import remember_reading
from apps.manual import printing, reading, selectors, tree
from apps.manual.models import Node
from apps.manual.permissions import Perm
from apps.manual.views.common import sections

CLASSIFICATION = {
    Level.PUBLIC: (gettext_lazy("Pública"), "globe"),
    Level.INTERNAL: (gettext_lazy("Uso interno"), "building"),
    Level.CONFIDENTIAL: (gettext_lazy("Confidencial"), "lock"),
    Level.RESERVED: (gettext_lazy("Reservada"), "shield-lock"),
}


@dataclass(frozen=True)
class Coming:
    """A version approved with a date to come."""

    number: int
    on: date
    summary: str
    url: str


@dataclass(frozen=True)
class PageFacts:
    """What the reading page says of its version besides the text."""

    owner: str
    classification: str
    classification_icon: str
    print_line: str
    overdue_on: date | None = None
    last_read: int | None = None
    compare_url: str = ""
    coming: Coming | None = None


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
    }
    return render(request, "manual/home.html", context)


@requires(Perm.VIEW)
def page(request: HttpRequest, code: str) -> HttpResponse:
    """A heading with what hangs below it, or a procedure as it is in force."""
    node = get_object_or_404(selectors.pages_for(request.user), code=code)
    branch, body = reading.page_parts(node, request.user)
    context = frame(node, branch)
    if body is None:
        here = tree.path_to(tree.branches_for(request.user), node.pk)
        context["branches"] = here[-1].children if here else []
        context["may_arrange"] = request.user.has_perm(Perm.ARRANGE)
        return render(request, "manual/heading.html", context)
    version = node.document.current
    context |= {"version": version, "body": body, "page": facts_of(node, body.approver)}
    if request.method == "GET":
        _remember(node, request.user)
    return render(request, "manual/page.html", context)


@requires(Perm.VIEW)
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One published version, with what it is today: older, in force, or still to come."""
    node, shown = find_version(request, code, number)
    branch, _body = reading.page_parts(node, request.user)
    context = frame(node, branch, _("Versión %(n)s") % {"n": number})
    body = reading.body_of(shown, node.code, node.words_stamp)
    context |= {"version": shown, "body": body, "page": facts_of(node, body.approver, shown)}
    context["is_current"] = shown.pk == node.document.current_id
    return render(request, "manual/version.html", context)


@requires(Perm.VIEW)
def print_view(request: HttpRequest, code: str) -> HttpResponse:
    """The version in force on a bare page, with the marks of a printed copy (M25)."""
    node = get_object_or_404(selectors.pages_for(request.user).exclude(document=None), code=code)
    shown = node.document.current
    body = reading.body_of(shown, node.code, node.words_stamp)
    context = {
        "node": node,
        "version": shown,
        "body": body,
        "page": facts_of(node, body.approver),
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
    node = get_object_or_404(selectors.pages_for(request.user).exclude(document=None), code=code)
    published = Version.objects.published().select_related("author", "approver")
    return node, get_object_or_404(published, document=node.document_id, number=number)


def frame(node: Node, branch: dict[str, Any], here: str = "") -> dict[str, Any]:
    """Tree and crumbs around a page; `here` names a page below the node's own."""
    crumbs = [[_("Manual"), reverse("manual:home")], *branch["crumbs"]]
    if node.document_id is not None:
        crumbs.append([node.document.title, reverse("manual:page", args=[node.code])])
    if here:
        crumbs.append([here, ""])
    return {"node": node, "tree": tree.marked(branch["html"], node), "crumbs": crumbs}


def facts_of(node: Node, approver: str, shown: Version | None = None) -> PageFacts:
    """What the page says around the text of `shown`, by default the version in force."""
    document, current = node.document, node.document.current
    shown = shown or current
    today = timezone.localdate()
    words, icon = CLASSIFICATION[Level(document.classification)]
    compare = reverse("manual:compare", args=[node.code])
    marks = [
        node.code,
        _("Versión %(n)s") % {"n": shown.number},
        _("En vigor desde el %(on)s") % {"on": date_format(shown.effective_on)},
        _("Aprobó: %(who)s") % {"who": approver},
        _("Copia no controlada"),
    ]
    coming = None
    if node.coming:
        number = node.coming["number"]
        coming = Coming(
            number=number,
            on=parse_date(node.coming["effective_on"]),
            summary=reading.summary_of(current.pk, node.coming["id"]),
            url=f"{compare}?de={current.number}&a={number}",
        )
    last_read = _last_read(node, today)
    return PageFacts(
        owner=node.owner_position or document.unit.name,
        classification=words,
        classification_icon=icon,
        print_line=" · ".join(marks),
        overdue_on=document.next_review_on if document.next_review_on < today else None,
        last_read=last_read,
        compare_url=f"{compare}?de={last_read}&a={current.number}" if last_read else "",
        coming=coming,
    )


def _last_read(node: Node, today: date) -> int | None:
    """Number of the version the person knew before the one in force, all of the day on which
    they first see the new one; else None."""
    seen, number = node.reading, node.document.current.number
    if not seen:
        return None
    if seen["number"] != number:
        return seen["number"] if seen["number"] < number else None
    is_today = parse_date(seen["since_on"]) == today
    return seen["previous"] if is_today and seen["previous"] else None


def _remember(node: Node, person: Any) -> None:
    """Note the visit, at most once a day and version."""
    seen, number = node.reading, node.document.current.number
    today = timezone.localdate().isoformat()
    if not seen or seen["number"] != number or seen["read_on"] != today:
        remember_reading(node.document_id, number, by=person)
