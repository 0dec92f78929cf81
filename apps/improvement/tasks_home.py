"""What waits for a person in improvement: actions, checks, findings, changes, practices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from django.db.models import CharField, DateField, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.core.registry import HomeTask, home_tasks
from apps.documents.permissions import Perm as DocumentPerm
from apps.improvement.models import Action, ActionStep, ChangeRequest, Finding, GoodPractice
from apps.improvement.permissions import Perm

AT_MOST = 40


def improvement_tasks(person: Person) -> Iterable[HomeTask]:
    """Everything of the room that waits for `person`, what is due first. One query."""
    parts = [_actions(person), _steps(person), _findings(person)]
    if person.has_perm(DocumentPerm.VIEW):
        parts.append(_changes(person))
    if person.has_perm(Perm.VALIDATE):
        parts.append(_practices(person))
    first, *others = parts
    rows = list(first.union(*others, all=True))
    rows.sort(key=lambda row: (row[4] or date.max, row[2]))
    for row in rows[:AT_MOST]:
        yield _task(*row)


def _plain(
    rows: QuerySet, thing: str, *, title: str, code: str, on: str | None, state: str = "state"
) -> QuerySet:
    """`rows` as tuples of thing, state, code, title and day, so that they can be joined."""
    day = Cast(F(on) if on else Value(None), DateField())
    return (
        rows.order_by()
        .annotate(
            thing=Value(thing, output_field=CharField()),
            told_state=Cast(F(state), CharField(max_length=20)),
            told_code=Cast(F(code), CharField(max_length=40)),
            told_title=Cast(F(title), CharField(max_length=200)),
            on=day,
        )
        .values_list("thing", "told_state", "told_code", "told_title", "on")
        .order_by("on", "told_code")[:AT_MOST]
    )


def _actions(person: Person) -> QuerySet:
    """To carry out, and to verify from today on; these are due when they may be verified."""
    today = timezone.localdate()
    mine = Q(owner=person.pk, state__in=["proposed", "in_progress"])
    to_check = Q(state="done", checker=person.pk, check_on__lte=today)
    rows = Action.objects.visible_to(person).filter(mine | to_check)
    return _plain(rows, "action", title="title", code="code", on="due_on")


def _steps(person: Person) -> QuerySet:
    """Steps of others' actions that fall to them."""
    under_way = Action.objects.visible_to(person).filter(state=Action.State.IN_PROGRESS)
    rows = ActionStep.objects.filter(
        person=person.pk, done_at=None, action__in=under_way.exclude(owner=person.pk).values("pk")
    )
    return _plain(
        rows, "step", title="text", code="action__code", on="due_on", state="action__state"
    )


def _findings(person: Person) -> QuerySet:
    """Open ones without action or change yet."""
    rows = Finding.objects.visible_to(person).still_open()
    rows = rows.filter(owner=person.pk, actions=None, changes=None)
    return _plain(rows, "finding", title="title", code="code", on=None)


def _changes(person: Person) -> QuerySet:
    """Asked of documents they own, to be decided or made."""
    rows = ChangeRequest.objects.visible_to(person)
    rows = rows.filter(document__owner=person.pk, finding__state="open")
    rows = rows.filter(Q(state="asked") | Q(state="accepted", version=None))
    return _plain(rows, "change", title="document__code", code="finding__code", on=None)


def _practices(person: Person) -> QuerySet:
    """To be validated by somebody who did not propose them."""
    rows = GoodPractice.objects.visible_to(person).filter(state__in=["proposed", "expired"])
    rows = rows.exclude(proposed_by=person.pk)
    return _plain(rows, "practice", title="title", code="code", on=None)


def _task(thing: str, state: str, code: str, title: str, on: date | None) -> HomeTask:
    names = {"code": code, "title": title}
    due_at = timezone.make_aware(datetime.combine(on, time(18))) if on else None
    if thing == "action":
        words, note = {
            "done": (_("Verificar %(code)s, %(title)s"), _("Diga si fue eficaz.")),
            "proposed": (_("Empezar %(code)s, %(title)s"), _("Está a su cargo.")),
        }.get(state, (_("Hacer %(code)s, %(title)s"), _("Cuente el avance o dela por hecha.")))
        url = reverse("improvement:action", args=[code])
        return HomeTask(words % names, note, url, "kanban", None if state == "done" else due_at)
    if thing == "step":
        url = f"{reverse('improvement:action', args=[code])}#pasos"
        note = _("Es un paso de %(code)s.") % names
        return HomeTask(title, note, url, "kanban", due_at)
    if thing == "finding":
        words, note = _("Tratar %(code)s, %(title)s"), _("Analice por qué pasó y abra una acción.")
    elif thing == "practice":
        words = _("Validar %(code)s, %(title)s")
        note = _("Venció: necesita evidencia reciente.") if state == "expired" else _("Es nueva.")
        url = reverse("improvement:practice", args=[code])
        return HomeTask(words % names, note, url, "lightbulb")
    else:
        asked = state == ChangeRequest.State.ASKED
        words = _("Decidir el cambio de %(title)s") if asked else _("Cambiar %(title)s")
        note = _("Lo pide el hallazgo %(code)s.") % names
        url = f"{reverse('improvement:finding', args=[code])}#cambios"
        return HomeTask(words % names, note, url, "file-earmark-diff")
    return HomeTask(words % names, note, reverse("improvement:finding", args=[code]), "search")


home_tasks.add("improvement", improvement_tasks)
