"""Why it happened: whys, the picture of causes, the conclusion; and the kinds of causes."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.views.common import Edit, submitted
from apps.core.access import requires
from apps.improvement import fishbone, selectors, services
from apps.improvement.forms.writing import AnalysisForm, CauseForm, CauseKindForm
from apps.improvement.models import Cause, CauseKind, Finding
from apps.improvement.permissions import Perm
from apps.improvement.views.common import (
    acted,
    crumbs,
    finding_crumbs,
    finding_for,
    new_key,
    page_with_form,
    sections,
)


@requires(Perm.VIEW)
def analysis(request: HttpRequest, code: str) -> HttpResponse:
    """The whys of a finding, as a list and as a picture; adding one."""
    finding = finding_for(request, code)
    may_change = (
        services.treats(finding, request.user) and finding.is_open and finding.analysed_at is None
    )
    form = None
    if may_change:
        above = request.GET.get("de", "")
        form = CauseForm.of(
            request,
            initial={"why_of": int(above) if above.isdecimal() and len(above) < 19 else None},
            finding=finding,
        )
        here = _here(finding)

        def do(**data: Any) -> str:
            services.add_cause(finding, **data, by=request.user)
            return f"{here}#porques"

        answer = submitted(request, form, do, done=_("Quedó añadido el porqué."))
        if answer:
            return answer
    whys = selectors.whys_of(finding)
    branches = selectors.by_branch(whys)
    everything = selectors.flat(whys)
    context = {
        "crumbs": finding_crumbs(finding, (_("Análisis de causas"), "")),
        "finding": finding,
        "whys": whys,
        "branches": [(name, found) for _key, name, found in branches],
        "picture": fishbone.draw(finding.title, branches) if everything else None,
        "total": len(everything),
        "roots": [why for why in everything if why.cause.is_root],
        "form": form,
        "may_change": may_change,
        "may_reopen": services.treats(finding, request.user)
        and finding.is_open
        and finding.analysed_at is not None,
        "hidden": new_key(),
    }
    status = 422 if form is not None and form.is_bound and form.errors else 200
    return render(request, "improvement/analysis.html", context, status=status)


@requires(Perm.VIEW, methods=("POST",))
def cause_root(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say that a reason is a root cause, or no longer."""
    finding = finding_for(request, code)
    cause = get_object_or_404(Cause, pk=pk, finding=finding)
    is_root = request.POST.get("raiz") == "1"
    return acted(
        request,
        lambda: services.mark_root(cause, is_root=is_root, by=request.user),
        url=f"{_here(finding)}#porques",
        said=_("Quedó como causa raíz.") if is_root else _("Ya no es causa raíz."),
    )


@requires(Perm.VIEW, methods=("POST",))
def cause_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a reason away, with those below it."""
    finding = finding_for(request, code)
    cause = get_object_or_404(Cause, pk=pk, finding=finding)
    return acted(
        request,
        lambda: services.remove_cause(cause, by=request.user),
        url=f"{_here(finding)}#porques",
        said=_("Quedó quitado."),
    )


@requires(Perm.VIEW)
def conclude(request: HttpRequest, code: str) -> HttpResponse:
    """Say in words what causes it. Who does not answer for the finding sees 404."""
    finding = finding_for(request, code)
    if not services.treats(finding, request.user):
        raise Http404
    roots = list(finding.causes.filter(is_root=True))
    suggestion = finding.root_cause or ". ".join(cause.text for cause in roots)
    form = AnalysisForm.of(request, initial={"root_cause": suggestion})

    def do(**data: Any) -> str:
        services.conclude_analysis(finding, **data, by=request.user)
        return finding.get_absolute_url()

    answer = submitted(request, form, do, done=_("El análisis quedó concluido."))
    return answer or page_with_form(
        request,
        form,
        heading=_("Concluir el análisis de %(code)s") % {"code": finding.code},
        lead=finding.title,
        lacks=[] if roots else [_("Marque antes al menos una causa como causa raíz.")],
        action=_("Concluir el análisis"),
        cancel_url=_here(finding),
        where=finding_crumbs(finding, (_("Análisis de causas"), _here(finding))),
    )


@requires(Perm.VIEW, methods=("POST",))
def reopen(request: HttpRequest, code: str) -> HttpResponse:
    """Look for the causes again."""
    finding = finding_for(request, code)
    return acted(
        request,
        lambda: services.reopen_analysis(finding, by=request.user),
        url=_here(finding),
        said=_("El análisis está abierto otra vez."),
    )


@requires(Perm.CONFIGURE)
def kinds(request: HttpRequest) -> HttpResponse:
    """The list of kinds of causes, by branch."""
    branches: dict[str, list[CauseKind]] = {str(branch.label): [] for branch in CauseKind.Branch}
    for kind in CauseKind.objects.all():
        branches[str(kind.get_branch_display())].append(kind)
    context = {
        "sections": sections(request, "causes"),
        "crumbs": crumbs((_("Clases de causas"), "")),
        "branches": list(branches.items()),
    }
    return render(request, "improvement/causes.html", context)


@requires(Perm.CONFIGURE)
def kind_new(request: HttpRequest) -> HttpResponse:
    """Add a kind of cause."""
    return _kind(request, None, heading=_("Añadir una clase de causa"))


@requires(Perm.CONFIGURE)
def kind_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a kind of cause, or offer it no more."""
    kind = get_object_or_404(CauseKind, pk=pk)
    return _kind(request, kind, heading=_("Cambiar «%(title)s»") % {"title": kind.title})


def _kind(request: HttpRequest, kind: CauseKind | None, *, heading: str) -> HttpResponse:
    back = reverse("improvement:causes")
    edit = Edit(kind, services.CAUSE_FIELDS) if kind else None
    initial = (
        {name: getattr(kind, name) for name in services.CAUSE_FIELDS} | {"expected": edit.state}
        if kind
        else {}
    )
    form = CauseKindForm.of(request, initial=initial)

    def do(**data: Any) -> str:
        services.save_cause_kind(kind, **data, by=request.user)
        return back

    answer = submitted(request, form, do, done=_("Quedó guardada."), edit=edit)
    return answer or page_with_form(
        request,
        form,
        heading=heading,
        lead=_("Sirve para agrupar causas y ver cuáles se repiten."),
        action=_("Guardar"),
        cancel_url=back,
        where=crumbs((_("Clases de causas"), back)),
        **(edit.told() if edit else {}),
    )


def _here(finding: Finding) -> str:
    return reverse("improvement:analysis", args=[finding.code])
