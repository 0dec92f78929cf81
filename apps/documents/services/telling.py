"""The notices of the document engine: who is told what, once."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import Absence, Person
from apps.documents.models import Approval, Comment, Document, Version
from apps.documents.turns import writers_of
from apps.notifications.services import notify


def name_of(version: Version) -> dict[str, str | int]:
    """Words that name `version` in a notice."""
    return {
        "code": version.document.code,
        "title": version.title,
        "n": version.number,
    }


def review_url(version: Version) -> str:
    """Where `version` is read and decided on."""
    return reverse("documents:review", args=[version.document.code, version.number])


def tell_turn(version: Version, rows: Iterable[Approval]) -> None:
    """Ask those whose turn it is, and whoever stands in for them today."""
    wrote = writers_of(version)
    today = timezone.localdate()
    for row in rows:
        away = Absence.objects.current(today).filter(person=row.person_id)
        substitutes = [one.substitute for one in away.select_related("substitute")]
        notify(
            "approval_asked",
            to=[person for person in (row.person, *substitutes) if person.pk not in wrote],
            key=f"approval-asked:{row.pk}",
            title=_("Le toca aprobar %(code)s, %(title)s (versión %(n)s)") % name_of(version),
            url=review_url(version),
        )


def tell_writers(version: Version, what: str, *, key: str, besides: Person) -> None:
    """Tell author and editors of `version`, and its owner once it is public; not `besides`."""
    people = writers_of(version)
    if not version.is_open:
        people.add(version.document.owner_id)
    notify(
        "version_decided",
        to=Person.objects.filter(pk__in=people - {besides.pk}),
        key=key,
        title=what % name_of(version),
        url=review_url(version) if version.is_open else version.get_absolute_url(),
    )


def tell_approved(version: Version, *, by: Person) -> None:
    """Its writers and owner learn that it was approved, and from when it rules."""
    what = _("Se aprobó %(code)s, %(title)s (versión %(n)s)")
    if version.effective_on > timezone.localdate():
        day = date_format(version.effective_on)
        what = _("%(what)s: rige desde el %(day)s") % {"what": what, "day": day}
    tell_writers(version, what, key=f"approved:{version.pk}", besides=by)


def tell_returned(version: Version, row: Approval) -> None:
    """Its writers learn that somebody asked for changes."""
    what = _("Le piden cambios en %(code)s, %(title)s (versión %(n)s)")
    tell_writers(version, what, key=f"returned:{row.pk}", besides=row.decided_by)


def tell_voided(version: Version, rows: Iterable[Approval]) -> None:
    """Those who had said yes learn that the text changed since."""
    for row in rows:
        if row.decision == Approval.Decision.APPROVED:
            notify(
                "approval_voided",
                to=[row.person, row.decided_by],
                key=f"approval-voided:{row.pk}",
                title=_("Cambió el texto que usted aprobó: %(code)s, versión %(n)s")
                % name_of(version),
                url=review_url(version),
            )


def tell_in_force(version: Version) -> None:
    """Author and owner learn that the day of a scheduled version came."""
    notify(
        "document_changed_state",
        to=Person.objects.filter(pk__in=[version.author_id, version.document.owner_id]),
        key=f"in-force:{version.pk}",
        title=_("Entró en vigor %(code)s, %(title)s (versión %(n)s)") % name_of(version),
        url=version.get_absolute_url(),
    )


def tell_ended(document: Document, what: str, *, key: str, people: set[int], by: Person) -> None:
    """Those concerned learn that a document was retired or a version cancelled."""
    notify(
        "document_changed_state",
        to=Person.objects.filter(pk__in=people - {by.pk}),
        key=key,
        title=what,
        url=document.get_absolute_url(),
    )


def ask_ratification(version: Version, people: Iterable[Person]) -> None:
    """Ask others to stand by what was published without approval."""
    notify(
        "ratification_asked",
        to=people,
        key=f"ratify:{version.pk}",
        title=_("Se publicó de emergencia %(code)s, %(title)s (versión %(n)s): ratifíquela")
        % name_of(version),
        url=version.get_absolute_url(),
    )


def tell_objection(version: Version, back: Version | None) -> None:
    """Who wrote or published it, and its owner, learn that nobody else stands by it."""
    people = writers_of(version) | {version.approver_id, version.document.owner_id}
    text = version.objection
    if back is not None:
        text = _("%(why)s Vuelve a regir lo que decía la versión %(n)s.") % {
            "why": version.objection,
            "n": back.restored_from.number,
        }
    notify(
        "version_decided",
        to=Person.objects.filter(pk__in=people - {version.objected_by_id}),
        key=f"not-ratified:{version.pk}",
        title=_("No se ratificó %(code)s, %(title)s (versión %(n)s)") % name_of(version),
        text=text,
        url=version.get_absolute_url(),
    )


def tell_comment(comment: Comment) -> None:
    """Writers learn of a remark; those of its thread, of an answer."""
    version = comment.version
    people = writers_of(version)
    if comment.answers_id:
        thread = Comment.objects.filter(answers=comment.answers_id)
        people |= {comment.answers.author_id, *thread.values_list("author_id", flat=True)}
    notify(
        "review_comment",
        to=Person.objects.filter(pk__in=people - {comment.author_id}),
        key=f"comment:{comment.pk}",
        title=_("Comentario nuevo en %(code)s, versión %(n)s") % name_of(version),
        url=f"{review_url(version)}#comentario-{comment.pk}",
    )
