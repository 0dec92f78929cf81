"""A person's private calendar address: making and ending it, and what it answers (M14)."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import mails
from apps.accounts.views.common import confirmed
from apps.core.access import customer_token, requires
from apps.core.forms import HouseForm, once
from apps.core.ratelimit import client_address, consume
from apps.core.views.errors import too_many
from apps.documents import review_calendar as calendars
from apps.documents import services
from apps.documents.permissions import Perm
from apps.documents.views.reviews_common import crumbs

WINDOW_SECONDS = 600
# Calendar programs ask a few times an hour; several people may share one address.
ASKED_FROM_ONE_PLACE = 300
ASKED_OF_ONE_FEED = 60
EVERYTHING = "todas"


class NewFeedForm(HouseForm):
    """Nothing to fill in: it only carries its key."""


@requires(Perm.VIEW)
def feed(request: HttpRequest) -> HttpResponse:
    """Whether the person has an address, and a button for a new one, shown once."""
    form = NewFeedForm.of(request)
    address = ""
    if request.method == "POST" and form.is_valid():
        with once(request) as ticket:
            if not ticket.answer:
                ticket.answer = reverse("reviews:feed")
                _feed, token = services.create_feed(by=request.user)
                address = mails.address_of(reverse("reviews:ical", args=[token]))
        if not address:
            messages.info(request, _("Esa dirección ya se mostró. Si no la copió, cree otra."))
            return redirect("reviews:feed")
    context = {
        "crumbs": crumbs((_("Mi calendario"), "")),
        "form": form,
        "live": services.live_feed(request.user),
        "address": address,
        "address_of_all": f"{address}?{EVERYTHING}=1" if address else "",
    }
    return render(request, "documents/reviews/feed.html", context)


@requires(Perm.VIEW)
def feed_revoke(request: HttpRequest) -> HttpResponse:
    """End the address."""
    return confirmed(
        request,
        lambda: services.revoke_feed(by=request.user),
        heading=_("Anular la dirección de mi calendario"),
        what=_("La dirección deja de funcionar enseguida."),
        consequences=[
            _("Su programa de calendario no recibirá más cambios."),
            _("Puede crear otra cuando quiera; será distinta."),
        ],
        action=_("Anular dirección"),
        danger=True,
        back=reverse("reviews:feed"),
        done=_("La dirección quedó anulada."),
        where=crumbs((_("Mi calendario"), reverse("reviews:feed"))),
    )


@customer_token(methods=("GET", "HEAD"))
def ical(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind a private address, without a session.

    What is unknown, ended or of somebody who may not enter any more is 404, all alike.
    """
    place = client_address(request)
    if not consume(
        "calendar-place", place, amount=ASKED_FROM_ONE_PLACE, seconds=WINDOW_SECONDS
    ) or not consume("calendar-feed", token, amount=ASKED_OF_ONE_FEED, seconds=WINDOW_SECONDS):
        return too_many(request, WINDOW_SECONDS)
    now = timezone.now()
    person = services.feed_owner(token, now)
    if person is None:
        raise Http404
    content = calendars.ical_of(
        person, now, everything=EVERYTHING in request.GET, base=mails.address_of("").rstrip("/")
    )
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="revisiones.ics"',
            "Cache-Control": "private, no-store",
            "Referrer-Policy": "no-referrer",
        },
    )
