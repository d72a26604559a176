"""On which line each field of a TOML text stands: the parser tells none."""

from __future__ import annotations

import re

Where = tuple[str | int, ...]

_HEADER = re.compile(r"^[ \t]*(\[\[?)[ \t]*([\w-]+(?:[ \t]*\.[ \t]*[\w-]+)*)[ \t]*\]\]?", re.MULTILINE)
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'  # texts over several lines
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|\#[^\n]*'  # texts, remarks
    r"|(?P<key>[A-Za-z0-9_-]+(?:[ \t]*\.[ \t]*[A-Za-z0-9_-]+)*)[ \t]*="
    r"|(?P<mark>[\[\]{},])|[A-Za-z0-9_-]+|.",
    re.DOTALL,
)


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
