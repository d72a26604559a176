"""A menu file checked without the platform: what WeChat would refuse, and what somebody may regret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from careline.errors import Usage
from careline.menus.lint_rules import RULES_BY_ID
from careline.menus.menu import CONSOLE, NEEDS, OLD_RULES, RULES, Menu, of_file
from careline.toml_file import Finding, Source, unreadable, wrong
from careline.toml_lines import Where

NAME_BYTES = (16, 60)  # on the bar, within a button
NAME_CELLS = (8, 16)
MOST = (3, 5)
KEY_BYTES = 128
URL_BYTES = 1024
SITES = 3
PLATFORMS = ("1", "2", "3")

Note = Callable[[str, Where, str], None]


def lint(path: Path) -> list[Finding]:
    """What is wrong in a file, by line. One that cannot be read is one finding."""
    try:
        source = Source.load(path, "bad_menu")
    except Usage as error:
        return [unreadable(path, error, "M001")]
    return _linted(source)


def checked(path: Path) -> Menu:
    """The menu in a file. Raises Usage with the first thing that WeChat would refuse."""
    source = Source.load(path, "bad_menu")
    for one in _linted(source):
        if one.level == "error":
            raise wrong(path, f"line {one.line}: {one.message} ({one.rule})", "bad_menu")
    return of_file(source.table)


def _linted(source: Source) -> list[Finding]:
    found: list[Finding] = []

    def note(number: str, where: Where, message: str) -> None:
        found.append(Finding(source.path, source.line(where), number, RULES_BY_ID[number].level, message))

    table = source.table
    _known(table, ("button", "conditional"), (), note)
    _menu(table.get("button", []), ("button",), note, "The menu")
    rows = table.get("conditional", [])
    if not _is_list(rows):
        note("M003", ("conditional",), "Conditional menus are a list: [[conditional]]")
        rows = []
    seen: dict[str, int] = {}
    for index, one in enumerate(rows):
        _conditional(one, ("conditional", index), seen, note)
    if rows and not table.get("button"):
        note("M013", ("conditional", 0), "There is no default menu: [[button]]")
    return sorted(found, key=lambda one: (one.line, one.rule))


def _conditional(one: dict[str, Any], where: Where, seen: dict[str, int], note: Note) -> None:
    _known(one, ("matchrule", "button"), where, note)
    _menu(one.get("button", []), (*where, "button"), note, "A conditional menu")
    match = one.get("matchrule", {})
    if not isinstance(match, dict):
        note("M003", (*where, "matchrule"), "matchrule is a table")
        return
    _known(match, (*RULES, *OLD_RULES), (*where, "matchrule"), note)
    said = {name: str(value) for name, value in match.items() if str(value).strip()}
    for name, value in match.items():
        if not isinstance(value, str | int) or isinstance(value, bool):
            note("M003", (*where, "matchrule", name), f"{name} is text")
        if name in OLD_RULES:
            note("M016", (*where, "matchrule", name), f"Nobody is matched by {name} any more")
    if not said.keys() & {*RULES, *OLD_RULES}:
        note("M012", (*where, "matchrule"), "The matchrule says nothing")
    if (platform := said.get("client_platform_type", "1")) not in PLATFORMS:
        note("M012", (*where, "matchrule", "client_platform_type"), f"client_platform_type is 1, 2 or 3, not {platform}")
    first = seen.setdefault(repr(sorted(said.items())), int(where[1]) + 1)
    if said and first != int(where[1]) + 1:
        note("M017", where, f"Never shown: conditional menu {first} has the same rule")


def _menu(rows: Any, where: Where, note: Note, what: str) -> None:
    """One menu: its buttons, and what they are together."""
    if not _is_list(rows):
        note("M003", where, f"Buttons are a list: [[{'.'.join(str(part) for part in where if isinstance(part, str))}]]")
        return
    if not 1 <= len(rows) <= MOST[0]:
        note("M005", (*where, MOST[0]) if rows else where, f"{what} has {len(rows)} buttons, and one to three is what it takes")
    keys: dict[str, str] = {}
    sites: set[str] = set()
    for place, one in _all(rows, where, note):
        key, name = one.get("key"), str(one.get("name", ""))
        if isinstance(key, str) and keys.setdefault(key, name) != name:
            note("M015", (*place, "key"), f"{keys[key]} and {name} have the key {key}")
        url = one.get("url")
        if isinstance(url, str) and _is_address(url) and (host := urlsplit(url).hostname or "") not in sites:
            sites.add(host)
            if len(sites) == SITES + 1:
                note("M018", (*place, "url"), f"Leads to a fourth site: {', '.join(sorted(sites))}")


def _all(rows: list[dict[str, Any]], where: Where, note: Note) -> Iterator[tuple[Where, dict[str, Any]]]:
    """Every button that does something, after a look at each."""
    for index, one in enumerate(rows):
        place = (*where, index)
        inside = one.get("sub_button")
        _named(one, place, 0, note)
        if not inside:
            _leaf(one, place, note)
            yield place, one
            continue
        _known(one, ("name", "sub_button", "type", *_FIELDS), place, note)
        if extra := sorted(one.keys() & {"type", *_FIELDS}):
            note("M010", (*place, extra[0]), f"{one.get('name', 'It')} opens others, so its {extra[0]} is never used")
        if not _is_list(inside):
            note("M003", (*place, "sub_button"), "Buttons within one are a list: [[button.sub_button]]")
            continue
        if len(inside) > MOST[1]:
            where_too_many = (*place, "sub_button", MOST[1])
            note("M005", where_too_many, f"{one.get('name', 'It')} has {len(inside)} buttons within it, five at most")
        for number, sub in enumerate(inside):
            spot = (*place, "sub_button", number)
            _named(sub, spot, 1, note)
            if sub.get("sub_button"):
                note("M010", (*spot, "sub_button"), "A button within another has none within it")
            else:
                _leaf(sub, spot, note)
                yield spot, sub


def _named(one: dict[str, Any], where: Where, level: int, note: Note) -> None:
    name = one.get("name", "")
    if not isinstance(name, str):
        note("M003", (*where, "name"), "A name is text")
    elif not name.strip():
        note("M004", where, "The button has no name")
    elif len(name.encode()) > NAME_BYTES[level]:
        size = len(name.encode())
        note("M006", (*where, "name"), f"{name} has {size} bytes, and WeChat takes {NAME_BYTES[level]} here")
    elif _cells(name) > NAME_CELLS[level]:
        note("M014", (*where, "name"), f"{name} is longer than a phone shows here")


def _leaf(one: dict[str, Any], where: Where, note: Note) -> None:
    type = one.get("type", "")
    name = one.get("name", "The button")
    if not isinstance(type, str) or not type:
        note("M004", where, f"{name} has no type, and none within it")
        return
    if type in CONSOLE:
        note("M011", (*where, "type"), f"No call makes a button of type {type}")
        return
    if type not in NEEDS:
        note("M009", (*where, "type"), f"There is no type {type}")
        return
    _known(one, ("name", "type", "sub_button", *NEEDS[type]), where, note)
    for field in NEEDS[type]:
        value = one.get(field, "")
        if not isinstance(value, str):
            note("M003", (*where, field), f"{field} is text")
        elif not value.strip():
            note("M004", where, f"{name} is a {type} and needs a {field}")
        elif field == "key" and len(value.encode()) > KEY_BYTES:
            note("M007", (*where, field), f"The key has {len(value.encode())} bytes, 128 at most")
        elif field == "url" and (len(value.encode()) > URL_BYTES or not _is_address(value)):
            note("M008", (*where, field), "The address is longer than 1,024 bytes, or is none")


def _known(table: dict[str, Any], fields: tuple[str, ...], where: Where, note: Note) -> None:
    for name, value in table.items():
        if name not in fields:
            place = (*where, name, 0) if isinstance(value, list) else (*where, name)  # a [[table]] has the line of its first
            note("M002", place, f"{name} is not known here; there are {', '.join(dict.fromkeys(fields))}")


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _is_address(url: str) -> bool:
    return re.match(r"https?://[^\s/?#]+", url) is not None


def _cells(name: str) -> int:
    """How wide a name is on the bar: a Chinese character or an emoji is two letters wide."""
    return sum(2 if character > "\u2e7f" else 1 for character in name)


_FIELDS = tuple(dict.fromkeys(field for fields in NEEDS.values() for field in fields))
