"""Marks that change in the same transaction as what they stand for: keys of kept pages."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pgtrigger
from django.db import connection


class Mark(StrEnum):
    """What a mark stands for."""

    TREE = "tree"  # which documents exist, where they stand, who may see them
    WORDS = "words"  # names that published texts borrow: positions, forms


_NEW_VALUE = (
    "INSERT INTO documents_stamp (name, value) VALUES ('{name}', gen_random_uuid())"
    " ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value"
)
_STATEMENTS = {mark: _NEW_VALUE.format(name=mark.value) for mark in Mark}


def changes(mark: Mark) -> pgtrigger.Trigger:
    """A trigger by which every change of a table, by whatever way, renews `mark`."""
    return pgtrigger.Trigger(
        name=f"renews_{mark.value}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"{_STATEMENTS[mark]}; RETURN NULL;",
    )


def changes_of_published(mark: Mark) -> pgtrigger.Trigger:
    """The same for versions, of which readers see only the published ones: drafts are written
    every few seconds, and no kept page is made anew for that (M5)."""
    sealed = "('approved', 'in_force', 'superseded', 'retired')"
    return pgtrigger.Trigger(
        name=f"renews_{mark.value}",
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        # OLD is null on INSERT, NEW on DELETE.
        func=(
            f"IF (OLD.state IN {sealed} OR NEW.state IN {sealed}) THEN"
            f" {_STATEMENTS[mark]}; END IF; RETURN NULL;"
        ),
    )


def renew(mark: Mark) -> None:
    """Renew `mark` in the present transaction, for changes of tables without the trigger."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS[mark])


def renew_tree(**kwargs: Any) -> None:
    """Receiver of signals: who may see a document changed."""
    if kwargs.get("action", "post").startswith("post"):
        renew(Mark.TREE)


def renew_words(**kwargs: Any) -> None:
    """Receiver of signals: a name that published texts borrow changed."""
    renew(Mark.WORDS)
