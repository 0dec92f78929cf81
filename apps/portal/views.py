from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.access import public, signed_in


@public
def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/landing.html")


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/home.html")


@signed_in
def search(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/search.html")
