"""What WeChat takes in the typed fields of a template: a key's letters name its type, ``thing1`` is a thing.

Looked at before the call, which would answer 47003 for the first field that is wrong. WeChat types fields since 2023-05-04;
what is not in the table, such as the ``keyword1`` of older templates, takes any text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_CLOCK = r"\d{1,2}:\d{2}(:\d{2})?"
_DAY = r"(\d{4}年\s?\d{1,2}月\s?\d{1,2}日|\d{4}([-/.])\d{1,2}[-/.]\d{1,2})"
_MOMENT = rf"({_DAY}\s*({_CLOCK})?|{_CLOCK})"
_UNTIL = r"\s*[~～至-]\s*"

TYPES: Mapping[str, tuple[str, str]] = {  # a pattern for the whole value, and what it takes in words
    "thing": (r".{1,20}", "at most 20 characters"),
    "number": (r"(?=.{1,32}$)[+-]?\d+(\.\d+)?", "a number of at most 32 digits"),
    "letter": (r"[A-Za-z]{1,32}", "at most 32 letters"),
    "symbol": (r"[^\w\s]{1,5}", "at most 5 signs"),
    "character_string": (r"[\x20-\x7e]{1,32}", "at most 32 digits, letters and signs, none of them Chinese"),
    "time": (rf"{_MOMENT}({_UNTIL}{_MOMENT})?", "a time: 16:30, or 2026年3月6日 16:30"),
    "date": (rf"{_DAY}\s*({_CLOCK})?({_UNTIL}{_MOMENT})?", "a day, perhaps with a time: 2026年3月6日"),
    "amount": (r"(\D{1,3})?\d{1,10}(,\d{3})*(\.\d+)?\s*元?", "a sum: ¥12.50"),
    "phone_number": (r"[\d+() #*-]{1,17}", "at most 17 digits and signs"),
    "car_number": (r"[\w·\u4e00-\u9fff]{1,8}", "at most 8 characters of a number plate"),
    "name": (r"(?=.*[^\x00-\x7f]).{1,10}|[\x20-\x7e]{1,20}", "at most 10 Chinese characters or 20 letters"),
    "phrase": (r"[\u4e00-\u9fff]{1,5}", "at most 5 Chinese characters"),
    "const": (r".{1,20}", "one of the values that were approved for it, at most 20 characters"),
}

_PATTERNS = {type: re.compile(pattern, re.DOTALL) for type, (pattern, _) in TYPES.items()}


def type_of(key: str) -> str:
    """The type that a key's letters name: ``character_string2`` is a character_string."""
    return key.rstrip("0123456789")


def problem(key: str, value: str) -> str:
    """Why WeChat would not take ``value`` under ``key``, to be read after "Parameter 'thing1'"; empty when it would."""
    if not value.strip():
        return "is empty"
    if any(character < " " and character != "\n" for character in value):
        return "holds a control character"
    pattern = _PATTERNS.get(type_of(key))
    if pattern is None or pattern.fullmatch(value):
        return ""
    return f"has {len(value)} characters, and takes {TYPES[type_of(key)][1]}"
