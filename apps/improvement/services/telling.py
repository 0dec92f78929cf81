"""Who is told what, in the transaction of what happened. Nobody is told of their own doing."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.documents.permissions import Perm as DocumentPerm
from apps.improvement.models import Action, ChangeRequest, Check, Finding, GoodPractice
from apps.improvement.permissions import Perm
from apps.notifications.services import notify


def _others(people: Iterable[int | None], by: Person | None):
    keys = {pk for pk in people if pk is not None} - {by.pk if by else None}
    return Person.objects.filter(pk__in=keys)


def finding_given(finding: Finding, by: Person | None) -> None:
    """Who answers for the finding from now on."""
    notify(
        "finding_assigned",
        to=_others([finding.owner_id], by),
        key=f"finding:{finding.pk}:{finding.owner_id}",
        title=_("Le toca el hallazgo %(code)s, %(title)s")
        % {"code": finding.code, "title": finding.title},
        url=finding.get_absolute_url(),
    )


def finding_ended(finding: Finding, by: Person) -> None:
    """Who reported it learns what came of it."""
    notify(
        "finding_ended",
        to=_others([finding.reported_by_id, finding.owner_id], by),
        key=f"finding-ended:{finding.pk}",
        title=_("%(code)s, %(title)s: %(state)s")
        % {
            "code": finding.code,
            "title": finding.title,
            "state": finding.get_state_display().lower(),
        },
        text=finding.conclusion,
        url=finding.get_absolute_url(),
    )


def action_given(action: Action, by: Person | None) -> None:
    """Who carries the action out from now on."""
    notify(
        "action_assigned",
        to=_others([action.owner_id], by),
        key=f"action:{action.pk}:{action.owner_id}",
        title=_("Le toca la acción %(code)s, %(title)s")
        % {"code": action.code, "title": action.title},
        text=_("Vence el %(on)s.") % {"on": date_format(action.due_on)},
        url=action.get_absolute_url(),
    )


def check_coming(action: Action, by: Person) -> None:
    """Who verifies it learns from when."""
    notify(
        "check_asked",
        to=_others([action.checker_id], by),
        key=f"check:{action.pk}:{action.check_on.isoformat()}",
        title=_("Le toca verificar %(code)s, %(title)s")
        % {"code": action.code, "title": action.title},
        text=_("Desde el %(on)s: antes no se ve si funcionó.")
        % {"on": date_format(action.check_on)},
        url=action.get_absolute_url(),
    )


def action_returned(action: Action, by: Person, reason: str) -> None:
    """Its owner is told what is missing."""
    notify(
        "action_checked",
        to=_others([action.owner_id], by),
        key=f"action-returned:{action.pk}:{action.events.count()}",
        title=_("Le devolvieron %(code)s, %(title)s")
        % {"code": action.code, "title": action.title},
        text=reason,
        url=action.get_absolute_url(),
    )


def action_checked(action: Action, check: Check, by: Person) -> None:
    """Owner, and who answers for the finding, learn whether it worked."""
    notify(
        "action_checked",
        to=_others([action.owner_id, action.finding.owner_id, action.opened_by_id], by),
        key=f"action-checked:{action.pk}",
        title=_("%(code)s, %(title)s: %(outcome)s")
        % {
            "code": action.code,
            "title": action.title,
            "outcome": check.get_outcome_display().lower(),
        },
        text=check.conclusion,
        url=action.get_absolute_url(),
    )


def action_cancelled(action: Action, by: Person) -> None:
    """Its owner need not go on."""
    notify(
        "action_checked",
        to=_others([action.owner_id], by),
        key=f"action-cancelled:{action.pk}",
        title=_("Se canceló %(code)s, %(title)s") % {"code": action.code, "title": action.title},
        text=action.cancel_reason,
        url=action.get_absolute_url(),
    )


def change_asked(change: ChangeRequest, by: Person) -> None:
    """Who answers for the document is asked."""
    notify(
        "change_asked",
        to=_others([change.document.owner_id], by),
        key=f"change:{change.pk}",
        title=_("Piden cambiar %(code)s, %(title)s")
        % {"code": change.document.code, "title": change.document.title},
        url=f"{change.finding.get_absolute_url()}#cambios",
    )


def change_decided(change: ChangeRequest, by: Person) -> None:
    """Who asked for it, and who answers for the finding."""
    notify(
        "change_asked",
        to=_others([change.asked_by_id, change.finding.owner_id], by),
        key=f"change-decided:{change.pk}",
        title=_("%(code)s: el cambio que pidió está %(state)s")
        % {"code": change.document.code, "state": change.get_state_display().lower()},
        text=change.decision,
        url=f"{change.finding.get_absolute_url()}#cambios",
    )


def version_rules(change: ChangeRequest) -> None:
    """A new version of the document rules: whoever decides says whether it makes the change."""
    people = {change.document.owner_id, change.decided_by_id}
    governing = Person.objects.holding(DocumentPerm.GOVERN).filter(pk__in=people)
    notify(
        "change_asked",
        to=Person.objects.filter(pk=change.document.owner_id) | governing,
        key=f"change-rules:{change.pk}:{change.document.current_id}",
        title=_("%(code)s tiene versión nueva: diga si hace el cambio de %(finding)s")
        % {"code": change.document.code, "finding": change.finding.code},
        url=f"{change.finding.get_absolute_url()}#cambios",
    )


def practice_proposed(practice: GoodPractice, by: Person) -> None:
    """Those who validate."""
    notify(
        "practice_moved",
        to=Person.objects.holding(Perm.VALIDATE).exclude(pk=by.pk),
        key=f"practice:{practice.pk}:proposed",
        title=_("Proponen la buena práctica %(code)s, %(title)s")
        % {"code": practice.code, "title": practice.title},
        url=practice.get_absolute_url(),
    )


def practice_moved(practice: GoodPractice, by: Person) -> None:
    """Who proposed it."""
    notify(
        "practice_moved",
        to=_others([practice.proposed_by_id], by),
        key=f"practice:{practice.pk}:{practice.state}:{practice.valid_until}",
        title=_("%(code)s, %(title)s: %(state)s")
        % {
            "code": practice.code,
            "title": practice.title,
            "state": practice.get_state_display().lower(),
        },
        url=practice.get_absolute_url(),
    )


def practice_expired(practice: GoodPractice) -> None:
    """Who proposed it and who validated it: it needs new evidence."""
    notify(
        "practice_moved",
        to=_others([practice.proposed_by_id, practice.validated_by_id], None),
        key=f"practice:{practice.pk}:expired:{practice.valid_until}",
        title=_("Venció la buena práctica %(code)s, %(title)s")
        % {"code": practice.code, "title": practice.title},
        text=_("Valídela de nuevo con evidencia reciente, o retírela."),
        url=practice.get_absolute_url(),
    )
