"""The review calendar, and the review of each document (M13, M14)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.reauth import recently_confirmed
from apps.accounts.services.editing import state_of
from apps.accounts.views.common import Edit, chips_of, form_page, query_of, submitted
from apps.core.access import requires
from apps.core.exports import Column, export
from apps.core.pagination import paginate
from apps.documents import review_calendar as calendars
from apps.documents import services, showing
from apps.documents.forms_reviews import (
    DAYS_SOON,
    ConcludeForm,
    KindRulesForm,
    ReviewDateForm,
    ReviewerForm,
    ReviewsFilter,
    ReviewsListFilter,
)
from apps.documents.models import Document, KindRules, Review
from apps.documents.permissions import Perm
from apps.documents.regulations import norms_pending
from apps.documents.services.reviewing import KIND_RULES_FIELDS
from apps.documents.views.common import draft_url
from apps.documents.views.reviews_common import crumbs, exports, month_words, sections


@requires(Perm.VIEW)
def calendar(request: HttpRequest) -> HttpResponse:
    """A month of reviews, with what is already late."""
    today = timezone.localdate()
    documents = calendars.reviewable(request.user, today)
    form = ReviewsFilter(request.GET, documents=documents, person=request.user, today=today)
    narrowed = form.narrowed()
    month = calendars.month_of(
        narrowed, calendars.month_named(request.GET.get("mes", ""), today), today
    )
    for week in month.weeks:
        for day in week:
            if day.more:
                query = query_of(request, mes="", dia=day.on.isoformat())
                day.more_url = f"{reverse('reviews:list')}?{query}"
    context = {
        "sections": sections(request, "calendar"),
        "views": _mine_or_all(request),
        "form": form,
        "chips": _chips(request, form),
        "month": month,
        "month_name": month_words(month.first),
        "previous": _month_url(request, month.previous),
        "next": _month_url(request, month.next),
        "now_url": _month_url(request, None) if month.first != today.replace(day=1) else "",
        "overdue": narrowed.filter(next_review_on__lt=today).count(),
        "list_query": query_of(request, mes="", dia=""),
        "exports": exports(request, "export"),
    }
    return render(request, "documents/reviews/calendar.html", context)


@requires(Perm.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """Reviews by date, the latest first: who does each, and since when it is late."""
    form = _list_filter(request)
    rows = form.narrowed().select_related("unit")
    page = paginate(rows, request, order=("next_review_on", "id"))
    calendars.names_of(page.rows)
    context = {
        "sections": sections(request, "list"),
        "crumbs": crumbs((_("Lista"), "")),
        "views": _mine_or_all(request),
        "form": form,
        "chips": _chips(request, form),
        "page": page,
        "today": form.today,
        "soon": form.today + timedelta(days=DAYS_SOON),
        "exports": exports(request, "export"),
    }
    return render(request, "documents/reviews/list.html", context)


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def list_export(request: HttpRequest) -> HttpResponseBase:
    """The same rows, with the same filters, as CSV or XLSX."""
    form = _list_filter(request)
    rows = form.narrowed().select_related("unit", "owner", "reviewer")
    month = request.GET.get("mes", "")
    if month:
        first = calendars.month_named(month, form.today)
        rows = rows.filter(next_review_on__year=first.year, next_review_on__month=first.month)
    columns = [
        Column(_("Código"), lambda row: row.code),
        Column(_("Título"), lambda row: row.title),
        Column(_("Clase"), lambda row: row.get_kind_display()),
        Column(_("Unidad"), lambda row: row.unit.name),
        Column(_("Responsable"), lambda row: row.owner.get_full_name()),
        Column(_("La revisa"), lambda row: (row.reviewer or row.owner).get_full_name()),
        Column(_("Próxima revisión"), lambda row: row.next_review_on),
        Column(_("Días de atraso"), lambda row: max(0, (form.today - row.next_review_on).days)),
    ]
    found = rows.order_by("next_review_on", "pk").iterator(500)
    return export(request, name=_("revisiones"), columns=columns, rows=found)


@requires(Perm.VIEW)
def review(request: HttpRequest, code: str) -> HttpResponse:
    """The review of one document: when it is due, who does it, what former ones concluded."""
    document = _document(request, code)
    today = timezone.localdate()
    calendars.names_of([document])
    may_write = request.user.has_perm(Perm.WRITE)
    context = {
        "crumbs": crumbs((document.code, "")),
        "document": document,
        "read_url": showing.address_of(document),
        "today": today,
        "soon": today + timedelta(days=DAYS_SOON),
        "reviews": document.reviews.select_related("reviewed_by", "version")[:20],
        "changes": document.review_changes.select_related("changed_by")[:20],
        "escalation": document.escalations.filter(due_on=document.next_review_on).first(),
        "norms": norms_pending(document.pk),
        "may_review": _is_due(document) and services.may_review(document, request.user, today),
        "may_govern": request.user.has_perm(Perm.GOVERN),
        "may_write": may_write,
        "draft_url": draft_url(document) if may_write else "",
    }
    return render(request, "documents/reviews/review.html", context)


@requires(Perm.VIEW)
def conclude(request: HttpRequest, code: str) -> HttpResponse:
    """Conclude a review. Who may not do it sees 404: there is nothing for them here."""
    document = _document(request, code)
    if not _is_due(document):
        raise Http404
    if not services.may_review(document, request.user, timezone.localdate()):
        raise Http404
    form = ConcludeForm.of(
        request,
        initial={"version": document.current.number, "due_on": document.next_review_on},
    )
    here = reverse("reviews:review", args=[document.code])

    def do(**data: Any) -> str:
        done = services.conclude_review(document, **data, by=request.user)
        return f"{here}#cambios" if done.outcome == Review.Outcome.CHANGE else here

    answer = submitted(request, form, do, done=_("La revisión quedó concluida."))
    if answer:
        return answer
    context = {
        "crumbs": crumbs((document.code, here), (_("Concluir"), "")),
        "document": document,
        "read_url": showing.address_of(document),
        "form": form,
        "back": here,
        "today": timezone.localdate(),
        "norms": norms_pending(document.pk),
        "usual": services.next_review_after(document, timezone.localdate()),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "documents/reviews/conclude.html", context, status=status)


@requires(Perm.VIEW, Perm.GOVERN)
def reviewer(request: HttpRequest, code: str) -> HttpResponse:
    """Say who reviews a document."""
    document = _document(request, code)
    form = ReviewerForm.of(request, initial={"reviewer": document.reviewer_id})
    here = reverse("reviews:review", args=[document.code])

    def do(**data: Any) -> str:
        services.set_reviewer(document, **data, by=request.user)
        return here

    answer = submitted(request, form, do, done=_("Quedó dicho quién la revisa."))
    return answer or form_page(
        request,
        form,
        heading=_("Quién revisa %(code)s") % {"code": document.code},
        lead=document.title,
        action=_("Guardar"),
        cancel_url=here,
        where=crumbs((document.code, here)),
    )


@requires(Perm.VIEW, Perm.GOVERN)
def review_date(request: HttpRequest, code: str) -> HttpResponse:
    """Move the next review of a document."""
    document = _document(request, code)
    form = ReviewDateForm.of(request, initial={"on": document.next_review_on})
    here = reverse("reviews:review", args=[document.code])

    def do(**data: Any) -> str:
        services.set_review_date(document, **data, by=request.user)
        return here

    answer = submitted(request, form, do, done=_("Quedó guardada la nueva fecha."))
    return answer or form_page(
        request,
        form,
        heading=_("Cuándo se revisa %(code)s") % {"code": document.code},
        lead=document.title,
        action=_("Guardar"),
        cancel_url=here,
        where=crumbs((document.code, here)),
    )


@requires(Perm.GOVERN)
def rules(request: HttpRequest) -> HttpResponse:
    """With what documents of each kind begin."""
    known = {row.kind: row for row in KindRules.objects.all()}
    rows = [known.get(kind) or KindRules(kind=kind) for kind in Document.Kind.values]
    context = {
        "sections": sections(request, "rules"),
        "crumbs": crumbs((_("Reglas"), "")),
        "rows": rows,
    }
    return render(request, "documents/reviews/rules.html", context)


@requires(Perm.GOVERN)
def kind_rules(request: HttpRequest, kind: str) -> HttpResponse:
    """Change the rules of one kind."""
    if kind not in Document.Kind.values:
        raise Http404
    row = services.rules_of(kind)
    initial = {name: getattr(row, name) for name in KIND_RULES_FIELDS}
    form = KindRulesForm.of(
        request, initial={**initial, "expected": state_of(row, KIND_RULES_FIELDS)}
    )
    edit = Edit(row, KIND_RULES_FIELDS) if row.pk else None

    def do(**data: Any) -> str:
        services.set_kind_rules(kind, **data, by=request.user)
        return reverse("reviews:rules")

    answer = submitted(request, form, do, done=_("Quedaron guardadas las reglas."), edit=edit)
    return answer or form_page(
        request,
        form,
        heading=_("Reglas: %(kind)s") % {"kind": row.get_kind_display()},
        lead=_("Lo que ya está abierto conserva el plazo que tiene."),
        action=_("Guardar"),
        cancel_url=reverse("reviews:rules"),
        where=crumbs((_("Reglas"), reverse("reviews:rules"))),
        **(edit.told() if edit else {}),
    )


def _document(request: HttpRequest, code: str) -> Document:
    documents = Document.objects.visible_to(request.user).with_reviewer(timezone.localdate())
    return get_object_or_404(
        documents.select_related("unit", "owner", "reviewer", "current").defer("current__body"),
        code=code,
    )


def _is_due(document: Document) -> bool:
    return document.current_id is not None and document.retired_on is None


def _list_filter(request: HttpRequest) -> ReviewsListFilter:
    today = timezone.localdate()
    return ReviewsListFilter(
        request.GET,
        documents=calendars.reviewable(request.user, today),
        person=request.user,
        today=today,
    )


def _chips(request: HttpRequest, form: ReviewsFilter) -> list[dict[str, str]]:
    hidden = {name for name, box in form.fields.items() if box.widget.is_hidden} - {"dia"}
    shown = {name: box for name, box in form.fields.items() if name not in hidden}
    form.fields, kept = shown, form.fields
    try:
        return chips_of(request, form)
    finally:
        form.fields = kept


def _mine_or_all(request: HttpRequest) -> list[dict[str, Any]]:
    mine = bool(request.GET.get("mias"))
    everything = query_of(request, mias="")
    return [
        {"title": _("Todas"), "url": f"?{everything}", "current": not mine, "count": None},
        {
            "title": _("Las mías"),
            "url": f"?{query_of(request, mias='1')}",
            "current": mine,
            "count": None,
        },
    ]


def _month_url(request: HttpRequest, first: Any) -> str:
    return f"?{query_of(request, mes=first.strftime('%Y-%m') if first else '')}"
