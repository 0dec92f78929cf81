"""Who must read and accept what, for any number of documents and people in one statement.

A document asks from its latest version that asks (`since`) on. Whoever is addressed, may read
it and accepted none of its versions since then must accept its `target`: the version in force,
or the asking one while its day is still to come (M9). Addressed are its `Addressee` rows;
without any, the positions its version names and its audience; without these, its own unit (M15).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.core.access import SEE_CONFIDENTIAL, SEE_RESERVED, Level
from apps.core.registry import Registry
from apps.documents.models import Document, Version
from apps.documents.permissions import HIDE, OPEN, Perm

# Rooms above hand over which positions take part in what they attach to a version.
involved_positions: Registry[Callable[[Version], Iterable[int]]] = Registry("involved positions")

# Where a kind of document has no rules of its own (`KindRules`).
DAYS = 14

# The most restricted documents that an exception opens.
OPENED_UP_TO = Level.CONFIDENTIAL

# "rcnt": whoever works out who must accept goes one after the other, in every process.
_LOCK = 0x72636E74

# What a person needs to be able to read, by the flag it gives in `grants`.
_PERMS = {
    "reads": Perm.VIEW,
    "approves": Perm.APPROVE,
    "confidential": SEE_CONFIDENTIAL,
    "reserved": SEE_RESERVED,
}

# `document_scope` and `person_scope` narrow everything to some documents or people.
_WANTED = """
WITH RECURSIVE since AS (
    SELECT version.document_id, max(version.number) AS number
    FROM documents_asking AS asking
    JOIN documents_version AS version ON version.id = asking.version_id
    WHERE asking.asks AND version.state IN ('approved', 'in_force', 'superseded')
        {document_scope}
    GROUP BY version.document_id
), target AS (
    SELECT DISTINCT ON (version.document_id)
        version.document_id, version.id AS version_id, since.number AS since,
        asking.position_ids, document.classification, document.owner_id, document.unit_id,
        coalesce(rules.acknowledgement_days, {days}) AS days,
        EXISTS (SELECT FROM documents_addressee AS row WHERE row.document_id = document.id)
            AS has_addressees,
        EXISTS (SELECT FROM documents_document_audience AS row WHERE row.document_id = document.id)
            AS has_audience
    FROM since
    JOIN documents_version AS version
        ON version.document_id = since.document_id AND version.number >= since.number
        AND (version.state = 'in_force'
            OR version.state = 'approved' AND version.number = since.number)
    JOIN documents_document AS document ON document.id = version.document_id
    LEFT JOIN documents_asking AS asking ON asking.version_id = version.id
    LEFT JOIN documents_kindrules AS rules ON rules.kind = document.kind
    ORDER BY version.document_id, version.state = 'in_force' DESC, version.number DESC
), above AS (
    SELECT id AS unit_id, id AS ancestor_id, parent_id FROM accounts_unit
    UNION ALL
    SELECT above.unit_id, unit.id, unit.parent_id
    FROM above JOIN accounts_unit AS unit ON unit.id = above.parent_id
), people AS (
    SELECT person.id, grants.*
    FROM accounts_person AS person
    JOIN (
        SELECT member.person_id, {flags}
        FROM accounts_person_groups AS member
        JOIN auth_group_permissions AS given ON given.group_id = member.group_id
        JOIN auth_permission AS permission ON permission.id = given.permission_id
        JOIN django_content_type AS type ON type.id = permission.content_type_id
        GROUP BY member.person_id
    ) AS grants ON grants.person_id = person.id AND grants.reads
    WHERE person.is_active AND NOT person.is_system {person_scope}
), holders AS (
    SELECT holding.id, holding.person_id, holding.position_id, position.unit_id
    FROM accounts_holding AS holding
    JOIN accounts_position AS position ON position.id = holding.position_id
    JOIN people ON people.id = holding.person_id
    WHERE holding.from_on <= %(today)s
        AND (holding.until_on IS NULL OR holding.until_on >= %(today)s)
), homes AS (
    SELECT DISTINCT ON (person_id) person_id, unit_id FROM holders ORDER BY person_id, id
), addressed AS (
    SELECT row.document_id, holders.person_id
    FROM documents_addressee AS row
    JOIN above ON above.ancestor_id = row.unit_id
    JOIN holders ON holders.unit_id = above.unit_id
    UNION
    SELECT row.document_id, holders.person_id
    FROM documents_addressee AS row JOIN holders ON holders.position_id = row.position_id
    UNION
    SELECT row.document_id, member.person_id
    FROM documents_addressee AS row
    JOIN accounts_role AS role ON role.id = row.role_id
    JOIN accounts_person_groups AS member ON member.group_id = role.group_id
    UNION
    SELECT target.document_id, holders.person_id
    FROM target JOIN holders ON holders.position_id = ANY (target.position_ids)
    WHERE NOT target.has_addressees
    UNION
    SELECT target.document_id, holders.person_id
    FROM target
    JOIN documents_document_audience AS row ON row.document_id = target.document_id
    JOIN holders ON holders.unit_id = row.unit_id
    WHERE NOT target.has_addressees
    UNION
    SELECT target.document_id, holders.person_id
    FROM target
    JOIN above ON above.ancestor_id = target.unit_id
    JOIN holders ON holders.unit_id = above.unit_id
    WHERE NOT (target.has_addressees OR target.has_audience
        OR cardinality(target.position_ids) > 0 AND target.position_ids IS NOT NULL)
), marked AS (
    -- Exceptions of today, by name and by role or unit (`sight` says what they amount to).
    SELECT exception.document_id, people.id AS person_id,
        bool_or(exception.by_name AND permission.codename = '{open}') AS is_opened_by_name,
        bool_or(NOT exception.by_name AND permission.codename = '{open}') AS is_opened,
        bool_or(exception.by_name AND permission.codename = '{hide}') AS is_hidden_by_name,
        bool_or(NOT exception.by_name AND permission.codename = '{hide}') AS is_hidden
    FROM (
        SELECT content_object_id AS document_id, permission_id, user_id AS person_id,
            true AS by_name
        FROM documents_documentuserpermission WHERE {lasting}
        UNION ALL
        SELECT row.content_object_id, row.permission_id, member.person_id, false
        FROM documents_documentgrouppermission AS row
        JOIN accounts_person_groups AS member ON member.group_id = row.group_id
        WHERE {lasting}
        UNION ALL
        SELECT row.content_object_id, row.permission_id, holders.person_id, false
        FROM documents_documentunitpermission AS row
        JOIN above ON above.ancestor_id = row.unit_id
        JOIN holders ON holders.unit_id = above.unit_id
        WHERE {lasting}
    ) AS exception
    JOIN auth_permission AS permission ON permission.id = exception.permission_id
    JOIN people ON people.id = exception.person_id
    GROUP BY exception.document_id, people.id
), accepted AS (
    SELECT DISTINCT version.document_id, done.person_id
    FROM documents_acknowledgement AS done
    JOIN documents_version AS version ON version.id = done.version_id
    JOIN target ON target.document_id = version.document_id AND version.number >= target.since
    WHERE version.state <> 'retired'  -- cancelled before its day: it never ruled
), wanted AS (
    SELECT target.document_id, target.version_id, target.since, target.days,
        people.id AS person_id, homes.unit_id
    FROM addressed
    JOIN target ON target.document_id = addressed.document_id
    JOIN people ON people.id = addressed.person_id
    LEFT JOIN homes ON homes.person_id = people.id
    LEFT JOIN marked
        ON marked.document_id = target.document_id AND marked.person_id = people.id
    LEFT JOIN accepted
        ON accepted.document_id = target.document_id AND accepted.person_id = people.id
    CROSS JOIN LATERAL (
        SELECT target.owner_id = people.id AS is_owner,
            target.classification <= {opened_up_to} AS is_within_reach,
            target.classification <= CASE
                WHEN people.reserved THEN 3 WHEN people.confidential THEN 2 ELSE 1
            END AND (
                NOT target.has_audience OR people.approves OR target.owner_id = people.id
                OR EXISTS (
                    SELECT FROM documents_document_audience AS row
                    JOIN holders ON holders.unit_id = row.unit_id
                    WHERE row.document_id = target.document_id AND holders.person_id = people.id
                )
            ) AS is_base
    ) AS rule
    -- As Document.visible_to says it from the side of one person.
    WHERE accepted.person_id IS NULL
        AND (rule.is_owner OR marked.is_hidden_by_name IS NOT TRUE)
        AND (rule.is_within_reach AND marked.is_opened_by_name IS TRUE
            OR (rule.is_base OR rule.is_within_reach AND marked.is_opened IS TRUE)
            AND (rule.is_owner OR marked.is_hidden IS NOT TRUE))
)
"""

_RECONCILE = """
, moved AS (
    UPDATE documents_obligation AS asked SET withdrawn_at = %(now)s
    FROM documents_version AS version
    WHERE version.id = asked.version_id
        AND asked.withdrawn_at IS NULL AND asked.acknowledged_at IS NULL
        {document_scope} {obligation_scope}
        -- Hashed once, however badly the planner guesses the size of `wanted`.
        AND (asked.version_id, asked.person_id)
            NOT IN (SELECT version_id, person_id FROM wanted)
    RETURNING asked.person_id, version.document_id, version.number, asked.due_on, asked.asked_at
), written AS (
    INSERT INTO documents_obligation AS kept (person_id, version_id, unit_id, asked_at, due_on)
    SELECT wanted.person_id, wanted.version_id, wanted.unit_id,
        -- What an earlier version still asked goes on with its own date.
        coalesce(min(moved.asked_at), %(now)s), coalesce(min(moved.due_on), %(today)s + wanted.days)
    FROM wanted
    LEFT JOIN moved ON moved.person_id = wanted.person_id
        AND moved.document_id = wanted.document_id AND moved.number >= wanted.since
    WHERE NOT EXISTS (
        SELECT FROM documents_obligation AS same
        WHERE same.version_id = wanted.version_id AND same.person_id = wanted.person_id
            AND same.withdrawn_at IS NULL
            AND same.unit_id IS NOT DISTINCT FROM wanted.unit_id)
    GROUP BY wanted.person_id, wanted.version_id, wanted.unit_id, wanted.days
    ORDER BY wanted.version_id, wanted.person_id
    ON CONFLICT (version_id, person_id) DO UPDATE SET
        unit_id = EXCLUDED.unit_id,
        asked_at = CASE WHEN kept.withdrawn_at IS NULL
            THEN kept.asked_at ELSE EXCLUDED.asked_at END,
        due_on = CASE WHEN kept.withdrawn_at IS NULL THEN kept.due_on ELSE EXCLUDED.due_on END,
        withdrawn_at = NULL
    WHERE kept.acknowledged_at IS NULL
    RETURNING version_id, person_id, asked_at
)
SELECT version_id, array_agg(person_id), (SELECT count(*) FROM moved)
FROM written WHERE asked_at = %(now)s GROUP BY version_id
UNION ALL SELECT NULL, NULL, (SELECT count(*) FROM moved)
"""

_COUNT = "SELECT count(*) FROM wanted"


@dataclass(frozen=True)
class Reconciled:
    """What changed: people newly asked by version (keys), and how many no longer are."""

    asked: dict[int, list[int]]
    withdrawn: int


def reconcile(
    *,
    now: datetime,
    documents: Iterable[int] | None = None,
    people: Iterable[int] | None = None,
) -> Reconciled:
    """Ask who must and is not asked; withdraw what nobody must any more.

    For some `documents` or `people` (keys), or for all. Twice changes nothing. Call it in a
    transaction: whoever does the same waits for its end.
    """
    scope = _scope(documents, people)
    sql = (_WANTED + _RECONCILE).format(**scope.pieces)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(sql, scope.values | {"now": now, "today": timezone.localdate(now)})
        rows = cursor.fetchall()
    return Reconciled(
        asked={version: people for version, people, _moved in rows if version is not None},
        withdrawn=rows[-1][2],
    )


def count_still_asked(document: Document, *, now: datetime) -> int:
    """How many people would have to accept `document` now, as it is addressed."""
    scope = _scope([document.pk], None)
    with connection.cursor() as cursor:
        cursor.execute(
            (_WANTED + _COUNT).format(**scope.pieces),
            scope.values | {"today": timezone.localdate(now)},
        )
        return cursor.fetchone()[0]


@dataclass(frozen=True)
class _Scope:
    pieces: dict[str, Any]
    values: dict[str, Any]


def _scope(documents: Iterable[int] | None, people: Iterable[int] | None) -> _Scope:
    values: dict[str, Any] = {}
    pieces: dict[str, Any] = {
        "days": DAYS,
        "open": OPEN,
        "opened_up_to": int(OPENED_UP_TO),
        "hide": HIDE,
        "lasting": "(until_on IS NULL OR until_on >= %(today)s)",
        "document_scope": "",
        "person_scope": "",
        "obligation_scope": "",
    }
    flags = []
    for flag, perm in _PERMS.items():
        app_label, codename = str(perm).split(".")
        values[f"{flag}_app"], values[flag] = app_label, codename
        flags.append(
            f"bool_or(type.app_label = %({flag}_app)s AND permission.codename = %({flag})s)"
            f" AS {flag}"
        )
    pieces["flags"] = ", ".join(flags)
    if documents is not None:
        pieces["document_scope"] = "AND version.document_id = ANY (%(documents)s)"
        values["documents"] = list(documents)
    if people is not None:
        pieces["person_scope"] = "AND person.id = ANY (%(people)s)"
        pieces["obligation_scope"] = "AND asked.person_id = ANY (%(people)s)"
        values["people"] = list(people)
    return _Scope(pieces, values)
