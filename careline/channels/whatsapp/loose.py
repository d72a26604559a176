"""Reading what Meta really sends: numbers as text, text as numbers, one thing where a list belongs, nothing at all.

No function here refuses a value: what cannot be read is empty or None, and whoever needs it whole keeps the raw JSON.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from careline.channels.lenient import decode

MAX_DEPTH = 64  # the deepest payload known has some fifteen levels
# Objects and lists, and values, counted as brackets and commas before anything is read, so with those in texts. A body of a
# thousand messages, Meta's most, has some ten and thirty thousand; twenty texts of nothing but these marks fit in beside.
MAX_PARTS = 100_000
MAX_VALUES = 300_000

_CONTAINERS = (dict, list)
_NUMBERS = (int, float)
_MOST = 2**63 - 1  # the largest whole number that a database takes

Fields = dict[str, Any]


def parse(body: bytes) -> Fields:
    """The JSON object in ``body``. Raises ValueError when it is none, has anything after it, or is made to cost time."""
    parts = body.count(b"{") + body.count(b"[")
    if parts > MAX_PARTS or (len(body) > MAX_VALUES and body.count(b",") > MAX_VALUES):
        raise ValueError("it has more parts than any webhook")
    found = decode(body)
    if not isinstance(found, dict):
        raise ValueError("it is JSON, but not an object")
    if parts > MAX_DEPTH:  # else it cannot be that deep
        _check_depth(found)
    return found


def raw(value: Any) -> str:
    """``value``, which ``parse`` has read, as JSON text that can be stored and printed."""
    return msgspec.json.encode(value).decode()


def digest(value: Any) -> str:
    """A name for ``value`` that is the same whenever it comes again: for what Meta gives no id."""
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:32]


def as_text(value: Any) -> str:
    """Text as it is, a number in digits, else nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, _NUMBERS) and not isinstance(value, bool):
        return str(value)
    return ""


def as_id(value: Any) -> str:
    """An id as text without the spaces around it: Meta's own ``wa_id`` often ends in one."""
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else as_text(value)


def as_int(value: Any) -> int | None:
    """A whole number that a database takes, be it written as text or with a fraction."""
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isascii() and len(text) < 19 and text.removeprefix("-").isdigit() else None
    if not isinstance(value, _NUMBERS) or isinstance(value, bool) or not -_MOST <= value <= _MOST:
        return None
    return int(value)


def as_list(value: Any) -> list[Any]:
    """A list as it is, an object as a list of one, else an empty one."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def as_fields(value: Any) -> Fields:
    """An object as it is, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_instant(value: Any) -> int | None:
    """Seconds since 1970 (or milliseconds, which some fields use) as microseconds; None for what is no time."""
    number = as_int(value)
    if number is None or not 0 < number < 10**14:
        return None
    return number * 1_000_000 if number < 10**11 else number * 1_000


def only(fields: Any, *names: str) -> bool:
    """True when ``fields`` is an object that holds nothing but plain values under these names."""
    if not isinstance(fields, dict):
        return False
    for name, value in fields.items():  # noqa: SIM110 - all() takes twice as long
        if name not in names or isinstance(value, _CONTAINERS):
            return False
    return True


def _check_depth(found: Fields) -> None:
    level: list[Any] = [found]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, _CONTAINERS)
        ]
        if not level:
            return
    raise ValueError("it is nested too deep")
