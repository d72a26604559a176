"""The typed fields of WeChat's templates: what it takes under each kind of key."""

from __future__ import annotations

import re
from typing import Any

from careline.sandbox.phone import Json
from careline.sandbox.wechat.errors import WeChatError

KEYS = re.compile(r"\{\{(\w+)\.DATA\}\}")
LIMITS = {  # characters
    "thing": 20,
    "number": 32,
    "letter": 32,
    "symbol": 5,
    "character_string": 32,
    "phone_number": 17,
    "car_number": 8,
    "name": 20,
    "phrase": 5,
    "const": 20,
}
FORMS = {
    "number": r"[-+]?[0-9.]+",
    "letter": r"[A-Za-z]+",
    "symbol": r"[^\w\s]+",
    "character_string": r"[\x20-\x7e]+",
    "phone_number": r"[0-9+() #*-]+",
    "name": r"[\x20-\x7e]{1,20}|.{1,10}",
    "phrase": r"[\u4e00-\u9fff]+",
    "time": r".*\d:\d\d.*|.*\d{4}.+\d.+\d.*",
    "date": r".*\d{4}\D+\d+\D+\d+.*",
    "amount": r"\D{0,3}[\d,.]+\s?元?",
}


def filled(content: str, data: Any) -> str:
    """The content with its fields filled in. Raises 47003 for the first that is missing or has the wrong form."""
    if not isinstance(data, dict):
        raise WeChatError(47003, "argument invalid! data invalid")

    def value(key: re.Match[str]) -> str:
        return _value(key[1], data)

    return KEYS.sub(value, content).strip()


def _value(key: str, data: Json) -> str:
    told = data.get(key)
    value = told.get("value") if isinstance(told, dict) else None
    if value is None or not str(value).strip():
        raise WeChatError(47003, f"argument invalid! data.{key}.value is emtpy")
    text, kind = str(value), key.rstrip("0123456789")
    if len(text) > LIMITS.get(kind, len(text)) or not re.fullmatch(FORMS.get(kind, ".*"), text, re.DOTALL):
        raise WeChatError(47003, f"argument invalid! data.{key}.value invalid")
    return text
