"""Reading what Meta really sends: numbers as text, text as numbers, one thing where a list belongs, nothing at all.

No function here refuses a value: what cannot be read is empty or None, and whoever needs it whole keeps the raw JSON.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any

MAX_DEPTH = 64  # the deepest payload known has some fifteen levels
MAX_PARTS = 100_000  # objects and lists; a body of a thousand messages, Meta's most, has some ten thousand

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL and half characters: no database or terminal takes them

Fields = dict[str, Any]


def parse(body: bytes) -> Fields:
    """The JSON object in ``body``. Raises ValueError when it is none, has anything after it, or is made to cost time."""
    try:
        found = json.loads(body.decode("utf-8-sig"), parse_int=_int, parse_float=_float, parse_constant=str)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("it is JSON, but not an object")
    _check_size(found)
    return found


def raw(value: Any) -> str:
    """``value`` as JSON text that can be stored and printed."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()


def digest(value: Any) -> str:
    """A name for ``value`` that is the same whenever it comes again: for what Meta gives no id."""
    return hashlib.sha256(raw(value).encode()).hexdigest()[:32]


def as_text(value: Any) -> str:
    """Text as it is, a number in digits, else nothing. NUL and half characters become U+FFFD."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def as_id(value: Any) -> str:
    """An id as text without the spaces around it: Meta's own ``wa_id`` often ends in one."""
    return as_text(value).strip()


def as_int(value: Any) -> int | None:
    """A whole number, be it written as text or with a fraction."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    return None


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
    return isinstance(fields, dict) and all(k in names and not isinstance(v, dict | list) for k, v in fields.items())


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) < 20 else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _check_size(found: Fields) -> None:
    level: list[Any] = [found]
    parts = 0
    for _ in range(MAX_DEPTH):
        parts += len(level)
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if parts + len(level) > MAX_PARTS:
            raise ValueError("it has more parts than any webhook")
        if not level:
            return
    raise ValueError("it is nested too deep")
