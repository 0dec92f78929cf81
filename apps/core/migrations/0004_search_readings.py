"""What the words of a question may stand for, as a function: its plan is kept by the connection."""

from django.db import migrations

# For each word its stem, and every stem it may stand for: the same, one of the same beginning
# ("kin"), one a typo away where the word is not known, one that begins like the word being typed.
# `total` is the number of entries.
READINGS = """
CREATE FUNCTION core_search_readings(
    words text[], owners int[], hashes int[], prefix int, completions int, begun int
) RETURNS TABLE (
    n bigint, stem text, lexeme_id int, how text, found text, letters text, entries int, total int
) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
#variable_conflict use_column
BEGIN RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT a.n, a.word, coalesce((ts_lexize('spanish_stem', a.word))[1], a.word) AS stem
        FROM unnest(words) WITH ORDINALITY AS a (word, n)
    ), known AS MATERIALIZED (
        SELECT a.n, a.word, a.stem, l.id FROM asked AS a
        LEFT JOIN core_searchlexeme AS l ON l.text = left(a.stem, 40) AND l.entries > 0
    ), candidate AS (
        SELECT k.n, k.id AS lexeme_id, 'same' AS how, NULL AS word FROM known AS k
        WHERE k.id IS NOT NULL
        UNION ALL
        SELECT k.n, l.id, 'kin', NULL FROM known AS k JOIN core_searchlexeme AS l
            ON l.text >= left(k.stem, prefix) AND l.text < left(k.stem, prefix) || chr(1114111)
        WHERE length(k.stem) >= prefix AND l.id IS DISTINCT FROM k.id AND l.entries > 0
        UNION ALL
        SELECT k.n, w.lexeme_id, 'typo', w.word FROM known AS k
            CROSS JOIN LATERAL (
                SELECT array_agg(d.hash) AS codes
                FROM unnest(owners, hashes) AS d (n, hash) WHERE d.n = k.n
            ) AS d
            JOIN core_searchword AS w ON w.deletions && d.codes
        WHERE k.id IS NULL
        UNION ALL
        SELECT k.n, w.lexeme_id, 'begun', w.word FROM known AS k
            CROSS JOIN LATERAL (
                SELECT w.lexeme_id, w.word FROM core_searchword AS w
                JOIN core_searchlexeme AS l ON l.id = w.lexeme_id AND l.entries > 0
                WHERE w.word > k.word AND w.word < k.word || chr(1114111)
                ORDER BY l.entries DESC, w.word LIMIT completions
            ) AS w
        WHERE k.n = begun
    )
    SELECT k.n, k.stem, c.lexeme_id, c.how, c.word::text, l.text::text, l.entries,
        (SELECT coalesce(sum(s.entries), 0)::int FROM core_searchstatistics AS s)
    FROM known AS k
        LEFT JOIN candidate AS c ON c.n = k.n
        LEFT JOIN core_searchlexeme AS l ON l.id = c.lexeme_id;
END $$
"""
SIGNATURE = "core_search_readings(text[], int[], int[], int, int, int)"


class Migration(migrations.Migration):
    dependencies = [("core", "0003_search_layout")]
    operations = [migrations.RunSQL(READINGS, f"DROP FUNCTION {SIGNATURE}")]
