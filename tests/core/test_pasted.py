"""What is typed or pasted into a text: plain words, and the clipboard of Word."""

from __future__ import annotations

import re
import time
from pathlib import Path

from apps.core.pasted import from_input
from apps.core.richtext import plain_text, sanitise

# As Word 2019 puts it on the clipboard, shortened: head, lists by style, a smart tag, a table.
WORD = (Path(__file__).parent / "word.html").read_text()


def cleaned(text: str) -> str:
    return sanitise(from_input(text))


def test_word_leaves_nothing_of_its_own():
    text = cleaned(WORD)
    for trace in (
        "mso",
        "Mso",
        "style",
        "class",
        "o:p",
        "st1",
        "xml",
        "Normal",
        "<span",
        "<!",
        "file:",
    ):
        assert trace not in text, trace
    assert "Borrador" not in text
    assert "En Bogotá se atiende" in plain_text(text)


def test_word_lists_become_lists_nested_as_they_were():
    text = re.sub(r"\s*\n\s*", "", cleaned(WORD))
    assert (
        "<ul><li>Salude a la persona.<ul><li>Por su nombre.</li></ul></li><li>Escuche.</li></ul>"
        in text
    )
    assert "<ol><li>Registre.</li><li>Responda.</li></ol>" in text
    assert "·" not in text


def test_word_titles_begin_below_the_title_of_the_page():
    text = cleaned(WORD)
    assert "<h2>Atender</h2>" in text
    assert "<h3>Pasos</h3>" in text


def test_word_tables_keep_cells_and_spans_alone():
    text = cleaned(WORD)
    assert '<td colspan="2"><p>Plazo</p></td>' in text
    assert "<p></p>" not in text


def test_plain_text_keeps_its_paragraphs_and_lines():
    assert cleaned("Uno\r\ndos\r\n\r\n  Tres < 4 & más  \n") == (
        "<p>Uno<br>dos</p><p>Tres &lt; 4 &amp; más</p>"
    )
    assert cleaned("  \n ") == ""
    assert cleaned("si a<b y c>d") == "<p>si a&lt;b y c&gt;d</p>"


def test_a_megabyte_of_unclosed_word_is_read_in_time():
    began = time.perf_counter()
    for piece in (
        "<p style='mso-list:l0 level1 lfo1'>",
        "<![if !supportLists]>",
        "<!--",
        "<o:p",
        "<p",
    ):
        cleaned("mso-<p>" + piece * (400_000 // len(piece)))
    assert time.perf_counter() - began < 30
