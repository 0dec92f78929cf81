"""The thread of a finding: origin, cause, action, document, reading, figures; both ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import origins
from apps.documents.models import Version
from apps.improvement import figures, services
from apps.improvement.models import Action, Check, Finding


@dataclass
class Knot:
    """One thing on the thread. `back` and `onward` name what it comes from and leads to."""

    title: str
    url: str = ""
    state: str = ""
    tone: str = ""
    icon: str = "dot"
    note: str = ""
    is_here: bool = False
    back: list[tuple[str, str]] = field(default_factory=list)
    onward: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Stage:
    """A stretch of the thread with its things; `empty` says what is still to come."""

    title: str
    icon: str
    knots: list[Knot]
    empty: str = ""


TONES = {
    Action.State.EFFECTIVE: "ok",
    Action.State.NOT_EFFECTIVE: "danger",
    Action.State.DONE: "warn",
    Action.State.IN_PROGRESS: "brand",
}


def thread_of(finding: Finding, actor: Any, *, at: Action | None = None) -> list[Stage]:
    """Every stage of the thread of `finding`, as far as `actor` may see it; `at` is marked."""
    me = (finding.code, finding.get_absolute_url())
    actions = list(
        Action.objects.visible_to(actor)
        .filter(finding=finding)
        .select_related("owner", "follows", "indicator__current", "check_made__checked_by")
        .order_by("pk")
    )
    changes = list(
        finding.changes.visible_to(actor)
        .select_related("document", "version")
        .defer("version__body", "version__justification")
        .prefetch_related("version__reach")
        .order_by("pk")
    )
    to_actions = [(action.code, action.get_absolute_url()) for action in actions]
    to_changes = [(change.document.code, change.document.get_absolute_url()) for change in changes]
    return [
        Stage(_("Origen"), "box-arrow-in-right", [_origin(finding, actor, me)]),
        Stage(
            _("Hallazgo"),
            "search",
            [
                Knot(
                    title=str(finding),
                    url=me[1],
                    state=finding.get_state_display(),
                    tone={"open": "brand", "closed": "ok"}.get(finding.state, ""),
                    note=finding.conclusion or finding.get_kind_display(),
                    is_here=at is None,
                    onward=[*to_actions, *to_changes],
                )
            ],
        ),
        Stage(
            _("Causa"),
            "diagram-2",
            _causes(finding, me, to_actions),
            _("Todavía no se ha concluido por qué pasó."),
        ),
        Stage(
            _("Acciones"),
            "kanban",
            [_action(action, actions, me, at) for action in actions],
            _("Todavía no hay acciones."),
        ),
        Stage(
            _("Documentos"),
            "file-earmark-diff",
            [_change(change, me) for change in changes],
            _("No se ha pedido cambiar ningún documento."),
        ),
        Stage(
            _("Lectura"),
            "check2-square",
            [knot for change in changes if (knot := _reading(change))],
            _("Todavía no hay una versión nueva que leer."),
        ),
        Stage(
            _("Indicador, antes y después"),
            "graph-up",
            [knot for action in actions if (knot := _figures(action, actor))],
            _("Ninguna acción dice qué indicador debe moverse."),
        ),
        *_came(finding, actions, actor),
    ]


def _origin(finding: Finding, actor: Any, me: tuple[str, str]) -> Knot:
    place = origins.place(actor, finding.origin_kind, finding.origin_key)
    if place is not None:
        return Knot(
            title=place.title, url=place.url, icon=place.icon, note=place.label, onward=[me]
        )
    if finding.origin_kind:
        label = origins.label_of(finding.origin_kind) or _("Otra parte del portal")
        return Knot(
            title=label, note=_("Usted no puede verlo, o ya no existe."), icon="lock", onward=[me]
        )
    who = finding.reported_by or _("El portal")
    on = date_format(finding.found_on, "j \\d\\e F \\d\\e Y")
    return Knot(title=_("Lo vio %(who)s") % {"who": who}, icon="person", note=on, onward=[me])


def _causes(finding: Finding, me: tuple[str, str], onward: list[tuple[str, str]]) -> list[Knot]:
    if not finding.root_cause:
        return []
    return [
        Knot(
            title=finding.root_cause,
            url=reverse("improvement:analysis", args=[finding.code]),
            icon="diagram-2",
            state=_("Concluido") if finding.analysed_at else _("Se está revisando"),
            tone="ok" if finding.analysed_at else "warn",
            back=[me],
            onward=onward,
        )
    ]


def _action(action: Action, others: list[Action], me: tuple[str, str], at: Action | None) -> Knot:
    check = getattr(action, "check_made", None)
    back = [me]
    if action.follows is not None:
        back.append((action.follows.code, action.follows.get_absolute_url()))
    return Knot(
        title=str(action),
        url=action.get_absolute_url(),
        icon="kanban",
        state=action.get_state_display(),
        tone=TONES.get(action.state, ""),
        note=_checked(check)
        if check
        else _("%(who)s, vence el %(on)s")
        % {"who": action.owner, "on": date_format(action.due_on, "j b Y")},
        is_here=at is not None and at.pk == action.pk,
        back=back,
        onward=[
            (other.code, other.get_absolute_url())
            for other in others
            if other.follows_id == action.pk
        ],
    )


def _checked(check: Check) -> str:
    return _("%(who)s, %(on)s: %(why)s") % {
        "who": check.checked_by,
        "on": date_format(check.checked_at, "j b Y"),
        "why": check.conclusion,
    }


def _change(change: Any, me: tuple[str, str]) -> Knot:
    version = change.version
    title = str(change.document)
    if version is not None:
        title = _("%(document)s, versión %(n)s") % {"document": title, "n": version.number}
    state = version.get_state_display() if version else change.get_state_display()
    rules = version is not None and version.state in (
        Version.State.IN_FORCE,
        Version.State.SUPERSEDED,
    )
    return Knot(
        title=title,
        url=version.get_absolute_url() if version else change.document.get_absolute_url(),
        icon="file-earmark-diff",
        state=state,
        tone="ok" if rules else "warn",
        note=change.text,
        back=[me],
    )


def _reading(change: Any) -> Knot | None:
    if change.version is None:
        return None
    lacks = services.lacks(change)
    reading = services.reading_of(change)
    if reading.percent is not None:
        title = ngettext(
            "%(accepted)s de %(n)s persona leyó y aceptó %(code)s",
            "%(accepted)s de %(n)s personas leyeron y aceptaron %(code)s",
            reading.asked,
        ) % {"accepted": reading.accepted, "n": reading.asked, "code": change.document.code}
    else:
        title = _("Nadie ha tenido que leer %(code)s todavía") % {"code": change.document.code}
    return Knot(
        title=title,
        icon="check2-square",
        state=_("Suficiente") if not lacks else _("Falta"),
        tone="ok" if not lacks else "warn",
        note=lacks or _("Hacía falta el %(n)s %%.") % {"n": change.read_by},
        back=[(change.document.code, change.document.get_absolute_url())],
    )


def _figures(action: Action, actor: Any) -> Knot | None:
    told = figures.told(action, actor)
    if told is None:
        return None
    title = str(told.indicator)
    note = told.sentence
    if told.before and told.after:
        note = _("De %(before)s a %(after)s. %(said)s") % {
            "before": told.before,
            "after": told.after,
            "said": told.sentence,
        }
    return Knot(
        title=title,
        url=told.indicator.get_absolute_url(),
        icon="graph-up",
        note=note,
        back=[(action.code, action.get_absolute_url())],
    )


def _came(finding: Finding, actions: list[Action], actor: Any) -> list[Stage]:
    """What came of it beyond: practices, and things of other rooms that name it."""
    knots = [
        Knot(
            title=str(practice),
            url=practice.get_absolute_url(),
            icon="lightbulb",
            state=practice.get_state_display(),
            back=[(finding.code, finding.get_absolute_url())],
        )
        for practice in finding.practices.visible_to(actor).order_by("pk")
    ]
    wanted = [("finding", finding), *(("action", action) for action in actions)]
    for kind, row in wanted:
        knots += [
            Knot(
                title=mention.title,
                url=mention.url,
                icon=mention.icon,
                note=mention.note,
                back=[(row.code, row.get_absolute_url())],
            )
            for mention in origins.mentions_of(actor, kind, row.pk)
        ]
    return [Stage(_("Lo que siguió"), "arrow-right-circle", knots)] if knots else []
