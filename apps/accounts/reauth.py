"""Dangerous acts ask first that the person confirm who they are (S17, C20)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.core import kept

View = Callable[..., HttpResponse]


def recently_confirmed(view: View) -> View:
    """Ask for password, code or passkey unless that was done in the last 15 minutes.

    Goes under the access decorator. What a form had posted is kept and comes back with it.
    """

    @wraps(view)
    def confirmed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if did_recently_reauthenticate(request):
            return view(request, *args, **kwargs)
        back, request.keeps_text = request.get_full_path(), True
        if request.method == "POST":
            back = kept.page_of(request)
            if row := kept.keep(request.user, back, request.POST):
                kept.remember(request, [back])
                back = f"{back}?{urlencode({kept.QUERY: row.pk})}"
        url = f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)

    return confirmed
