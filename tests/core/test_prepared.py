"""A prepared queryset answers what the plain one does, for everybody, every day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Holding, Person, Unit
from apps.core.prepared import Prepared

pytestmark = pytest.mark.django_db
ACCESS = ("granted", "unit_ids", "has_second_factor", "holds_sensitive_role")
people = Prepared(lambda actor, pk: Person.objects.with_access().filter(pk=pk))
seen = Prepared(
    lambda actor, name: Person.objects.visible_to(actor).filter(first_name=name).order_by("pk")
)
posts = Prepared(
    lambda actor, day: Holding.objects.current(day).select_related("position__unit").order_by("pk")
)


def test_it_answers_as_the_plain_queryset_for_each_person(cast):
    for person in cast.values():
        plain = Person.objects.with_access().get(pk=person.pk)
        fast = people.first(None, pk=person.pk)
        assert fast == plain
        for name in ACCESS:
            assert sorted_if_list(getattr(fast, name)) == sorted_if_list(getattr(plain, name))


def sorted_if_list(value):
    return sorted(value) if isinstance(value, list) else value


def test_each_actor_gets_their_own_answer(cast):
    for person in cast.values():
        expected = list(Person.objects.visible_to(person).filter(first_name="Luis"))
        assert seen(person, name="Luis") == expected
    assert seen(cast["sin rol"], name="Luis") == []


def test_related_rows_come_along(agent, django_assert_num_queries):
    with django_assert_num_queries(1):
        (holding,) = posts(None, day=timezone.localdate())
        assert holding.position.unit.name == "Atención al cliente"


def test_a_plan_does_not_outlive_its_day(agent, time_machine):
    holding = Holding.objects.get(person=agent)
    holding.until_on = timezone.localdate()
    holding.save()
    assert people.first(None, pk=agent.pk).unit_ids
    time_machine.move_to(timezone.now() + timedelta(days=1))
    assert people.first(None, pk=agent.pk).unit_ids == []


def test_a_hostile_value_stays_a_parameter(agent):
    assert seen(agent, name="x' OR 1=1 --") == []
    assert seen(agent, name="\u2063mark-0\u2063") == []


def test_a_value_that_does_not_reach_the_statement_is_an_error(agent):
    lost = Prepared(lambda actor, pk: Unit.objects.all())
    with pytest.raises(ValueError, match="pk"):
        lost(None, pk=1)


@pytest.mark.parametrize("value", [None, True, 1.5, [1]])
def test_a_value_of_another_kind_is_an_error(value):
    with pytest.raises(TypeError):
        people(None, pk=value)


def test_the_second_call_compiles_nothing(agent, monkeypatch):
    people(None, pk=agent.pk)
    monkeypatch.setattr(people, "_compile", None)
    assert people.first(None, pk=agent.pk) == agent


def test_it_answers_the_same_behind_transaction_pooling(cast, monkeypatch):
    from django.db import connection

    agent = cast["agente"]
    direct = seen(agent, name="Luis")
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert seen(agent, name="Luis") == direct


def test_a_statement_is_planned_once_per_connection(agent, django_assert_num_queries):
    from django.db import connection

    people(None, pk=agent.pk)
    with django_assert_num_queries(1):
        people(None, pk=agent.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'cauce_%'")
        assert cursor.fetchone()[0] >= 1


def test_a_percent_sign_in_the_statement_survives(agent):
    like = Prepared(
        lambda actor, pk: Person.objects.filter(pk=pk).extra(where=["email LIKE '%%@aguas.test'"])
    )
    assert like(None, pk=agent.pk) == [agent]
