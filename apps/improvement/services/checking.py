"""Whether an action worked, judged by somebody else with its figures (CIC-16)."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.improvement import figures
from apps.improvement.models import Action, Check, Event, Finding
from apps.improvement.permissions import Perm
from apps.improvement.services import telling
from apps.improvement.services.acting import FOLLOW_UP_DAYS, check_refusal
from apps.improvement.services.analysing import forget_conclusion
from apps.improvement.services.records import locked, new_code, note, said


@transaction.atomic
def check(action: Action, *, outcome: str, conclusion: str, by: Person) -> Check:
    """Judge whether the action worked; «no eficaz» opens the action that follows it.

    Keeps the indicator's figures before and after as they are at this moment. The conclusion
    of the cause analysis does not hold after «no eficaz»: it is to be concluded anew. Raises
    PermissionDenied unless `by` may verify, RuleBroken if they did it themselves, the day has
    not come, it is not done, or the conclusion has under 20 characters.
    """
    require(by, Perm.VIEW, action)
    if action.checker_id != by.pk:
        require(by, Perm.CHECK)
    finding = locked(Finding(pk=action.finding_id))
    action = locked(action)
    if refusal := check_refusal(action, by, timezone.localdate()):
        raise RuleBroken(refusal)
    conclusion = said(conclusion, "conclusion")
    row = Check.objects.create(
        action=action,
        outcome=outcome,
        conclusion=conclusion,
        checked_by=by,
        **figures.kept(figures.before_and_after(action)),
    )
    worked = outcome == Check.Outcome.EFFECTIVE
    action.state = Action.State.EFFECTIVE if worked else Action.State.NOT_EFFECTIVE
    action.ended_at = timezone.now()
    action.save(update_fields=["state", "ended_at"])
    words = gettext("%(outcome)s. %(why)s") % {
        "outcome": row.get_outcome_display(),
        "why": conclusion,
    }
    note(Event.What.CHECKED, by, words, action=action)
    if not worked:
        _follow_up(action, finding, by)
    telling.action_checked(action, row, by)
    return row


def _follow_up(action: Action, finding: Finding, by: Person) -> Action:
    """The action that follows one that did not work: same people, a new day, to be begun."""
    if finding.analysed_at is not None:
        forget_conclusion(finding, by)
    title = gettext("Seguimiento de %(code)s: %(title)s") % {
        "code": action.code,
        "title": action.title,
    }
    following = Action.objects.create(
        code=new_code("A"),
        finding=finding,
        follows=action,
        kind=action.kind,
        title=Truncator(title).chars(200),
        aim=action.aim,
        owner=action.owner,
        checker=action.checker,
        unit=action.unit,
        classification=action.classification,
        due_on=timezone.localdate() + timedelta(days=FOLLOW_UP_DAYS),
        check_days=action.check_days,
        opened_by=by,
        indicator=action.indicator,
    )
    note(
        Event.What.OPENED,
        by,
        gettext("Porque %(code)s no fue eficaz.") % {"code": action.code},
        action=following,
        finding=finding,
    )
    telling.action_given(following, by)
    return following
