"""A table of codes as somebody keeps it in a spreadsheet: CSV, with a comma or a semicolon between."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from msgspec import Struct

from careline.errors import Usage

COLUMNS = ("scene", "channel", "caption", "text", "campaign", "logo", "expires", "file", "account")
MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 100_000


class Cells(Struct, frozen=True):
    """A row: the ``line`` it begins at in the file, and what its known columns say; an empty cell says nothing."""

    line: int
    values: dict[str, str]


class Table(Struct, frozen=True):
    """The rows of a file, and its columns that nobody here reads."""

    rows: list[Cells]
    unread: list[str]


def read(path: Path) -> Table:
    """The table in a file. Raises Usage for what is no such table."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Usage(f"{path} is too large for a table of codes: more than {MOST_BYTES >> 20} MiB.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Usage(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}.", hint="the path of a CSV file"
        ) from error
    except UnicodeDecodeError as error:
        raise Usage(f"{path} is not UTF-8 text.", hint="save it as CSV UTF-8: spreadsheets offer that under Save as") from error
    if "\0" in text:
        raise Usage(f"{path} is not text.", hint="save the sheet as CSV UTF-8")
    return _table(path, text)


def _table(path: Path, text: str) -> Table:
    head = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    rows: list[Cells] = []
    try:
        names = [name.strip().lower() for name in next(lines, [])]
        _check_names(path, names)
        line = lines.line_num + 1
        for cells in lines:
            values = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name in COLUMNS and cell.strip()}
            if any(cell.strip() for cell in cells):
                rows.append(Cells(line, values))
            if len(rows) > MOST_ROWS:
                raise Usage(f"{path} has more than {MOST_ROWS:,} rows.", hint="several tables, one after the other")
            line = lines.line_num + 1
    except csv.Error as error:
        raise Usage(
            f"{path}, line {lines.line_num}: {error}.", hint="a CSV file, with quotation marks doubled in cells"
        ) from error
    if not rows:
        raise Usage(f"{path} has no rows.", hint=f"a row for each code below the line of names: {', '.join(COLUMNS)}")
    return Table(rows, [name for name in names if name not in COLUMNS and name])


def _check_names(path: Path, names: list[str]) -> None:
    if "scene" not in names:
        raise Usage(
            f"{path} has no column scene in its first line.", hint=f"The columns are: {', '.join(COLUMNS)}; only scene must be."
        )
    twice = next((name for name in names if name in COLUMNS and names.count(name) > 1), None)
    if twice:
        raise Usage(f"{path} has two columns {twice}.", hint="one of each")
