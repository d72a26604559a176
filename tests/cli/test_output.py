"""Rows in every shape, as a terminal and as a pipe see them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import Struct

from careline.clock import HOUR, MINUTE, SECOND, Clock
from careline.errors import Usage
from cli.output import Column, choose
from cli.printer import Printer
from cli.streams import Streams

NOON = int(datetime(2026, 3, 6, 12, tzinfo=UTC).timestamp()) * SECOND

COLUMNS = [
    Column("conversation", "CHAT", "chat"),
    Column("contact", how="contact", shown=False),
    Column("contact_name", "CUSTOMER"),
    Column("state", how="state"),
    Column("waiting_since_at", "WAITS", "since"),
    Column("messages_in", "IN", "count"),
    Column("window.left_s", "LEFT", "length", shown=False),
    Column("last", cell=lambda record: f"“{record['last']}”"),
]

ROWS: list[dict[str, Any]] = [
    {
        "conversation": 41,
        "contact": 17,
        "contact_name": "Anna Rossi",
        "state": "open",
        "waiting_since_at": NOON - 38 * MINUTE,
        "messages_in": 1306,
        "window": {"left_s": 84060, "ends_at": NOON + 23 * HOUR},
        "last": 'il "pacco",\ngrazie',
    },
    {
        "conversation": 57,
        "contact": 93,
        "contact_name": "李薇",
        "state": "failed",
        "waiting_since_at": None,
        "messages_in": 2,
        "window": None,
        "last": "请问可以退货吗?",
        "seen_at": NOON,
    },
]


def printed(
    format: str,
    rows: Any = ROWS,
    *,
    columns: list[Column] = COLUMNS,
    chosen: str = "",
    limit: int | None = None,
    terminal: bool = False,
    width: int = 80,
    one: bool = False,
) -> str:
    stdout = io.StringIO()
    streams = Streams(io.StringIO(), stdout, io.StringIO(), out_terminal=terminal, width=width)
    streams.color = "never"
    printer = Printer(streams, format, chosen=chosen, limit=limit, now=lambda: NOON)
    if one:
        printer.one(rows[0], columns, title="")
    else:
        printer.rows(rows, columns, more=0, title="")
    return stdout.getvalue()


def test_a_table_has_a_header_relative_times_and_columns_that_line_up_across_wide_characters() -> None:
    assert printed("table", terminal=True) == (
        "CHAT  CUSTOMER    STATE   WAITS     IN  LAST\n"
        '41    Anna Rossi  open      38m  1,306  “il "pacco",↵grazie”\n'
        "57    李薇        failed             2  “请问可以退货吗?”\n"
    )


def test_a_table_is_cut_to_the_terminal_at_its_widest_text_and_whole_in_a_pipe() -> None:
    narrow = printed("table", terminal=True, width=50)
    assert max(len(line) for line in narrow.splitlines()) <= 50
    assert "1,306" in narrow
    assert "…" in narrow
    assert "…" not in printed("table", width=50)


def test_numbers_times_and_names_are_never_cut() -> None:
    line = printed("table", terminal=True, width=10).splitlines()[1]
    assert line.split() == ["41", "Ann…", "open", "38m", "1,306", "“il…"]


def test_colour_is_never_the_only_sign_and_does_not_move_a_column() -> None:
    stdout = io.StringIO()
    streams = Streams(io.StringIO(), stdout, io.StringIO(), out_terminal=True)
    Printer(streams, "table", chosen="", limit=None, now=lambda: NOON).rows(ROWS, COLUMNS, more=0, title="")
    painted = stdout.getvalue()
    assert "\x1b[31mfailed\x1b[0m" in painted
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"):
        painted = painted.replace(code, "")
    assert painted == printed("table", terminal=True)


def test_a_state_stays_whole_when_the_line_is_too_long() -> None:
    rows = [{"state": "delivered", "text": "x" * 200}]
    shown = printed("table", rows, columns=[Column("state", how="state"), Column("text")], terminal=True, width=20)
    assert "delivered" in shown
    assert "x" * 20 not in shown


def test_tsv_has_no_header_and_whole_values_on_one_line_each() -> None:
    assert printed("tsv") == (
        '41\tAnna Rossi\topen\t2026-03-06T11:22:00Z\t1306\til "pacco",\\ngrazie\n57\t李薇\tfailed\t\t2\t请问可以退货吗?\n'
    )


def test_tsv_can_be_taken_back_to_the_text_it_came_from() -> None:
    text = "tab\there\\n\r\nend"
    line = printed("tsv", [{"text": text}], columns=[Column("text")]).removesuffix("\n")
    assert "\t" not in line
    assert line.encode().decode("unicode_escape") == text


def test_csv_has_a_header_and_is_rfc_4180() -> None:
    text = printed("csv")
    assert text.splitlines(keepends=True)[0] == "conversation,contact_name,state,waiting_since_at,messages_in,last\r\n"
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows[0]["last"] == ROWS[0]["last"]
    assert rows[1]["waiting_since_at"] == ""


def test_json_is_one_array_with_every_column_null_where_unknown() -> None:
    first, second = json.loads(printed("json"))
    assert first["conversation"] == "41"
    assert first["contact"] == "c17"
    assert first["waiting_since_at"] == "2026-03-06T11:22:00Z"
    assert first["window"] == {"left_s": 84060, "ends_at": "2026-03-07T11:00:00Z"}
    assert second["waiting_since_at"] is None
    assert second["seen_at"] == "2026-03-06T12:00:00Z"
    assert list(first)[:3] == ["conversation", "contact", "contact_name"]


def test_an_empty_list_is_an_empty_array_and_elsewhere_nothing() -> None:
    assert json.loads(printed("json", [])) == []
    assert printed("jsonl", []) == printed("tsv", []) == printed("ids", []) == printed("table", []) == ""
    assert printed("csv", []).count("\n") == 1


def test_jsonl_is_an_object_a_line_and_keeps_letters_as_they_are() -> None:
    lines = printed("jsonl").splitlines()
    assert [json.loads(line)["contact_name"] for line in lines] == ["Anna Rossi", "李薇"]
    assert "李薇" in lines[1]


def test_ids_are_what_the_command_line_takes_back() -> None:
    assert printed("ids") == "41\n57\n"
    assert printed("ids", columns=[Column("state"), Column("contact", how="contact")]) == "c17\nc93\n"


def test_chosen_columns_come_in_the_order_chosen_and_reach_inside() -> None:
    assert printed("tsv", chosen="contact, window.left_s") == "c17\t84060\nc93\t\n"
    assert json.loads(printed("jsonl", ROWS[:1], chosen="window.left_s,state")) == {"window.left_s": 84060, "state": "open"}


def test_an_unknown_column_is_refused_with_the_list() -> None:
    with pytest.raises(Usage) as refused:
        choose(COLUMNS, "state,colour")
    assert "colour" in refused.value.message
    assert "waiting_since_at" in refused.value.hint


def test_one_record_is_a_field_a_line() -> None:
    assert printed("table", terminal=True, one=True, columns=COLUMNS[:5]) == (
        "chat      41\ncustomer  Anna Rossi\nstate     open\nwaits     38m\n"
    )
    assert printed("tsv", one=True, columns=COLUMNS[:3]) == "conversation\t41\ncontact_name\tAnna Rossi\n"
    assert json.loads(printed("json", one=True))["conversation"] == "41"
    assert printed("csv", one=True, columns=COLUMNS[:3]) == "conversation,contact_name\r\n41,Anna Rossi\r\n"
    assert printed("ids", one=True) == "41\n"


@pytest.mark.parametrize("format", ["json", "jsonl", "csv", "tsv", "ids"])
def test_data_leaves_as_it_comes_and_is_never_held_in_memory(format: str) -> None:
    stdout = io.StringIO()
    seen: list[int] = []

    def rows() -> Iterator[dict[str, int]]:
        for number in range(3):
            seen.append(len(stdout.getvalue()))
            yield {"number": number}

    printer = Printer(Streams(io.StringIO(), stdout, io.StringIO()), format, chosen="", limit=None, now=Clock().now)
    assert printer.rows(rows(), [Column("number", how="count")], more=0, title="") == (3, 3)
    assert seen[0] < seen[1] < seen[2]


def test_a_limit_cuts_every_format_and_a_table_knows_how_many_there_are() -> None:
    assert printed("ids", limit=1) == "41\n"
    assert len(json.loads(printed("json", limit=1))) == 1
    streams = Streams(io.StringIO(), io.StringIO(), io.StringIO())
    assert Printer(streams, "table", chosen="", limit=1, now=lambda: NOON).rows(ROWS, COLUMNS, more=410, title="") == (1, 412)


def test_a_customers_text_cannot_act_on_the_terminal_in_any_format() -> None:
    nasty = [{"text": "\x1b]0;owned\x07\x9b2J\u202eend"}]
    for format in ("table", "json", "jsonl", "csv", "tsv", "ids"):
        text = printed(format, nasty, columns=[Column("text")], terminal=True)
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text), format
    assert json.loads(printed("jsonl", nasty, columns=[Column("text")], terminal=True))["text"] == nasty[0]["text"]
    assert not {"\x1b", "\u202e"} & set(printed("tsv", nasty, columns=[Column("text")]))
    assert "\u202e" in printed("csv", nasty, columns=[Column("text")])


def test_a_row_of_the_engine_is_a_record_too() -> None:
    class Inner(Struct, frozen=True):
        left: int
        ends_at: int

    class Row(Struct, frozen=True):
        id: int
        window: Inner
        tags: tuple[str, ...]
        quiet: bool

    columns = [Column("id", how="message"), Column("window.left"), Column("tags", how="list"), Column("quiet", how="flag")]
    rows = [Row(902, Inner(5, NOON), ("vip", "late"), True)]
    assert printed("tsv", rows, columns=columns) == "m902\t5\tvip,late\ttrue\n"
    assert printed("table", rows, columns=columns).splitlines()[1].split() == ["m902", "5", "vip,", "late", "yes"]
    assert json.loads(printed("jsonl", rows, columns=columns))["window"] == {"left": 5, "ends_at": "2026-03-06T12:00:00Z"}


def test_a_live_row_leaves_at_once_under_one_header() -> None:
    stdout = io.StringIO()
    printer = Printer(Streams(io.StringIO(), stdout, io.StringIO()), "csv", chosen="", limit=None, now=lambda: NOON)
    printer.live({"seq": 1}, [Column("seq")])
    printer.live({"seq": 2}, [Column("seq")])
    assert stdout.getvalue() == "seq\r\n1\r\n2\r\n"
