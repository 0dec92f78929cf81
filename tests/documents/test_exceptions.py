"""A document opened to, or hidden from, people, roles and units: who sees it, who may say so."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts import services as accounts
from apps.accounts.models import Holding, Person, Role, Unit
from apps.accounts.permissions import Role as R
from apps.core.access import Level
from apps.core.rules import RuleBroken
from apps.documents import jobs, services
from apps.documents.models import (
    Document,
    DocumentGroupPermission,
    DocumentUnitPermission,
    DocumentUserPermission,
)
from apps.documents.readers import Readers
from apps.documents.services.charging import set_charge
from apps.notifications.models import Notice

REASON = "Lo necesita para el proyecto de medidores."


def today():
    return timezone.localdate()


def sees(person: Person, document: Document) -> bool:
    """Asked afresh, as the next request would."""
    fresh = Person.objects.with_access().get(pk=person.pk)
    return Document.objects.visible_to(fresh).filter(pk=document.pk).exists()


@pytest.fixture
def make_document(supervisor, unit, quality):
    def make(code="POL-01", *, level=Level.INTERNAL, audience=(), owner=None) -> Document:
        document = services.open_document(
            kind=Document.Kind.POLICY,
            code=code,
            title=f"Política {code}",
            owner=owner or supervisor,
            unit=unit,
            classification=level,
            by=quality,
        )
        if audience:
            services.set_audience(document, audience, by=quality)
        return document

    return make


@pytest.fixture
def elsewhere(make_document, other_unit) -> Document:
    """A document for the other unit only."""
    return make_document(audience=[other_unit])


@pytest.fixture
def role(roles):
    return lambda key: roles[str(key)]


# What opening does -----------------------------------------------------------------------


def test_opened_to_one_person_it_exists_for_them_and_for_no_other(
    elsewhere, agent, make_person, quality
):
    luis = make_person("lucia", R.AGENT, position=agent.holdings.get().position)
    services.open_to(elsewhere, people=[agent], reason=REASON, by=quality)
    assert sees(agent, elsewhere)
    assert not sees(luis, elsewhere)


def test_opened_to_a_role_it_exists_for_everyone_who_holds_it(
    elsewhere, agent, auditor, quality, role
):
    services.open_to(elsewhere, roles=[role(R.AGENT)], reason=REASON, by=quality)
    assert sees(agent, elsewhere)
    assert not sees(auditor, elsewhere)


def test_opened_to_a_unit_it_exists_for_all_below_it(
    elsewhere, unit, make_person, make_position, quality, agent
):
    below = Unit.objects.create(code="ATC-T", name="Telefonía", parent=unit)
    deep = make_person("dora", R.AGENT, position=make_position(at=below))
    services.open_to(elsewhere, units=[unit], reason=REASON, by=quality)
    assert sees(agent, elsewhere)
    assert sees(deep, elsewhere)


def test_opening_reaches_over_confidential_and_not_over_reserved(make_document, agent, quality):
    secret = make_document("POL-02", level=Level.CONFIDENTIAL)
    until = today() + timedelta(days=30)
    services.open_to(secret, people=[agent], reason=REASON, until_on=until, by=quality)
    assert sees(agent, secret)
    Document.objects.filter(pk=secret.pk).update(classification=Level.RESERVED)
    assert not sees(agent, secret)


def test_opening_never_replaces_the_permission_to_read(elsewhere, outsider, quality):
    services.open_to(elsewhere, people=[outsider], reason=REASON, by=quality)
    assert not sees(outsider, elsewhere)


def test_an_exception_counts_until_the_end_of_its_day(elsewhere, agent, quality, time_machine):
    services.open_to(elsewhere, people=[agent], reason=REASON, until_on=today(), by=quality)
    assert sees(agent, elsewhere)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    assert not sees(agent, elsewhere)


# What hiding does ------------------------------------------------------------------------


def test_hidden_from_a_person_role_or_unit_it_does_not_exist(
    make_document, agent, supervisor, auditor, quality, role, other_unit, make_position
):
    make = make_document
    one, two, three = make("POL-02"), make("POL-03"), make("POL-04", owner=quality)
    services.hide_from(one, people=[agent], reason=REASON, by=quality)
    services.hide_from(two, roles=[role(R.AGENT)], reason=REASON, by=quality)
    Holding.objects.filter(person=quality).update(position=make_position(at=other_unit))
    services.hide_from(three, units=[agent.holdings.get().position.unit], reason=REASON, by=quality)
    assert [sees(agent, document) for document in (one, two, three)] == [False] * 3
    assert [sees(auditor, document) for document in (one, two)] == [True] * 2
    assert not sees(supervisor, three)


def test_hidden_wins_over_opened_by_role_or_unit(elsewhere, agent, quality, role):
    services.open_to(elsewhere, roles=[role(R.AGENT)], reason=REASON, by=quality)
    services.hide_from(elsewhere, people=[agent], reason=REASON, by=quality)
    assert not sees(agent, elsewhere)


def test_opened_by_name_wins_over_hidden_by_role(elsewhere, agent, quality, role):
    services.hide_from(elsewhere, roles=[role(R.AGENT)], reason=REASON, by=quality)
    services.open_to(elsewhere, people=[agent], reason=REASON, by=quality)
    assert sees(agent, elsewhere)


def test_nothing_hides_a_document_from_its_owner(make_document, agent, quality, role):
    mine = make_document("POL-02", owner=agent)
    services.hide_from(mine, roles=[role(R.AGENT)], reason=REASON, by=quality)
    assert sees(agent, mine)
    with pytest.raises(RuleBroken):
        services.hide_from(mine, people=[agent], reason=REASON, by=quality)


def test_somebody_who_governs_documents_must_go_on_seeing_it(make_document, quality, role):
    document = make_document()
    with pytest.raises(RuleBroken):
        services.hide_from(document, roles=[role(R.QUALITY)], reason=REASON, by=quality)
    assert sees(quality, document)
    assert not document.role_exceptions.exists()


def test_a_public_document_cannot_be_hidden(make_document, agent, quality):
    with pytest.raises(RuleBroken):
        services.hide_from(
            make_document(level=Level.PUBLIC), people=[agent], reason=REASON, by=quality
        )


# Who may, and with what ------------------------------------------------------------------


def test_only_who_governs_documents_gives_and_withdraws(elsewhere, agent, quality, supervisor):
    given = services.open_to(elsewhere, people=[agent], reason=REASON, by=quality)
    for act in (
        lambda: services.open_to(elsewhere, people=[agent], reason=REASON, by=supervisor),
        lambda: services.hide_from(elsewhere, people=[agent], reason=REASON, by=supervisor),
        lambda: services.end_exception(given[0], by=supervisor),
    ):
        with pytest.raises(PermissionDenied):
            act()
    services.end_exception(given[0], by=quality)
    services.end_exception(given[0], by=quality)
    assert not sees(agent, elsewhere)


def test_s2_nobody_governs_what_does_not_exist_for_them(make_document, agent, quality):
    reserved = make_document(level=Level.RESERVED)
    with pytest.raises(PermissionDenied):
        services.hide_from(reserved, people=[agent], reason=REASON, by=quality)


@pytest.mark.parametrize(
    "wrong",
    [
        {"people": []},
        {"reason": "x" * 19},
        {"reason": " " * 40},
        {"until_on": timezone.localdate() - timedelta(days=1)},
    ],
)
def test_what_is_missing_or_past_is_refused(elsewhere, agent, quality, wrong):
    for act in (services.open_to, services.hide_from):
        with pytest.raises(RuleBroken):
            act(elsewhere, **{"people": [agent], "reason": REASON, "by": quality} | wrong)


def test_twenty_characters_and_today_are_enough(elsewhere, agent, quality):
    services.open_to(elsewhere, people=[agent], reason="x" * 20, until_on=today(), by=quality)


@pytest.mark.parametrize(("days", "refused"), [(None, True), (366, True), (365, False)])
def test_a_confidential_document_is_opened_for_a_year_at_most(
    make_document, agent, quality, days, refused
):
    secret = make_document(level=Level.CONFIDENTIAL)
    until = today() + timedelta(days=days) if days else None
    if refused:
        with pytest.raises(RuleBroken):
            services.open_to(secret, people=[agent], reason=REASON, until_on=until, by=quality)
    else:
        services.open_to(secret, people=[agent], reason=REASON, until_on=until, by=quality)


def test_a_reserved_document_is_not_opened(make_document, agent, make_person):
    seer = make_person("sara", R.QUALITY, R.DATA_OFFICER)
    assert sees(seer, make_document(level=Level.RESERVED))
    with pytest.raises(RuleBroken):
        services.open_to(
            Document.objects.get(), people=[agent], reason=REASON, until_on=today(), by=seer
        )


def test_s7_nobody_opens_a_document_to_themself(elsewhere, quality, make_person, other_unit, role):
    with pytest.raises(RuleBroken):
        services.open_to(elsewhere, people=[quality], reason=REASON, by=quality)
    # One who governs but does not approve, and sees it by an exception only.
    keeper_role = Role.objects.get(key=R.QUALITY)
    keeper_role.group.permissions.remove(
        keeper_role.group.permissions.get(codename="approve_document")
    )
    keeper = make_person("carmen", R.QUALITY)
    DocumentUserPermission.objects.create(
        user=keeper,
        content_object=elsewhere,
        permission=services.sharing.permission_of(hides=False),
        until_on=today(),
    )
    keeper = Person.objects.with_access().get(pk=keeper.pk)
    with pytest.raises(RuleBroken):
        services.open_to(elsewhere, roles=[keeper_role], reason=REASON, by=keeper)
    with pytest.raises(RuleBroken):
        services.set_audience(elsewhere, [], by=keeper)
    services.open_to(elsewhere, roles=[role(R.AUDITOR)], reason=REASON, by=keeper)


def test_s7_nobody_takes_off_what_hides_a_document_from_them(
    elsewhere, quality, make_person, unit, other_unit, make_position
):
    other = make_person("berta", R.QUALITY, position=make_position(at=other_unit))
    given = services.hide_from(elsewhere, units=[unit], reason=REASON, by=other)
    services.open_to(elsewhere, people=[quality], reason=REASON, until_on=today(), by=other)
    with pytest.raises(RuleBroken):
        services.end_exception(given[0], by=quality)
    services.end_exception(given[0], by=other)


def test_what_is_hidden_from_somebody_is_not_opened_to_them_at_once(elsewhere, agent, quality):
    hidden = services.hide_from(elsewhere, people=[agent], reason=REASON, by=quality)
    with pytest.raises(RuleBroken):
        services.open_to(elsewhere, people=[agent], reason=REASON, by=quality)
    services.end_exception(hidden[0], by=quality)
    services.open_to(elsewhere, people=[agent], reason=REASON, by=quality)
    assert sees(agent, elsewhere)


def test_a_past_hiding_gives_way_to_an_opening(elsewhere, agent, quality, time_machine):
    services.hide_from(elsewhere, people=[agent], reason=REASON, until_on=today(), by=quality)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    services.open_to(elsewhere, people=[agent], reason=REASON, by=quality)
    assert sees(agent, elsewhere)
    assert elsewhere.person_exceptions.count() == 1


def test_given_again_it_has_the_new_reason_and_day_and_the_log_both(elsewhere, agent, quality):
    services.open_to(elsewhere, people=[agent], reason=REASON, until_on=today(), by=quality)
    later = today() + timedelta(days=9)
    (row,) = services.open_to(
        elsewhere, people=[agent], reason="x" * 20, until_on=later, by=quality
    )
    assert elsewhere.person_exceptions.get() == row
    entry = LogEntry.objects.get_for_object(row).filter(action=LogEntry.Action.UPDATE).get()
    assert entry.changes_dict["until_on"] == [str(today()), str(later)]
    assert entry.changes_dict["reason"] == [REASON, "x" * 20]
    assert entry.actor == quality


def test_the_log_tells_what_was_given_and_what_was_withdrawn_by_whom(elsewhere, agent, quality):
    (row,) = services.hide_from(elsewhere, people=[agent], reason=REASON, by=quality)
    key = row.pk
    services.end_exception(row, by=quality)
    entries = LogEntry.objects.filter(
        content_type__model="documentuserpermission", object_pk=str(key)
    ).order_by("pk")
    assert [entry.action for entry in entries] == [LogEntry.Action.CREATE, LogEntry.Action.DELETE]
    assert {entry.actor for entry in entries} == {quality}
    assert entries[0].changes_dict["hides"] == ["None", "True"]
    assert entries[1].changes_dict["reason"] == [REASON, "None"]
    assert "permission" not in entries[0].changes_dict


def test_the_people_it_was_opened_to_are_told_and_nobody_else(
    press, agent, auditor, quality, role, other_unit
):
    page = press.page("ATC-01.8", "Almidonar", audience=[other_unit])
    services.open_to(page, people=[agent], roles=[role(R.AUDITOR)], reason=REASON, by=quality)
    notice = Notice.objects.get(kind="document_opened")
    assert notice.person == agent
    assert notice.url == "/documentos/ATC-01.8/"
    assert "ATC-01.8" in notice.title
    assert page.title not in notice.title
    assert notice.text == ""


def test_nobody_is_told_of_what_cannot_be_read_yet(elsewhere, agent, quality):
    services.open_to(elsewhere, people=[agent], reason=REASON, by=quality)
    assert not Notice.objects.filter(kind="document_opened").exists()


def test_who_left_is_not_named(elsewhere, agent, quality):
    Person.objects.filter(pk=agent.pk).update(is_active=False)
    with pytest.raises(RuleBroken):
        services.open_to(
            elsewhere, people=[Person.objects.get(pk=agent.pk)], reason=REASON, by=quality
        )


def test_the_database_keeps_what_a_row_does_equal_to_its_permission(elsewhere, agent):
    row = DocumentUserPermission.objects.create(
        user=agent,
        content_object=elsewhere,
        permission=services.sharing.permission_of(hides=True),
        hides=False,
    )
    row.refresh_from_db()
    assert row.hides


# What time and the organigram do to them ---------------------------------------------------


def test_past_exceptions_are_withdrawn_by_night_with_a_row_in_the_log(
    elsewhere, agent, auditor, quality, time_machine
):
    services.open_to(elsewhere, people=[agent], reason=REASON, until_on=today(), by=quality)
    services.open_to(elsewhere, people=[auditor], reason=REASON, by=quality)
    jobs.end_past_exceptions()
    assert elsewhere.person_exceptions.count() == 2
    time_machine.move_to(timezone.now() + timedelta(days=3))
    for _twice in range(2):
        jobs.end_past_exceptions()
    assert elsewhere.person_exceptions.get().user == auditor
    entry = LogEntry.objects.get(
        content_type__model="documentuserpermission", action=LogEntry.Action.DELETE
    )
    assert entry.actor is None
    assert entry.changes_dict["reason"] == [REASON, "None"]


def test_a_new_unit_below_an_exception_or_an_audience_belongs_to_it(
    elsewhere, unit, other_unit, quality, admin, make_person, make_position
):
    services.open_to(elsewhere, units=[unit], reason=REASON, by=quality)
    below = accounts.save_unit(None, code="ATC-N", name="Nueva", parent=unit, by=admin)
    inside = accounts.save_unit(None, code="FAC-N", name="Otra", parent=other_unit, by=admin)
    for number, where in enumerate((below, inside)):
        person = make_person(f"nueva{number}", R.AGENT, position=make_position(at=where))
        assert sees(person, elsewhere)


def test_a_unit_that_moves_takes_along_and_leaves_what_it_had_from_above(
    elsewhere, unit, other_unit, quality, admin, make_person, make_position
):
    """And what hangs below it goes with it; what was given to it itself stays."""
    third = Unit.objects.create(code="RED", name="Redes")
    moved = Unit.objects.create(code="MED", name="Medición", parent=third)
    below = Unit.objects.create(code="MED-1", name="Lectura", parent=moved)
    person = make_person("mario", R.AGENT, position=make_position(at=below))
    services.open_to(elsewhere, units=[unit], reason=REASON, by=quality)

    def move(parent):
        accounts.save_unit(moved, code="MED", name="Medición", parent=parent, by=admin)

    assert not sees(person, elsewhere)
    move(unit)  # opened to it
    assert sees(person, elsewhere)
    move(third)
    assert not sees(person, elsewhere)
    move(other_unit)  # addressed to it
    assert sees(person, elsewhere)
    move(None)
    assert not sees(person, elsewhere)
    services.open_to(elsewhere, units=[moved], reason=REASON, by=quality)
    move(unit)
    move(third)
    assert sees(person, elsewhere)


def test_a_move_never_empties_an_audience_and_so_opens_nothing(
    make_document, other_unit, agent, admin
):
    """Without any unit a document is for everyone: those who leave must not leave it so."""
    child = Unit.objects.create(code="FAC-1", name="Lotes", parent=other_unit)
    document = make_document("POL-09", audience=[other_unit])
    for parent in (None, other_unit, None):
        accounts.save_unit(child, code="FAC-1", name="Lotes", parent=parent, by=admin)
        assert other_unit in document.audience.all()
        assert not sees(agent, document)


def test_what_is_gone_takes_its_exceptions_along(elsewhere, quality, admin):
    """People stay in the portal: they are in its log."""
    extra = Unit.objects.create(code="TMP", name="Temporal")
    key = accounts.save_role(None, title="Temporal", is_sensitive=False, by=admin)
    services.open_to(elsewhere, roles=[key], units=[extra], reason=REASON, by=quality)
    extra.delete()
    accounts.delete_role(key, by=admin)
    assert not DocumentUnitPermission.objects.exists()
    assert not DocumentGroupPermission.objects.exists()


# One rule, asked from both sides -----------------------------------------------------------


def agree(document: Document) -> None:
    """SQL of documents, SQL of people, and the explanation say the same of everybody."""
    readers = Readers(document)
    told = {row.person.pk: row for row in readers.explained(readers.people())}
    seeing = set(readers.sees().values_list("pk", flat=True))
    blind = set(readers.does_not_see().values_list("pk", flat=True))
    assert readers.count() == (len(seeing), len(blind))
    assert seeing | blind == set(told)
    assert not seeing & blind
    for pk, row in told.items():
        fresh = Person.objects.with_access().get(pk=pk)
        exists = Document.objects.visible_to(fresh).filter(pk=document.pk).exists()
        assert (exists, exists, True) == (row.sees, pk in seeing, bool(row.reasons)), row


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["person", "role", "unit"]),
        st.integers(0, 7),
        st.booleans(),
        st.sampled_from([None, -1, 0, 30]),
    ),
    max_size=8,
)


def test_s3_the_explanation_equals_what_exists_for_everybody_whatever_the_exceptions(
    cast, make_document, unit, other_unit, make_person, make_position
):
    below = Unit.objects.create(code="ATC-T", name="Telefonía", parent=unit)
    make_person("dora", R.AGENT, R.AUDITOR, position=make_position(at=below))
    make_person("fabio", R.AGENT, position=make_position(at=other_unit))
    people = list(Person.objects.filter(is_system=False).order_by("pk"))
    all_roles, units = list(Role.objects.order_by("pk")), [unit, other_unit, below]
    document = make_document(owner=people[0])

    @settings(
        max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(
        rows=ROWS,
        level=st.sampled_from(Level.values),
        audience=st.sets(st.integers(0, 2)),
        owner=st.integers(0, 7),
    )
    def check(rows, level, audience, owner):
        document.person_exceptions.all().delete()
        document.role_exceptions.all().delete()
        document.unit_exceptions.all().delete()
        document.classification, document.owner = level, people[owner]
        document.save()
        document.audience.set([units[at] for at in audience])
        for kind, at, hides, days in rows:
            until = None if days is None else today() + timedelta(days=days)
            shared = {
                "content_object": document,
                "permission": services.sharing.permission_of(hides=hides),
                "defaults": {"until_on": until, "reason": REASON},
            }
            if kind == "person":
                DocumentUserPermission.objects.get_or_create(
                    user=people[at % len(people)], **shared
                )
            elif kind == "role":
                group = all_roles[at % len(all_roles)].group
                DocumentGroupPermission.objects.get_or_create(group=group, **shared)
            else:
                where = units[at % 3]
                row, _new = DocumentUnitPermission.objects.get_or_create(unit=where, **shared)
                services.sharing.reach([row.pk], services.sharing.descendants_too([where]))
        agree(document)

    check()


# Who answers for it and how closely it is kept -----------------------------------------------


def charge(document, quality, **fields) -> Document:
    fields = {
        "owner": document.owner,
        "unit": document.unit,
        "classification": document.classification,
        "reason": REASON,
    } | fields
    return set_charge(document, **fields, by=quality)


def test_raised_to_confidential_what_was_open_without_end_gets_one(
    elsewhere, agent, quality, make_person
):
    """S7: an opening that was fine for an internal document does not outlive its new level."""
    other = make_person("ines")
    soon, end = today() + timedelta(days=5), today() + timedelta(days=30)
    services.open_to(elsewhere, people=[agent], reason=REASON, by=quality)
    services.open_to(elsewhere, people=[other], until_on=soon, reason=REASON, by=quality)
    for wrong in (None, today() - timedelta(days=1), today() + timedelta(days=400)):
        with pytest.raises(RuleBroken) as broken:
            charge(elsewhere, quality, classification=Level.CONFIDENTIAL, until_on=wrong)
        assert "until_on" in broken.value.message_dict
    assert sees(agent, elsewhere)
    charge(elsewhere, quality, classification=Level.CONFIDENTIAL, until_on=end)
    days = dict(DocumentUserPermission.objects.values_list("user", "until_on"))
    assert days == {agent.pk: end, other.pk: soon}
    entry = LogEntry.objects.get(additional_data__event="charged")
    assert entry.additional_data["reason"] == REASON


def test_made_public_while_hidden_from_somebody_is_refused(make_document, agent, quality):
    document = make_document("POL-90")
    services.hide_from(document, people=[agent], reason=REASON, by=quality)
    with pytest.raises(RuleBroken) as broken:
        charge(document, quality, classification=Level.PUBLIC)
    assert "classification" in broken.value.message_dict


def test_a_document_is_handed_to_somebody_who_may_read_it(
    make_document, agent, direction, quality, supervisor
):
    document = make_document("POL-91")
    with pytest.raises(PermissionDenied):
        charge(document, supervisor)
    with pytest.raises(RuleBroken):
        charge(document, quality, reason="Porque sí.")
    with pytest.raises(RuleBroken) as broken:
        charge(document, quality, owner=agent, classification=Level.CONFIDENTIAL)
    assert "owner" in broken.value.message_dict
    Person.objects.filter(pk=agent.pk).update(is_active=False)
    agent.refresh_from_db()
    with pytest.raises(RuleBroken):
        charge(document, quality, owner=agent)
    charge(document, quality, owner=direction)
    document.refresh_from_db()
    assert document.owner == direction
    assert Notice.objects.get(person=direction).title.startswith("Usted responde ahora por POL-91")


def test_f14_two_hands_on_one_document_the_second_sees_the_first(
    make_document, direction, quality, signed
):
    document = make_document("POL-92")
    client, url = signed(quality), "/documentos/POL-92/acceso/responsable/"
    page = client.get(url)
    data = page.context["form"].initial | {"reason": REASON, "classification": Level.CONFIDENTIAL}
    charge(document, quality, owner=direction)
    stale = client.post(url, data)
    assert stale.status_code == 422
    assert "Otra persona guardó un cambio" in stale.content.decode()
    data["expected"] = stale.context["form"].data["expected"]
    assert client.post(url, data).status_code == 302
    document.refresh_from_db()
    assert document.classification == Level.CONFIDENTIAL
