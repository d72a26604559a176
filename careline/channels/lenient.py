"""JSON as platforms really send it: NUL, half characters, NaN, numbers without end. What comes out can always be stored.

A database refuses text with NUL (PostgreSQL) and text that is not Unicode (all of them), and one such letter in a display name
must not cost a message. Both become U+FFFD.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

_HALF = re.compile("[\ud800-\udfff]")


class TooDeep(ValueError):
    """Nested beyond what a decoder takes."""


def decode(body: bytes) -> Any:
    """The value in ``body``. Raises ValueError when it is no JSON: TooDeep when it might be.

    Numbers that are too large to be read come as their text, and so do NaN and Infinity.
    """
    body = without_nul(body)
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise TooDeep("it is nested too deep") from None
    except (msgspec.MsgspecError, UnicodeError):
        return _odd(body)


def without_nul(body: bytes) -> bytes:
    """The same JSON with U+FFFD for every NUL in its strings. What only looks like one, behind a backslash of text, stays."""
    if rb"\u0000" not in body:
        return body
    return body.replace(rb"\\", rb"\u005c").replace(rb"\u0000", rb"\ufffd")


def _odd(body: bytes) -> Any:
    """What a strict decoder refuses and Python's takes: half characters, NaN, numbers out of range, a byte order mark."""
    text = body.decode("utf-8-sig")
    try:
        try:
            value = json.loads(text, parse_float=_float, parse_constant=str)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a whole number of more digits than Python reads
            value = json.loads(text, parse_float=_float, parse_constant=str, parse_int=_int)
        return msgspec.json.decode(_HALF.sub("\ufffd", json.dumps(value, ensure_ascii=False)))
    except RecursionError:
        raise TooDeep("it is nested too deep") from None


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) < 4000 else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits
