"""The index: what can be found, its words, and where each word stands."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class SearchEntry(models.Model):
    """One thing that can be found. `url` is relative.

    `body` is plain text, composed (NFC) and in UTF-8: of bytes, a passage is cut out without
    reading all that stands before it. `lexemes` names the postings the entry has, so that they
    can be taken back.
    """

    id = models.AutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    code = models.CharField(max_length=60, blank=True, db_collation="C")
    title = models.CharField(max_length=300)
    context = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=300)
    body = models.BinaryField()
    words = models.PositiveIntegerField()
    lexemes = ArrayField(models.IntegerField())
    changed_on = models.DateField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="found_once")]
        indexes = [models.Index(fields=["code"], name="entry_by_code")]


class SearchLexeme(models.Model):
    """A stem, and in how many entries it stands."""

    id = models.AutoField(primary_key=True)
    text = models.CharField(max_length=40, unique=True, db_collation="C")
    entries = models.IntegerField(default=0)

    class Meta:
        default_permissions = ()


class SearchWord(models.Model):
    """A folded word as it stands in texts, and its stem.

    `deletions` are hashes of the word with a letter dropped (`text.deletions`): words one typo
    apart share one, so that they are found by an index and not by comparing.
    """

    word = models.CharField(max_length=40, primary_key=True, db_collation="C")
    lexeme = models.ForeignKey(SearchLexeme, on_delete=models.CASCADE, related_name="+")
    deletions = ArrayField(models.IntegerField())

    class Meta:
        default_permissions = ()
        indexes = [GinIndex(fields=["deletions"], name="words_a_typo_apart")]


class SearchPosting(models.Model):
    """A stem in an entry: its weight there, and where it stands.

    `places` is an array of 32-bit integers: the stem's id, its weight in thousandths, how many
    places follow, and these (bytes of the body; letters of the title from -1 downwards): those of
    several stems can be strung together.

    Candidates are read by index alone, the weightiest first (`postings_by_weight`).
    There are no foreign keys to check at each of some 700 rows that a text of 20 KB has; entries
    go only through `indexing.remove`.
    """

    pk = models.CompositePrimaryKey("lexeme_id", "entry_id")
    lexeme_id = models.IntegerField()
    entry_id = models.IntegerField()
    impact = models.FloatField()
    places = models.BinaryField()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                "lexeme_id", models.F("impact").desc(), "entry_id", name="postings_by_weight"
            )
        ]


class SearchStatistics(models.Model):
    """How many entries a kind has, and how many words in all."""

    kind = models.CharField(max_length=20, primary_key=True)
    entries = models.IntegerField(default=0)
    words = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
