"""Writing standards: beginning them, their draft, its criteria, what they rest on."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.views.common import confirmed, form_page, submitted
from apps.core.access import Level, clearance, requires
from apps.core.rules import StaleEdit
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm as DocumentPerm
from apps.documents.selectors import related_to
from apps.indicators.models import Indicator
from apps.standards import content, selectors, services
from apps.standards.forms import CriterionForm, DraftForm, LinksForm, StandardForm, StartForm
from apps.standards.models import Criterion, Promise
from apps.standards.permissions import Perm
from apps.standards.views.common import crumbs, crumbs_of, home_of
from apps.standards.words import target_words, tolerance_words

PROMISE = ("commitment", "scope", "remedy")


def _draft_url(document: Document) -> str:
    return reverse("standards:draft", args=[document.code])


def draft_for(request: HttpRequest, code: str) -> tuple[Document, Version]:
    """A standard and its draft; Http404 where nothing is being written."""
    document = selectors.document_for(request.user, code)
    version = selectors.open_version(document)
    if version is None or version.state != Version.State.DRAFT:
        raise Http404
    return document, version


@requires(Perm.VIEW, DocumentPerm.WRITE)
def new(request: HttpRequest) -> HttpResponse:
    """Begin a standard: its code, its service, who answers for it."""
    initial = {
        "code": _next_code(),
        "owner": request.user.pk,
        "classification": Level.PUBLIC,
        "service": request.GET.get("servicio", "")[:20],
    }
    form = StandardForm.of(request, clearance=clearance(request.user), initial=initial)

    def do(**data: Any) -> str:
        made = services.create_standard(**data, by=request.user)
        return _draft_url(made.document)

    answer = submitted(request, form, do)
    return answer or form_page(
        request, form, heading=_("Estándar nuevo"), action=_("Empezar el borrador"),
        lead=_("Nadie más que quienes redactan lo ve hasta que entre en vigor."),
        cancel_url=reverse("standards:list"), where=crumbs(),
    )  # fmt: skip


def _next_code() -> str:
    codes = Document.objects.filter(code__regex=r"^EST-\d{1,6}$").values_list("code", flat=True)
    return f"EST-{max((int(code[4:]) for code in codes), default=0) + 1:02d}"


@requires(Perm.VIEW, DocumentPerm.WRITE)
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Open a draft of the next version as a copy of the one in force."""
    document = selectors.document_for(request.user, code)
    if selectors.open_version(document) is not None:
        return redirect("standards:draft", code)
    form = StartForm.of(request)
    if document.current_id is None:  # a first version: nothing to choose
        del form.fields["change"]

    def do(**data: Any) -> str:
        documents.start_version(
            document, **({"change": Version.Change.FIRST} | data), by=request.user
        )
        return _draft_url(document)

    answer = submitted(request, form, do)
    return answer or form_page(
        request, form, heading=_("Redactar una versión nueva"), action=_("Empezar"),
        lead=str(document), cancel_url=home_of(document), where=crumbs_of(document),
    )  # fmt: skip


@requires(Perm.VIEW, DocumentPerm.WRITE)
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """The draft of a standard: its promise as a form, and its criteria."""
    document = selectors.document_for(request.user, code)
    version = selectors.open_version(document)
    if version is None:
        return redirect("standards:draft-start", code)
    if version.state != Version.State.DRAFT:
        return redirect("documents:review", code, version.number)
    promise = Promise.objects.filter(version=version).select_related("service").first()
    initial = _values(version, promise)
    form = DraftForm.of(request, version=version, initial=initial)
    stale: list[dict[str, str]] = []

    def do(**_data: Any) -> str:
        try:
            services.save_standard(version, **form.draft, by=request.user)
        except StaleEdit as rule:
            stale.extend(_compared(form, rule.newer))
            raise
        return request.path

    answer = submitted(request, form, do, done=_("Se guardó el borrador."))
    if answer:
        return answer
    context = {
        "crumbs": crumbs_of(document, (_("Borrador"), "")),
        "document": document,
        "version": version,
        "form": form,
        "criteria": [
            {"criterion": row, "target": target_words(row), "tolerance": tolerance_words(row)}
            for row in Criterion.objects.filter(version=version).select_related(
                "indicator__current"
            )
        ],
        "lacks": list(content.lacks(version)),
    }
    if stale:
        form.data = form.data.copy()
        now = Version.objects.get(pk=version.pk)
        form.data["revision"] = now.revision
        last = LogEntry.objects.get_for_object(now).select_related("actor").first()
        context |= {
            "stale_rows": stale,
            "stale_by": (last and last.actor) or _("Otra persona"),
            "stale_at": last.timestamp if last else timezone.now(),
        }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "standards/draft.html", context, status=status)


def _values(version: Version, promise: Promise | None) -> dict[str, Any]:
    names = ("revision", "title", "change", "justification")
    values = {name: getattr(version, name) for name in names}
    if promise is not None:
        values |= {name: getattr(promise, name) for name in PROMISE}
        values["service"] = promise.service.code
    return values


def _compared(form: DraftForm, newer: Version) -> list[dict[str, str]]:
    """What was typed beside what somebody else saved meanwhile, where they differ."""
    promise = Promise.objects.filter(version=newer).select_related("service").first()
    saved = _values(newer, promise)
    rows = []
    for name, box in form.fields.items():
        if box.widget.is_hidden or name not in saved:
            continue
        yours = form.cleaned_data.get(name)
        yours = getattr(yours, "code", yours)
        if str(yours or "") != str(saved[name] or ""):
            rows.append({"label": box.label, "yours": str(yours), "newer": str(saved[name])})
    return rows


@requires(Perm.VIEW, DocumentPerm.WRITE)
def discard(request: HttpRequest, code: str) -> HttpResponse:
    """Throw the draft away, asked again."""
    document, version = draft_for(request, code)
    # One that never ruled goes with its draft.
    back = home_of(document) if document.current_id else reverse("standards:list")
    return confirmed(
        request,
        lambda: documents.discard_draft(version, by=request.user),
        heading=_("Descartar el borrador"),
        what=f"{document.code} {version.title}",
        consequences=[
            _("Se pierde lo escrito en este borrador, con sus criterios y comentarios."),
            _("La versión que está en vigor sigue como está."),
        ],
        action=_("Descartar"),
        back=back,
        done=_("Se descartó el borrador."),
        danger=True,
        where=crumbs_of(document, (_("Borrador"), _draft_url(document))),
    )


def _indicators(request: HttpRequest) -> Any:
    rows = Indicator.objects.visible_to(request.user).in_use().exclude(current=None)
    return rows.select_related("current").order_by("code")


@requires(Perm.VIEW, DocumentPerm.WRITE)
def criterion_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add a criterion to the draft."""
    document, version = draft_for(request, code)
    form = CriterionForm.of(
        request, indicators=_indicators(request), initial={"revision": version.revision}
    )

    def do(**data: Any) -> str:
        services.add_criterion(
            version, revision=data["revision"], criterion=form.criterion, by=request.user
        )
        return f"{_draft_url(document)}#criterios"

    answer = submitted(request, form, do, done=_("Se agregó el criterio."))
    return answer or _criterion_page(request, document, form, _("Criterio nuevo"))


@requires(Perm.VIEW, DocumentPerm.WRITE)
def criterion(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Write a criterion of the draft anew."""
    document, version = draft_for(request, code)
    row = _criterion(version, key)
    names = ("title", "target", "tolerance", "sampling", "period")
    initial = {name: getattr(row, name) for name in names}
    initial |= {"indicator": row.indicator.code, "revision": version.revision}
    form = CriterionForm.of(request, indicators=_indicators(request), initial=initial)

    def do(**data: Any) -> str:
        services.edit_criterion(
            version, key, revision=data["revision"], criterion=form.criterion, by=request.user
        )
        return f"{_draft_url(document)}#criterios"

    answer = submitted(request, form, do, done=_("Se guardó el criterio."))
    heading = _("Criterio %(n)s") % {"n": row.number}
    return answer or _criterion_page(request, document, form, heading)


def _criterion(version: Version, key: str) -> Criterion:
    row = Criterion.objects.filter(version=version, key=key).select_related("indicator").first()
    if row is None:
        raise Http404
    return row


def _criterion_page(
    request: HttpRequest, document: Document, form: CriterionForm, heading: str
) -> HttpResponse:
    return form_page(
        request, form, heading=heading, action=_("Guardar"), lead=str(document),
        cancel_url=_draft_url(document),
        where=crumbs_of(document, (_("Borrador"), _draft_url(document))),
    )  # fmt: skip


@requires(Perm.VIEW, DocumentPerm.WRITE)
def criterion_remove(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Take a criterion out of the draft."""
    document, version = draft_for(request, code)
    row = _criterion(version, key)
    return confirmed(
        request,
        lambda: services.remove_criterion(version, key, revision=version.revision, by=request.user),
        heading=_("Quitar el criterio"),
        what=row.title,
        consequences=[_("Lo cumplido hasta ahora queda en la historia del estándar.")],
        action=_("Quitar"),
        back=_draft_url(document),
        done=_("Se quitó el criterio."),
        danger=True,
        where=crumbs_of(document, (_("Borrador"), _draft_url(document))),
    )


@requires(Perm.VIEW, DocumentPerm.WRITE)
def links(request: HttpRequest, code: str) -> HttpResponse:
    """Say on which procedures and policies a standard rests (2.1.3)."""
    document = selectors.document_for(request.user, code)
    kinds = (Document.Kind.PROCEDURE, Document.Kind.POLICY, Document.Kind.PROTOCOL)
    rows = Document.objects.visible_to(request.user).in_force().filter(kind__in=kinds)
    others = related_to(document, request.user)
    form = LinksForm.of(
        request,
        documents=rows.filter(retired_on=None).order_by("code"),
        initial={"others": [row.code for row in others if row.kind in kinds]},
    )

    def do(others: Any) -> str:
        kept = [row for row in related_to(document, request.user) if row.kind not in kinds]
        documents.relate(document, [*kept, *others], by=request.user)
        return home_of(document)

    answer = submitted(request, form, do, done=_("Se guardaron los vínculos."))
    return answer or form_page(
        request, form, heading=_("Procedimientos y políticas del estándar"), action=_("Guardar"),
        lead=str(document), cancel_url=home_of(document), where=crumbs_of(document),
    )  # fmt: skip
