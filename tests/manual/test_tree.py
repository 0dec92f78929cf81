"""The manual's tree: adding, renaming, moving, by service and by page (M1)."""

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.rules import RuleBroken
from apps.manual import services
from apps.manual.models import Node


@pytest.fixture
def deep(press):
    """A chain of five levels and two rows beside it."""
    nodes = [press.heading("A")]
    for code in ("A.1", "A.1.1", "A.1.1.1", "A.1.1.1.1"):
        nodes.append(press.heading(code, parent=nodes[-1]))
    press.heading("B")
    press.heading("C")
    return nodes


def codes(parent=None) -> list[str]:
    return list(Node.objects.filter(parent=parent).values_list("code", flat=True))


def orders(parent=None) -> list[int]:
    return list(Node.objects.filter(parent=parent).values_list("order", flat=True))


def test_m1_a_branch_of_many_levels_moves_with_all_that_hangs_on_it(deep, quality):
    other = Node.objects.get(code="B")
    services.move_node(deep[1], parent=other, by=quality)
    assert codes(deep[0]) == []
    assert codes(other) == ["A.1"]
    leaf = Node.objects.with_tree_fields().get(code="A.1.1.1.1")
    assert leaf.tree_depth == 4
    assert leaf.tree_path[0] == other.pk


@pytest.mark.parametrize("target", range(5))
def test_m1_nothing_moves_into_itself_or_below_itself(deep, quality, target):
    with pytest.raises(RuleBroken):
        services.move_node(deep[0], parent=deep[target], by=quality)
    assert codes() == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [(1, "CAB"), (2, "ACB"), (3, "ABC"), (None, "ABC"), (99, "ABC")],
)
def test_m1_a_row_takes_the_place_asked_and_the_others_close_ranks(deep, quality, place, expected):
    services.move_node(Node.objects.get(code="C"), parent=None, place=place, by=quality)
    assert "".join(codes()) == expected
    assert orders() == [1, 2, 3]


def test_m1_both_families_are_numbered_without_gaps(deep, quality):
    services.move_node(Node.objects.get(code="A"), parent=Node.objects.get(code="B"), by=quality)
    assert orders() == [1, 2]
    services.move_node(
        Node.objects.get(code="C"), parent=Node.objects.get(code="B"), place=1, by=quality
    )
    assert codes(Node.objects.get(code="B")) == ["C", "A"]
    assert orders(Node.objects.get(code="B")) == [1, 2]


def test_m1_a_page_holds_no_other_place(press, deep, quality):
    press.page("P-1")
    page = Node.objects.get(code="P-1")
    with pytest.raises(RuleBroken):
        services.move_node(deep[0], parent=page, by=quality)
    with pytest.raises(RuleBroken):
        services.create_node(code="P-1.1", title="Dentro", parent=page, by=quality)


def test_m1_a_code_is_given_once(deep, quality):
    with pytest.raises(RuleBroken):
        services.create_node(code="A", title="Otra", by=quality)
    assert Node.objects.filter(code="A").count() == 1


def test_m1_a_document_has_one_place(press, quality):
    document = press.page("P-1")
    with pytest.raises(RuleBroken):
        services.create_node(code="P-2", title="Otra vez", document=document, by=quality)


def test_only_who_may_arrange_changes_the_tree(deep, supervisor, agent):
    for person in (supervisor, agent):
        with pytest.raises(PermissionDenied):
            services.move_node(deep[1], parent=None, by=person)
        with pytest.raises(PermissionDenied):
            services.create_node(code="Z", title="Z", by=person)
        with pytest.raises(PermissionDenied):
            services.rename_node(deep[0], title="Z", summary="", by=person)


def test_the_title_of_a_page_is_not_changed_here(press, quality):
    press.page("P-1")
    with pytest.raises(RuleBroken):
        services.rename_node(Node.objects.get(code="P-1"), title="X", summary="", by=quality)


def test_a_move_leaves_its_trace(deep, quality):
    services.move_node(Node.objects.get(code="C"), parent=deep[0], by=quality)
    entry = LogEntry.objects.get_for_object(Node.objects.get(code="C")).first()
    assert "parent" in entry.changes


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    moves=st.lists(
        st.tuples(st.integers(0, 7), st.one_of(st.none(), st.integers(0, 7)), st.integers(1, 9)),
        max_size=6,
    )
)
def test_m1_no_sequence_of_moves_makes_a_circle_or_a_gap(db, quality, moves):
    Node.objects.all().delete()
    nodes = [Node.objects.create(code=f"H-{n}", title="x", order=n + 1) for n in range(8)]
    for which, target, place in moves:
        parent = None if target is None else Node.objects.get(pk=nodes[target].pk)
        before = {row.pk: (row.parent_id, row.order) for row in Node.objects.all()}
        try:
            services.move_node(
                Node.objects.get(pk=nodes[which].pk), parent=parent, place=place, by=quality
            )
        except RuleBroken:
            after = {row.pk: (row.parent_id, row.order) for row in Node.objects.all()}
            assert after == before
    parents = dict(Node.objects.values_list("pk", "parent_id"))
    for pk in parents:
        seen, above = set(), pk
        while above is not None:
            assert above not in seen
            seen.add(above)
            above = parents[above]
    for parent in {None, *parents}:
        family = orders(parent)
        assert family == list(range(1, len(family) + 1))


# Pages --------------------------------------------------------------------------------------


def test_m1_a_drag_posts_the_new_place(deep, signed, quality):
    node = Node.objects.get(code="C")
    answer = signed(quality).post(
        "/manual/organizar/orden/", {"id": node.pk, "padre": deep[1].pk, "posicion": 0}
    )
    assert answer.status_code == 204
    assert codes(deep[1]) == ["C", "A.1.1"]


def test_m1_a_refused_drag_changes_nothing(deep, signed, quality):
    answer = signed(quality).post(
        "/manual/organizar/orden/", {"id": deep[0].pk, "padre": deep[2].pk, "posicion": 0}
    )
    assert answer.status_code == 409
    assert codes() == ["A", "B", "C"]


@pytest.mark.parametrize(("way", "expected"), [("arriba", "BAC"), ("abajo", "ACB")])
def test_m1_arrows_move_a_row_with_the_keyboard(deep, signed, quality, way, expected):
    node = Node.objects.get(code="B")
    answer = signed(quality).post("/manual/organizar/orden/", {"id": node.pk, "mover": way})
    assert answer.status_code == 302
    assert "".join(codes()) == expected


def test_m1_the_first_row_stays_first(deep, signed, quality):
    node = Node.objects.get(code="A")
    signed(quality).post("/manual/organizar/orden/", {"id": node.pk, "mover": "arriba"})
    assert codes() == ["A", "B", "C"]


def test_m1_a_form_moves_a_row_into_another_section(deep, signed, quality):
    client = signed(quality)
    page = client.get("/manual/organizar/C/mover/").content.decode()
    assert "Mover «Sección C»" in page
    answer = client.post("/manual/organizar/C/mover/", {"parent": "A.1", "place": "1"})
    assert answer.status_code == 302
    assert codes(deep[1]) == ["C", "A.1.1"]


def test_m1_the_form_says_why_a_move_is_refused(deep, signed, quality):
    answer = signed(quality).post("/manual/organizar/A/mover/", {"parent": "A.1.1"})
    assert answer.status_code == 422
    assert "dentro de sí misma" in answer.content.decode()
    assert codes() == ["A", "B", "C"]


@pytest.mark.parametrize("place", ["0", "-3", "x", "1" * 20])
def test_a_wrong_place_is_told_at_its_field(deep, signed, quality, place):
    answer = signed(quality).post("/manual/organizar/C/mover/", {"parent": "", "place": place})
    assert answer.status_code == 422
    assert codes() == ["A", "B", "C"]


@pytest.mark.parametrize("key", ["", "x", "-1", "9" * 20, "999999"])
def test_a_row_that_is_not_there_is_not_found(deep, signed, quality, key):
    answer = signed(quality).post("/manual/organizar/orden/", {"id": key, "mover": "abajo"})
    assert answer.status_code == 404


def test_a_section_is_added_once_however_often_it_is_posted(deep, signed, quality):
    client = signed(quality)
    key = "7d9f2a34-53a1-4d0c-9a39-0f5a6a1f7b11"
    fields = {"code": "A.2", "title": "Nueva", "summary": "", "envio": key}
    for _time in range(2):
        assert client.post("/manual/organizar/agregar/?en=A", fields).status_code == 302
    assert codes(deep[0]) == ["A.1", "A.2"]


def test_a_taken_or_odd_code_is_told_at_its_field(deep, signed, quality):
    client = signed(quality)
    taken = client.post("/manual/organizar/agregar/", {"code": "A.1", "title": "Otra"})
    assert taken.status_code == 422
    assert "ya está en uso" in taken.content.decode()
    odd = client.post("/manual/organizar/agregar/", {"code": "a b", "title": "Otra"})
    assert odd.status_code == 422
    assert Node.objects.count() == 7


def test_a_section_gets_another_title(deep, signed, quality):
    client = signed(quality)
    assert "Sección A" in client.get("/manual/organizar/A/titulo/").content.decode()
    client.post("/manual/organizar/A/titulo/", {"title": "Nuevo", "summary": "De qué trata."})
    deep[0].refresh_from_db()
    assert (deep[0].title, deep[0].summary) == ("Nuevo", "De qué trata.")


def test_s5_extra_fields_of_a_move_change_nothing(deep, signed, quality):
    signed(quality).post(
        "/manual/organizar/A/titulo/",
        {"title": "Nuevo", "code": "HACK", "parent": deep[2].pk, "order": 99, "pk": 1},
    )
    deep[0].refresh_from_db()
    assert (deep[0].code, deep[0].parent_id, deep[0].order) == ("A", None, 1)


@pytest.mark.parametrize("rows", [3, 30])
def test_arranging_costs_the_same_with_3_or_30_rows(
    press, signed, quality, django_assert_max_num_queries, rows
):
    for n in range(rows):
        Node.objects.create(code=f"N-{n}", title="x", order=n + 1)
    client = signed(quality)
    with django_assert_max_num_queries(4):
        assert client.get("/manual/organizar/").content.decode().count("data-id=") == rows


def test_an_empty_tree_asks_for_its_first_section(signed, quality):
    assert (
        "Agregue la primera sección." in signed(quality).get("/manual/organizar/").content.decode()
    )
