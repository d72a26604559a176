"""Rows in the shape that was asked for: table, json, jsonl, csv, tsv or ids.

A machine gets whole values: instants as RFC 3339 in UTC, ids as strings, null for what is unknown. A person gets a table with
relative times, cut to the terminal. Rows are written as they come; only a table holds them back, to know its widths.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from careline.clock import SECOND
from careline.errors import Usage
from careline.rules import times
from cli.cells import cells, clean, fit, pad

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "ids")
IDS = {"id": "", "chat": "", "contact": "c", "message": "m"}
RIGHT = ("count", "length", "since")
CUT = ("text", "list")
STATES = {
    "good": ("active", "ok", "approved", "accepted", "sent", "delivered", "read", "open", "running", "done"),
    "warn": ("incomplete", "paused", "warning", "pending", "queued", "sending", "new", "in_appeal"),
    "bad": ("error", "failed", "rejected", "unknown", "removed", "disabled", "dead", "lost"),
}
TONE_OF = {state: tone for tone, states in STATES.items() for state in states}
PLATFORM = {"whatsapp": "WhatsApp", "wechat": "WeChat", "wecom": "WeCom"}
NARROWEST = 4
GAP = 2

Record = Mapping[str, Any]


class Column(NamedTuple):
    """One field of a record, and how people see it.

    ``how`` is text, state, id, chat, contact, message, when, since, length, count, flag or list. ``cell`` makes the text for
    the table from the whole record where one field does not say enough. Those not ``shown`` come by ``--columns``.
    """

    field: str
    title: str = ""
    how: str = "text"
    cell: Callable[[Record], str] | None = None
    shown: bool = True


def choose(columns: Iterable[Column], wanted: str) -> list[Column]:
    """The columns named in ``wanted`` (``a,b``), in that order. Raises Usage naming what there is."""
    known = {column.field: column for column in columns}
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    missing = [name for name in names if name not in known]
    if missing or not names:
        failure = f"There is no column {missing[0]!r} here." if missing else "--columns needs a name."
        raise Usage(failure, code="unknown_column", hint="There are: " + ", ".join(known))
    return [known[name] for name in names]


def record_of(row: object) -> Record:
    """A row as a mapping, whether it is one already or a struct of the engine."""
    if isinstance(row, Mapping):
        return row
    fields: tuple[str, ...] = getattr(row, "__struct_fields__", ())
    return {field: getattr(row, field) for field in fields}


def whole(record: Record, column: Column) -> Any:
    """The value of a column for a machine: nothing cut, nothing relative, None when unknown."""
    return _plain(_at(record, column.field), column.field, column.how)


def objects(rows: Iterable[object], columns: Iterable[Column], *, only: bool) -> Iterator[dict[str, Any]]:
    """The JSON object of each row: every column, null where unknown, and with ``only`` nothing else of the record."""
    columns = list(columns)
    for row in rows:
        record = record_of(row)
        made = {column.field: whole(record, column) for column in columns if only or "." not in column.field}
        if not only:
            made |= {key: _plain(value, key, "") for key, value in record.items() if key not in made}
        yield made


def json_text(value: object, *, indent: int | None = None) -> str:
    """JSON on one line, or indented, in UTF-8 rather than escapes."""
    return json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False, default=str)


def array(items: Iterable[object]) -> Iterator[str]:
    """One JSON array in pieces, an object a line, for any number of objects."""
    before = "["
    for item in items:
        yield f"{before}\n{json_text(item)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def tsv_line(values: Iterable[object]) -> str:
    """One line of values between tabs. In a value, tab, line ends and backslash are written with a backslash.

    Control characters are made visible: a pipe often ends on a terminal, and the text is a stranger's.
    """
    return "\t".join(clean(_scalar(value).translate(TSV_ESCAPES)) for value in values) + "\n"


def csv_line(values: Iterable[object]) -> str:
    """One line of RFC 4180: quoted where needed, ended by CR LF."""
    return str(_CSV.writerow([_scalar(value) for value in values]))


def identifier(record: Record, columns: Iterable[Column]) -> str:
    """What names this record on the command line: its first column that is an id, else its first column."""
    columns = list(columns)
    column = next((column for column in columns if column.how in IDS), columns[0])
    return _scalar(whole(record, column))


def cell(record: Record, column: Column, now: int) -> str:
    """The text of a column for a person, on one line."""
    text = column.cell(record) if column.cell else _seen(_at(record, column.field), column, now)
    return clean(text)


def table(rows: list[list[str]], columns: list[Column], *, width: int | None, paint: Callable[[str, str], str]) -> str:
    """Rows of cells under their titles, cut to ``width`` cells (None: never)."""
    import tabulate

    tabulate.wcwidth, tabulate.WIDE_CHARS_MODE = _Cells, True
    lines = [[title_of(column) for column in columns], *rows]
    widths = _widths(lines, columns, width)
    cut = [[fit(text, room) for text, room in zip(line, widths, strict=True)] for line in lines]
    drawn = [
        [paint(text, TONE_OF[text]) if _is_state(column, text) else text for text, column in zip(line, columns, strict=True)]
        for line in cut
    ]
    aligned = ["right" if column.how in RIGHT else "left" for column in columns]
    header, *others = tabulate.tabulate(drawn, tablefmt="plain", disable_numparse=True, colalign=aligned).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in (paint(header.rstrip(), "bold"), *others))


def fields(record: Record, columns: list[Column], now: int, paint: Callable[[str, str], str]) -> str:
    """One record, a field a line, the names in front."""
    pairs = [(title_of(column).lower(), cell(record, column, now), column) for column in columns]
    room = max(cells(name) for name, _, _ in pairs)
    return "".join(
        f"{paint(pad(name, room), 'dim')}  {paint(text, TONE_OF[text]) if _is_state(column, text) else text or '-'}\n"
        for name, text, column in pairs
    )


def title_of(column: Column) -> str:
    """What stands above a column."""
    return column.title or column.field.removesuffix("_at").replace("_", " ").replace(".", " ").upper()


TSV_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"})


class _Echo:
    """Gives a line back to whoever asked the csv writer for it."""

    write = staticmethod(str)


_CSV = csv.writer(_Echo(), lineterminator="\r\n")


class _Cells:
    """Stands in for the wcwidth package, which tabulate asks for widths where it is installed."""

    wcswidth = staticmethod(cells)


def _at(record: Record, field: str) -> Any:
    value: Any = record
    for key in field.split("."):
        if not isinstance(value, Mapping):
            value = record_of(value)
        value = value.get(key)
        if value is None:
            return None
    return value


def _plain(value: Any, key: str, how: str) -> Any:
    if value is None:
        return None
    if how in IDS:
        return f"{IDS[how]}{value}"
    if isinstance(value, int) and not isinstance(value, bool) and (how in ("when", "since") or key.endswith("_at")):
        return times.rfc3339(value)
    if isinstance(value, Mapping) or hasattr(value, "__struct_fields__"):
        return {inner: _plain(part, inner, "") for inner, part in record_of(value).items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(part, "", "") for part in value]
    return value


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(part, (str, int, float)) for part in value):
        return ",".join(_scalar(part) for part in value)
    if isinstance(value, (dict, list)):
        return json_text(value)
    return str(value)


def _seen(value: Any, column: Column, now: int) -> str:
    if value is None or value == "":
        return ""
    how = column.how
    if how == "when" and isinstance(value, int):
        return times.ago(value, now)
    if how == "since" and isinstance(value, int):
        return times.compact(now - value)
    if how == "length" and isinstance(value, (int, float)):
        return times.compact(int(value * SECOND))
    if how == "count" and isinstance(value, int):
        return f"{value:,}"
    if how == "flag":
        return "yes" if value else "no"
    if how == "list" and isinstance(value, Iterable):
        return ", ".join(_scalar(_plain(part, "", "")) for part in value)
    return _scalar(_plain(value, column.field, how))


def _is_state(column: Column, text: str) -> bool:
    return column.how == "state" and text in TONE_OF


def _widths(rows: list[list[str]], columns: list[Column], width: int | None) -> list[int]:
    """The width of each column: as wide as its widest cell, then texts made narrower until the line fits or they are tiny."""
    widths = [max(1, *(cells(row[index]) for row in rows)) for index in range(len(columns))]
    too_much = 0 if width is None else sum(widths) + GAP * (len(widths) - 1) - width
    texts = [index for index, column in enumerate(columns) if column.how in CUT]
    while too_much > 0 and (wide := [index for index in texts if widths[index] > NARROWEST]):
        widths[max(wide, key=widths.__getitem__)] -= 1
        too_much -= 1
    return widths
