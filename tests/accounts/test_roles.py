"""What roles permit, who holds them, and that every change is logged before and after."""

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models.signals import m2m_changed

from apps.accounts import services
from apps.accounts.models import Person, Role
from apps.accounts.permissions import Perm
from apps.accounts.permissions import Role as R
from apps.accounts.roles import default_matrix, sync_roles
from apps.accounts.services.roles import set_roles
from apps.core.rules import RuleBroken, StaleEdit


def test_new_permissions_get_their_default_roles_and_admins_changes_stay(roles, admin):
    agent_role = roles[R.AGENT]
    assert str(Perm.VIEW_PEOPLE) in services.permissions_of(agent_role)
    before = services.permissions_of(agent_role)
    services.set_role_permissions(
        agent_role, before - {str(Perm.VIEW_PEOPLE)}, expected=before, by=admin
    )
    sync_roles()
    assert str(Perm.VIEW_PEOPLE) not in services.permissions_of(agent_role)


def test_every_permission_of_the_matrix_exists(roles):
    for key, role in roles.items():
        expected = {perm for perm, holders in default_matrix().items() if key in holders}
        assert services.permissions_of(role) == expected


def test_s6_a_permission_taken_away_is_gone_at_the_next_request(roles, admin, agent):
    assert agent.has_perm(Perm.VIEW_PEOPLE)
    before = services.permissions_of(roles[R.AGENT])
    services.set_role_permissions(
        roles[R.AGENT], before - {str(Perm.VIEW_PEOPLE)}, expected=before, by=admin
    )
    assert not Person.objects.with_access().get(pk=agent.pk).has_perm(Perm.VIEW_PEOPLE)


def test_a_change_is_logged_with_before_and_after(roles, admin):
    before = services.permissions_of(roles[R.AGENT])
    after = before - {str(Perm.VIEW_PEOPLE)}
    services.set_role_permissions(roles[R.AGENT], after, expected=before, by=admin)
    row = LogEntry.objects.get_for_object(roles[R.AGENT]).latest("id")
    assert row.actor == admin
    assert row.changes["permissions"] == [", ".join(sorted(before)), ", ".join(sorted(after))]


def test_only_who_manages_roles_may_change_them(roles, supervisor):
    before = services.permissions_of(roles[R.AGENT])
    with pytest.raises(PermissionDenied):
        services.set_role_permissions(roles[R.AGENT], [], expected=before, by=supervisor)


def test_a_stale_matrix_changes_nothing(roles, admin):
    with pytest.raises(StaleEdit):
        services.set_role_permissions(roles[R.AGENT], [], expected=["x"], by=admin)


def test_an_unknown_permission_is_refused(roles, admin):
    before = services.permissions_of(roles[R.AGENT])
    for name in ("auth.delete_user", "nada", "accounts.manage_peopl"):
        with pytest.raises(RuleBroken):
            services.set_role_permissions(
                roles[R.AGENT], before | {name}, expected=before, by=admin
            )


def test_s7_nobody_widens_their_own_role_nor_changes_their_own_roles(roles, admin):
    before = services.permissions_of(roles[R.ADMIN])
    with pytest.raises(RuleBroken):
        services.set_role_permissions(
            roles[R.ADMIN], before | {"core.see_reserved"}, expected=before, by=admin
        )
    with pytest.raises(RuleBroken):
        services.set_person_roles(
            admin, [roles[R.ADMIN], roles[R.DATA_OFFICER]], expected=[R.ADMIN], by=admin
        )


def test_the_last_door_to_administration_cannot_be_closed(roles, admin, make_person):
    before = services.permissions_of(roles[R.ADMIN])
    with pytest.raises(RuleBroken, match="administrar"):
        services.set_role_permissions(
            roles[R.ADMIN], before - {str(Perm.MANAGE_ROLES)}, expected=before, by=admin
        )
    other = make_person("berta", R.ADMIN)
    services.set_person_roles(admin, [], expected=[R.ADMIN], by=other)
    assert not Person.objects.with_access().get(pk=admin.pk).has_perm(Perm.MANAGE_ROLES)


def test_a_person_gets_roles_and_the_log_tells(roles, admin, agent):
    services.set_person_roles(
        agent, [roles[R.AGENT], roles[R.QUALITY]], expected=[R.AGENT], by=admin
    )
    row = LogEntry.objects.get_for_object(agent).latest("id")
    assert row.changes["roles"] == ["agente", "agente, calidad"]
    with pytest.raises(StaleEdit):
        services.set_person_roles(agent, [], expected=[R.AGENT], by=admin)


def test_a_role_of_ones_own_is_made_renamed_and_deleted_only_when_free(admin, agent):
    role = services.save_role(None, title="Cajas", is_sensitive=False, by=admin)
    services.save_role(role, title="Cajas y arqueo", is_sensitive=True, by=admin)
    assert Role.objects.get(key="cajas").title == "Cajas y arqueo"
    with pytest.raises(RuleBroken):
        services.save_role(None, title="cajas Y arqueo", is_sensitive=False, by=admin)
    services.set_person_roles(agent, [role], expected=[R.AGENT], by=admin)
    with pytest.raises(RuleBroken):
        services.delete_role(role, by=admin)
    services.set_person_roles(agent, [], expected=["cajas"], by=admin)
    services.delete_role(role, by=admin)
    assert not Role.objects.filter(key="cajas").exists()


def test_a_builtin_role_stays(roles, admin):
    with pytest.raises(RuleBroken):
        services.delete_role(roles[R.AUDITOR], by=admin)


def test_nobody_can_be_made_superuser(agent):
    from django.db import IntegrityError

    agent.is_superuser = True
    with pytest.raises(IntegrityError, match="nobody_is_superuser"):
        agent.save()


def test_who_follows_roles_hears_what_was_given_and_taken(agent, supervisor, admin, roles):
    """Of one person and of many alike, and of nobody whose roles stay."""
    told = []

    def hear(instance, action, pk_set, reverse, **kwargs):
        assert not reverse
        told.append((instance.pk, action, pk_set))

    m2m_changed.connect(hear, sender=Person.groups.through)
    wanted = {agent.pk: [roles[R.QUALITY]], supervisor.pk: [roles[R.SUPERVISOR]]}
    expected = {agent.pk: [R.AGENT], supervisor.pk: [R.SUPERVISOR]}
    try:
        set_roles(wanted, expected=expected, by=admin)
    finally:
        m2m_changed.disconnect(hear, sender=Person.groups.through)
    assert told == [
        (agent.pk, "post_remove", {roles[R.AGENT].group_id}),
        (agent.pk, "post_add", {roles[R.QUALITY].group_id}),
    ]
