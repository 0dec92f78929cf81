"""Reading a version: as its readers do, or to decide on it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.access import requires
from apps.documents import history, selectors, services, showing, turns
from apps.documents.forms import AnswerForm, ApproveForm, CommentForm, ReturnForm
from apps.documents.models import Comment, Version
from apps.documents.permissions import Perm
from apps.documents.views.common import act, crumbs_of, name_of, new_key, try_act


@requires(Perm.VIEW)
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One version as its readers see it, or what it changed in the one before."""
    found = selectors.version_for(request.user, code, number)
    if found.is_open:
        return redirect("documents:review", code, number)
    context = {
        **_text(request, found),
        "may_ratify": Version.objects.ratifiable_by(request.user).filter(pk=found.pk).exists(),
        "read_url": showing.address_of(found.document) if found.document.current_id else "",
    }
    return render(request, "documents/version.html", context)


@requires(Perm.VIEW)
def review(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A version that is written or decided on, with remarks and, in their turn, the decision."""
    found = selectors.version_for(request.user, code, number)
    if not found.is_open:
        return redirect(found)
    return _review(request, found)


@requires(Perm.VIEW, methods=["POST"])
def approve(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Say yes. Whoever wrote it is refused, whatever their role (M7)."""
    found = _in_review(request, code, number)
    right = turns.right_of(found, request.user, timezone.localdate())
    form = ApproveForm(
        request.POST,
        default_day=services.default_day(found),
        is_last=right.is_last,
        auto_id="aprobar_%s",
    )
    answer = try_act(
        request,
        form,
        lambda: services.approve(found, **form.payload, by=request.user),
        url=found.document.get_absolute_url(),
        said=_("Aprobó %(what)s.") % {"what": name_of(found)},
    )
    return answer or _review(request, found, approving=form)


@requires(Perm.VIEW, methods=["POST"])
def send_back(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Ask for changes: it becomes a draft again."""
    found = _in_review(request, code, number)
    form = ReturnForm(request.POST, auto_id="devolver_%s")
    answer = try_act(
        request,
        form,
        lambda: services.return_for_changes(found, **form.payload, by=request.user),
        url=found.document.get_absolute_url(),
        said=_("Pidió cambios en %(what)s. Quien la redactó ya recibió el aviso.")
        % {"what": name_of(found)},
    )
    return answer or _review(request, found, returning=form)


@requires(Perm.VIEW, methods=["POST"])
def comment(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Remark on a passage."""
    found = selectors.version_for(request.user, code, number)
    form = CommentForm(request.POST, passages=services.passages_of(found), auto_id="comentar_%s")
    answer = try_act(
        request,
        form,
        lambda: services.comment(found, **form.payload, by=request.user),
        url=f"{_review_url(found)}#comentarios",
        said=_("Su comentario quedó anotado."),
    )
    return answer or _review(request, found, commenting=form)


@requires(Perm.VIEW)
def answer(request: HttpRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Answer a remark, on a page of its own."""
    found = selectors.version_for(request.user, code, number)
    remark = _remark(found, pk)
    form = AnswerForm.of(request)
    if request.method == "POST":
        sent = try_act(
            request,
            form,
            lambda: services.comment(found, **form.payload, answers=remark, by=request.user),
            url=f"{_review_url(found)}#comentario-{remark.pk}",
            said=_("Su respuesta quedó anotada."),
        )
        if sent is not None:
            return sent
    context = {
        "crumbs": crumbs_of(
            found.document, (name_of(found), _review_url(found)), ("Responder", "")
        ),
        "form": form,
        "version": found,
        "remark": next(one for one in selectors.remarks_on(found) if one.pk == remark.pk),
        "passage": services.passages_of(found).get(remark.part),
    }
    return render(request, "documents/answer.html", context, status=422 if form.errors else 200)


@requires(Perm.VIEW, methods=["POST"])
def resolve(request: HttpRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Mark a remark as dealt with."""
    found = selectors.version_for(request.user, code, number)
    remark = _remark(found, pk)
    return act(
        request,
        lambda: services.resolve_comment(remark, by=request.user),
        url=f"{_review_url(found)}#comentarios",
        said=_("El comentario quedó resuelto."),
    )


@requires(Perm.VIEW, methods=["POST"])
def reopen(request: HttpRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Take up a resolved remark again."""
    found = selectors.version_for(request.user, code, number)
    remark = _remark(found, pk)
    return act(
        request,
        lambda: services.reopen_comment(remark, by=request.user),
        url=f"{_review_url(found)}#comentario-{remark.pk}",
        said=_("El comentario se abrió otra vez."),
    )


def _in_review(request: HttpRequest, code: str, number: int) -> Version:
    """The version to decide on; PermissionDenied for whoever wrote it."""
    found = selectors.version_for(request.user, code, number)
    if request.user.pk in turns.writers_of(found):
        raise PermissionDenied
    return found


def _remark(found: Version, pk: int) -> Comment:
    return get_object_or_404(found.comments.filter(answers=None), pk=pk)


def _review_url(found: Version) -> str:
    return reverse("documents:review", args=[found.document.code, found.number])


def _text(request: HttpRequest, found: Version, remarks: dict[str, int] | None = None) -> dict:
    """What both pages show: the text, or what changed in it."""
    base = selectors.base_of(found)
    wants_changes = base is not None and request.GET.get("ver") == "cambios"
    path = _review_url(found) if found.is_open else found.get_absolute_url()
    tabs = [{"title": _("Texto"), "url": path, "current": not wants_changes}]
    if base is not None:
        title = _("Qué cambia de la versión %(n)s") % {"n": base.number}
        tabs.append({"title": title, "url": f"{path}?ver=cambios", "current": wants_changes})
    return {
        "crumbs": crumbs_of(found.document, (_("Versión %(n)s") % {"n": found.number}, "")),
        "version": found,
        "document": found.document,
        "tag": history.tag_of(found),
        "base": base,
        "tabs": tabs,
        "changes": showing.changes_of(base, found) if wants_changes else None,
        "body": None if wants_changes else showing.body_of(found, remarks),
    }


def _review(
    request: HttpRequest,
    found: Version,
    *,
    approving: Form | None = None,
    returning: Form | None = None,
    commenting: Form | None = None,
) -> HttpResponse:
    """The page of a review, with the form that was refused, if any."""
    person = request.user
    rows = turns.standing_of(found)
    right = turns.right_of(found, person, timezone.localdate(), rows)
    remarks = selectors.remarks_on(found)
    passages = services.passages_of(found)
    counts: dict[str, int] = {}
    for remark in remarks:
        remark.passage = passages.get(remark.part)
        remark.hidden = [new_key()]
        remark.marks = ""
        if remark.resolved_at is None:
            if remark.part not in counts:
                remark.marks = f"pasaje-{remark.part.replace(':', '-')}"
            counts[remark.part] = counts.get(remark.part, 0) + 1
    if right.may_decide and approving is None:
        approving = ApproveForm(
            default_day=services.default_day(found),
            is_last=right.is_last,
            initial={"seen": services.hash_of(found)},
            auto_id="aprobar_%s",
        )
    context: dict[str, Any] = {
        **_text(request, found, counts),
        "turns": history.turns_of(rows),
        "right": right,
        "for_whom": right.approval.person
        if right.approval and right.approval.person_id != person.pk
        else None,
        "approving": approving,
        "returning": returning or ReturnForm(auto_id="devolver_%s"),
        "commenting": commenting or CommentForm(passages=passages, auto_id="comentar_%s"),
        "remarks": _in_reading_order(remarks, list(passages)),
        "anchors": {one.anchor: key for key, one in passages.items() if one.anchor},
        "unresolved": sum(counts.values()),
        "may_resolve": person.has_perm(Perm.WRITE) or person.has_perm(Perm.APPROVE),
        "may_withdraw": services.may_withdraw(found, person),
        "may_submit": person.has_perm(Perm.WRITE) and found.state == Version.State.DRAFT,
        "hidden": [new_key()],
    }
    wrong = [
        form for form in (approving, returning, commenting) if form is not None and form.errors
    ]
    context["form"] = wrong[0] if wrong else None
    return render(request, "documents/review.html", context, status=422 if wrong else 200)


def _in_reading_order(remarks: list[Comment], keys: list[str]) -> list[Comment]:
    place = {key: at for at, key in enumerate(keys)}
    return sorted(remarks, key=lambda one: (bool(one.resolved_at), place.get(one.part, 99), one.pk))
