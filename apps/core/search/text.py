"""How words are read: case and accents folded, ñ kept, empty words dropped (M24)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from os.path import commonprefix
from zlib import crc32

WORD_MAX = 40
# A run of letters and digits, with marks that have no composed form. The two classes share no
# character, so the time is linear in the text (S37).
_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")

# Articles, pronouns, prepositions, conjunctions and the words that ask, folded. Forms of «ser»,
# «estar», «haber» and «tener» stay words: their frequency makes them light where they are common.
EMPTY = frozenset(
    """
    a al algo algunas algunos ante antes como con contra cual cuales cuando cuanta cuantas
    cuanto cuantos de del desde donde durante e el ella ellas ellos en entre esa esas ese eso
    esos esta estar estas este esto estos hasta hay la las le les lo los mas me mi mia mias
    mio mios mis mucho muchos muy nada ni no nos nosotras nosotros nuestra nuestras nuestro
    nuestros o os otra otras otro otros para pero poco por porque que quien quienes se si sin
    sobre su sus suya suyas suyo suyos tambien tanto te ti todo todos tu tus tuya tuyas tuyo
    tuyos un una uno unos vosotras vosotros vuestra vuestras vuestro vuestros y ya yo
    """.split()  # noqa: SIM905  (words read better as a text than as a column)
)


def composed(text: str) -> str:
    """`text` in composed form (NFC) without NUL: what is stored, and what offsets count in."""
    return unicodedata.normalize("NFC", text.replace("\x00", " "))


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """`text` in lower case without accents; ñ stays a letter of its own. Idempotent."""
    letters = []
    for letter in unicodedata.normalize("NFC", text).lower():
        if letter == "ñ" or letter.isascii():
            letters.append(letter)
        else:
            letters.append(_bare(letter))
    return "".join(letters)


def _bare(letter: str) -> str:
    parts = unicodedata.normalize("NFKD", letter).lower()
    return "".join(part for part in parts if not unicodedata.combining(part))


def words(text: str) -> Iterator[tuple[str, int]]:
    """Folded words of the composed `text` with the offset of each, empty words left out."""
    for match in _WORD.finditer(text):
        word = fold(match[0])[:WORD_MAX]
        if word and word not in EMPTY:
            yield word, match.start()


def words_by_byte(text: str) -> Iterator[tuple[str, int]]:
    """`words`, their offsets counted in bytes of UTF-8."""
    if text.isascii():
        yield from words(text)
        return
    at = counted = 0
    for word, offset in words(text):
        at += len(text[counted:offset].encode())
        counted = offset
        yield word, at


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Every folded word of the composed `text` with where it begins and ends."""
    for match in _WORD.finditer(text):
        yield fold(match[0])[:WORD_MAX], match.start(), match.end()


def first_word(text: str) -> str:
    """The word that `text` begins with, as it stands; empty if it begins with none."""
    match = _WORD.match(text)
    return match[0] if match else ""


# Words that nearly agree ----------------------------------------------------------------------

TYPO_LENGTH = 4
KIN_PREFIX = 5


def deletions(word: str) -> list[int]:
    """Hashes (32 bits, signed) of `word` and of what it becomes when a letter is dropped.

    Two words that are one letter apart share one of them. Short words and numbers have none:
    there every neighbour is another word.
    """
    if len(word) < TYPO_LENGTH or not word.isalpha():
        return []
    forms = {word} | {word[:at] + word[at + 1 :] for at in range(len(word))}
    return [crc32(form.encode()) - (1 << 31) for form in forms]


def is_one_typo(one: str, other: str) -> bool:
    """Whether a letter added, dropped, exchanged or swapped makes `other` of `one`.

    n and ñ are different letters, not a typo of each other (M24).
    """
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    at = len(commonprefix((one, other)))
    a, b = one[at:], other[at:]
    if {a[:1], b[:1]} == {"n", "ñ"}:
        return False
    swapped = len(a) > 1 and len(b) > 1 and a[0] == b[1] and a[1] == b[0] and a[2:] == b[2:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or swapped


def kinship(one: str, other: str) -> float:
    """How much two stems share of their beginning, from 0 (strangers) to 1 (the same)."""
    shared = len(commonprefix((one, other)))
    if {one[shared : shared + 1], other[shared : shared + 1]} == {"n", "ñ"}:
        return 0.0
    return 2 * shared / (len(one) + len(other))
