from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path


@login_required
def table(request: HttpRequest) -> HttpResponse:
    """Thirty rows after a key, in the order of a unique index."""
    rows = Group.objects.filter(name__gt="fila-00500").order_by("name")[:30]
    return render(request, "table.html", {"rows": rows})


urlpatterns = [path("", table)]
