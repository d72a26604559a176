"""Rows as bytes: a JSON object a line, or CSV after RFC 4180."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

import msgspec

from careline.crashpoint import reached
from careline.errors import Usage
from careline.rules.records import Record

FORMATS = ("jsonl", "csv")


def format_of(path: str, given: str | None) -> str:
    """The format that ``given`` or the suffix names. Raises Usage for none or an unknown one."""
    name = given or PurePath(path).suffix.lstrip(".").lower() or ("jsonl" if path == "-" else "")
    if name not in FORMATS:
        raise Usage(
            f"{name or path!r} is not a format that can be written.",
            code="bad_format",
            hint=f"The suffix of --to or --format says it: {', '.join(FORMATS)}.",
        )
    return name


def encoded(rows: Iterable[Record], format: str, columns: tuple[str, ...]) -> Iterator[bytes]:
    """The rows in that format, piece by piece."""
    return _jsonl(rows) if format == "jsonl" else _csv(rows, columns)


def _jsonl(rows: Iterable[Record]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    for row in rows:
        yield encode(row) + b"\n"
        reached("export.row")


def _csv(rows: Iterable[Record], columns: tuple[str, ...]) -> Iterator[bytes]:
    """Nested values are columns of their own (``window.left``), lists are JSON in a cell."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(_at(row, column)) for column in columns])
        reached("export.row")
        if buffer.tell() > 64 * 1024:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _at(row: Record, column: str) -> Any:
    value: Any = row
    for name in column.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode()
    return str(value)
