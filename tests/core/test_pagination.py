"""Keyset pages: complete, in order, stable, whatever the mark says."""

import pytest
from django.test import RequestFactory

from apps.accounts.models import Unit
from apps.core.pagination import paginate

pytestmark = pytest.mark.django_db


def walk(url: str, *, order, size=7):
    return paginate(Unit.objects.all(), RequestFactory().get("/" + url), order=order, size=size)


@pytest.fixture
def units():
    return [Unit.objects.create(code=f"U{n:02}", name=f"Unidad {n % 3}") for n in range(25)]


@pytest.mark.parametrize("order", [("name", "id"), ("-name", "-id"), ("id",), ("-order", "-id")])
def test_pages_show_every_row_once_forwards_and_backwards(units, order):
    page = walk("", order=order)
    assert page.previous_url is None
    seen, pages = list(page.rows), [page]
    while page.next_url:
        page = walk(page.next_url, order=order)
        seen += page.rows
        pages.append(page)
    expected = list(Unit.objects.order_by(*order))
    assert seen == expected
    back = []
    while page.previous_url:
        page = walk(page.previous_url, order=order)
        back.append(page.rows)
    assert back[-1] == expected[:7]
    assert len(back) == len(pages) - 1


def test_an_altered_or_foreign_mark_shows_the_first_page(units):
    first = walk("", order=("name", "id"))
    assert walk(first.next_url + "x", order=("name", "id")).rows == first.rows
    assert (
        walk(first.next_url, order=("-name", "-id")).rows == walk("", order=("-name", "-id")).rows
    )


def test_a_page_costs_two_queries_however_deep(units, django_assert_num_queries):
    page = walk("", order=("name", "id"))
    with django_assert_num_queries(2):
        walk(page.next_url, order=("name", "id"))


def test_the_comparison_is_a_row_value_so_the_index_serves_it(units):
    page = walk("", order=("name", "id"))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as captured:
        walk(page.next_url, order=("name", "id"))
    assert any(
        'ROW("accounts_unit"."name", "accounts_unit"."id") > ROW(' in q["sql"] for q in captured
    )
