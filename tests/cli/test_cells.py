"""Text on a terminal."""

from __future__ import annotations

import pytest

from cli.cells import cells, clean, fit, pad


@pytest.mark.parametrize(
    ("text", "width"),
    [("Anna", 4), ("", 0), ("李薇", 4), ("你好!", 5), ("e\u0301", 1), ("ｱ", 1), ("🙂", 2), ("+39 333 •• 67", 13)],
)
def test_a_text_is_as_wide_as_its_cells(text: str, width: int) -> None:
    assert cells(text) == width


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("Anna Rossi", 10, "Anna Rossi"),
        ("Anna Rossi", 6, "Anna …"),
        ("请问可以退货吗", 7, "请问可…"),
        ("请问可以", 6, "请问…"),
        ("ab", 1, "…"),
    ],
)
def test_a_cut_text_never_takes_more_cells_than_there_are(text: str, width: int, cut: str) -> None:
    assert fit(text, width) == cut
    assert cells(fit(text, width)) <= width


def test_padding_counts_cells() -> None:
    assert pad("李薇", 6) == "李薇  "
    assert pad("38m", 5, right=True) == "  38m"


@pytest.mark.parametrize("nasty", ["\x1b[2J", "\x07", "\x9b31m", "\u202e", "\u2066", "\x7f", "\u2028"])
def test_what_could_act_on_a_terminal_is_made_visible(nasty: str) -> None:
    shown = clean(f"a{nasty}b")
    assert nasty[0] not in shown
    assert "\\u" in shown


def test_ordinary_text_of_any_language_stays_as_it_is() -> None:
    text = "È arrivato! 李薇 مرحبا 👩‍👧 e\u0301"
    assert clean(text) == text


def test_a_line_end_is_shown_and_not_made() -> None:
    assert clean("one\r\ntwo\tthree") == "one↵two three"
    assert clean("one\ntwo", keep="\n") == "one\ntwo"
