"""One's own notices: the list, opening one, marking as read, what comes by mail."""

from __future__ import annotations

from itertools import groupby
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.views.common import chips_of, submitted
from apps.core.access import SAFE_METHODS, signed_in
from apps.core.pagination import paginate
from apps.notifications import services
from apps.notifications.forms import NoticeFilter, PreferencesForm, SeenForm
from apps.notifications.kinds import NoticeKind, kinds
from apps.notifications.models import Notice
from apps.notifications.views.common import tabs

UNREAD_FIRST = ("-is_unread", "-created_at", "-id")
FILTERS = ("unread", "kind")
FORGOTTEN = NoticeKind(title="")


@signed_in(methods=SAFE_METHODS)
def notices(request: HttpRequest) -> HttpResponse:
    """One's notices, unread first, then the newest, a page at a time."""
    mine = Notice.objects.visible_to(request.user)
    filtered = NoticeFilter(request.GET, queryset=mine, request=request)
    page = paginate(filtered.qs, request, order=UNREAD_FIRST, with_count=False)
    rows = [(notice, _kind_of(notice)) for notice in page.rows]
    context = {
        "tabs": tabs(request, "notices"),
        "form": filtered.form,
        "chips": chips_of(request, filtered.form),
        "page": page,
        "groups": [
            (is_unread, list(group))
            for is_unread, group in groupby(rows, lambda row: row[0].is_unread)
        ],
        "now": timezone.now(),
        "filters": [(name, value) for name, value in request.GET.items() if name in FILTERS],
        "has_unread": request.user.unread_notices > 0,
    }
    return render(request, "notifications/notices.html", context)


@signed_in(methods=SAFE_METHODS)
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and go to what it tells of."""
    found = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    # SECURITY: the database holds the same; an open redirect needs both to fail.
    if not url_has_allowed_host_and_scheme(found.url, allowed_hosts=None):
        raise Http404
    if request.method == "GET":
        services.mark_read(found, by=request.user)
    return redirect(found.url)


@signed_in(methods=("POST",))
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notice as read and stay in the list."""
    found = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    services.mark_read(found, by=request.user)
    return redirect(_list_address(request))


@signed_in(methods=("POST",))
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark as read every notice there was when the page was drawn."""
    seen = SeenForm(request.POST)
    if seen.is_valid():
        count = services.mark_all_read(until=seen.cleaned_data["until"], by=request.user)
        text = ngettext(
            "Marcó %(count)s aviso como leído.", "Marcó %(count)s avisos como leídos.", count
        )
        messages.success(request, text % {"count": count})
    return redirect(_list_address(request))


@signed_in
def preferences(request: HttpRequest) -> HttpResponse:
    """When each kind of notice also comes by mail."""
    form = PreferencesForm.of(request, person=request.user)

    def do(choices: dict[str, str]) -> str:
        services.choose_mail(choices, by=request.user)
        return reverse("notifications:preferences")

    answer = submitted(request, form, do, done=_("Sus preferencias quedaron guardadas."))
    if answer:
        return answer
    context = {"tabs": tabs(request, "preferences"), "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "notifications/preferences.html", context, status=status)


def _kind_of(notice: Notice) -> NoticeKind:
    return kinds.get(notice.kind) if notice.kind in kinds else FORGOTTEN


def _list_address(request: HttpRequest) -> str:
    """The list, with the filters the person came from."""
    came_from = NoticeFilter(request.POST, queryset=Notice.objects.none())
    query = urlencode({name: request.POST[name] for name in FILTERS if request.POST.get(name)})
    address = reverse("notifications:notices")
    return f"{address}?{query}" if query and came_from.form.is_valid() else address
