"""A template file as text, with the line on which each of its fields stands: the TOML parser tells none."""

from __future__ import annotations

import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

from careline.errors import Usage

MAX_FILE = 256 * 1024

Where = tuple[str | int, ...]
Table = dict[str, Any]

_HEADER = re.compile(r"^[ \t]*(\[\[?)[ \t]*([\w-]+(?:[ \t]*\.[ \t]*[\w-]+)*)[ \t]*\]\]?", re.MULTILINE)
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'  # texts over several lines
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|\#[^\n]*'  # texts, remarks
    r"|(?P<key>[A-Za-z0-9_-]+(?:[ \t]*\.[ \t]*[A-Za-z0-9_-]+)*)[ \t]*="
    r"|(?P<mark>[\[\]{},])|[A-Za-z0-9_-]+|.",
    re.DOTALL,
)


class Source:
    """One file: its ``table`` as TOML has it, and ``line`` of any field in it."""

    def __init__(self, path: Path, text: str, table: Table) -> None:
        self.path = path
        self.text = text
        self.table = table

    @classmethod
    def load(cls, path: Path) -> Source:
        """The file. Raises Usage with the code ``unreadable_file``, or ``bad_template`` when it is no TOML."""
        try:
            if path.stat().st_size > MAX_FILE:
                raise _wrong(path, f"it is larger than any template ({MAX_FILE} bytes)")
            text = path.read_text("utf-8")
        except OSError as error:
            raise Usage(f"{path} cannot be read: {error.strerror}.", code="unreadable_file") from None
        except UnicodeDecodeError:
            raise _wrong(path, "it is not UTF-8 text") from None
        try:
            return cls(path, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise _wrong(path, str(error)) from None
        except RecursionError:
            raise _wrong(path, "it is nested too deeply") from None

    def line(self, where: Where) -> int:
        """The line of the field ``where``, or of what it stands in; 1 for the file itself."""
        while where not in self._lines:
            where = where[:-1]
        return self._lines[where]

    @cached_property
    def _lines(self) -> dict[Where, int]:
        return lines_of(self.text)


def lines_of(text: str) -> dict[Where, int]:
    """The line of every field of a valid TOML text: ``("buttons", 1, "text")``. Quoted keys are left out."""
    found: dict[Where, int] = {(): 1}
    tables: dict[Where, int] = {}  # how many there are of each [[array]]
    opened: list[tuple[Where, int]] = []  # brackets of the value at hand: whose they are, how many parts before (-1: a table)
    table: Where = ()
    key: Where = ()
    at, line = 0, 1
    while at < len(text):
        header = None if opened else _HEADER.match(text, at)
        if header:
            table = _table(header[2], header[1] == "[[", tables)
            found.setdefault(table, line + header[0].count("\n"))
            at = header.end()
            continue
        token = _TOKEN.match(text, at)
        assert token is not None  # its last branch takes anything
        if token["key"]:
            inner = _inner(opened) if opened else table
            key = inner + tuple(part.strip() for part in token["key"].split("."))
            found.setdefault(key, line)
        elif token["mark"]:
            _bracket(token["mark"], opened, key, found, line)
        line += token[0].count("\n")
        at = token.end()
    return found


def _table(name: str, repeated: bool, tables: dict[Where, int]) -> Where:
    where: Where = ()
    *outer, last = (part.strip() for part in name.split("."))
    for part in outer:
        where += (part,)
        if where in tables:
            where += (tables[where] - 1,)
    where += (last,)
    if repeated:
        tables[where] = tables.get(where, 0) + 1
        where += (tables[where] - 1,)
    return where


def _inner(opened: list[tuple[Where, int]]) -> Where:
    return opened[-1][0]


def _bracket(mark: str, opened: list[tuple[Where, int]], key: Where, found: dict[Where, int], line: int) -> None:
    if mark in "[{":
        where = key
        if opened and opened[-1][1] >= 0:  # in a list
            where = (*opened[-1][0], opened[-1][1])
            found.setdefault(where, line)
        opened.append((where, 0 if mark == "[" else -1))
    elif mark in "]}" and opened:
        opened.pop()
    elif mark == "," and opened and opened[-1][1] >= 0:
        opened[-1] = (opened[-1][0], opened[-1][1] + 1)


def _wrong(path: Path, why: str) -> Usage:
    return Usage(f"{path}: {why}.", code="bad_template")
