"""Whether two definitions of a template say the same, whatever the platform has added to one of them.

What Meta rewrites is no difference: the case of words, lists around single examples, addresses in place of a sample's handle,
the fixed words of authentication templates, labels that cannot be chosen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

Part = Mapping[str, Any]

_ORDER = ("HEADER", "BODY", "LIMITED_TIME_OFFER", "FOOTER", "CAROUSEL", "BUTTONS")
_OTP_ADDRESS = "https://www.whatsapp.com/otp/code/"
_FIXED_LABEL = ("COPY_CODE", "OTP")


class Likeness(Struct, frozen=True):
    """A template as it reads: one line of JSON a part, by the part's name in lower case."""

    parts: dict[str, str]

    @property
    def hash(self) -> str:
        """A short name for all of it."""
        return digest(self.parts)

    def differences(self, other: Likeness) -> list[str]:
        """The names of the parts that are not the same, in the order they are shown."""
        names = sorted({*self.parts, *other.parts}, key=_place)
        return [name for name in names if self.parts.get(name) != other.parts.get(name)]

    def text(self, name: str) -> str:
        """The text of a part; empty for one that has none."""
        part = json.loads(self.parts.get(name, "{}"))
        return str(part.get("text", "")) if isinstance(part, dict) else ""


def likeness(components: Iterable[Any], category: str) -> Likeness:
    """How a definition reads, from a file or as the platform lists it."""
    code = category.upper() == "AUTHENTICATION"
    kept = [_component(part, code) for part in components if isinstance(part, dict)]
    return Likeness({part.pop("type").lower(): _line(part) for part in kept if len(part) > 1})


def digest(value: object) -> str:
    """A hash of anything that JSON can write, the same in every run."""
    return sha256(_line(value).encode()).hexdigest()[:32]


def _component(part: Part, code: bool) -> dict[str, Any]:
    kind = _upper(part.get("type"))
    made: dict[str, Any] = {"type": kind}
    if code and kind == "BODY":
        return made | {"add_security_recommendation": bool(part.get("add_security_recommendation"))}
    if code and kind == "FOOTER":
        minutes = part.get("code_expiration_minutes")
        return made if minutes is None else made | {"code_expiration_minutes": int(minutes)}
    if kind == "HEADER":
        made["format"] = _upper(part.get("format") or "TEXT")
    if part.get("text"):
        made["text"] = str(part["text"])
    if examples := _examples(part.get("example")):
        made["examples"] = examples
    if isinstance(offer := part.get("limited_time_offer"), dict):
        made |= {"text": str(offer.get("text", "")), "expires": bool(offer.get("has_expiration"))}
    if isinstance(buttons := part.get("buttons"), list):
        made["buttons"] = [_button(button) for button in buttons if isinstance(button, dict)]
    if isinstance(cards := part.get("cards"), list):
        inside = [card.get("components") or [] for card in cards if isinstance(card, dict)]
        made["cards"] = [[_component(one, code) for one in card if isinstance(one, dict)] for card in inside]
    return made


def _button(button: Part) -> dict[str, Any]:
    kind, url = _upper(button.get("type")), str(button.get("url", ""))
    if url.startswith(_OTP_ADDRESS):
        return _otp_from(url)
    made: dict[str, Any] = {"type": kind}
    if button.get("text") and kind not in _FIXED_LABEL:
        made["text"] = str(button["text"])
    if url:
        made["url"] = url
    if button.get("phone_number"):
        made["phone_number"] = re.sub(r"\D", "", str(button["phone_number"]))
    if (example := _first(button.get("example"))) is not None:
        made["example"] = example
    if kind == "OTP":
        apps = button.get("supported_apps") or [button]
        named = [[str(one["package_name"]), str(one["signature_hash"])] for one in apps if "package_name" in one]
        return made | {"otp_type": _upper(button.get("otp_type")), "apps": named}
    for name in ("flow_id", "navigate_screen", "ttl_minutes"):
        if button.get(name) is not None:
            made[name] = str(button[name])
    return made


def _otp_from(url: str) -> dict[str, Any]:
    """The OTP button that Meta has made an address of."""
    asked = parse_qs(urlsplit(url).query)
    apps = zip(asked.get("package_name", []), asked.get("signature_hash", []), strict=False)
    return {"type": "OTP", "otp_type": _upper(asked.get("otp_type", [""])[0]), "apps": [list(app) for app in apps]}


def _examples(example: Any) -> list[Any]:
    """Examples of the variables of a text: in their order, or by name. Samples of media are compared by their files."""
    if not isinstance(example, dict):
        return []
    for name in ("body_text_named_params", "header_text_named_params"):
        if isinstance(given := example.get(name), list):
            return sorted([str(one.get("param_name")), str(one.get("example"))] for one in given if isinstance(one, dict))
    given = example.get("body_text") or example.get("header_text") or []
    while isinstance(given, list) and given and isinstance(given[0], list):
        given = given[0]
    return [str(one) for one in given] if isinstance(given, list) else [str(given)]


def _first(example: Any) -> str | None:
    if isinstance(example, list):
        example = example[0] if example else None
    return None if example is None else str(example)


def _upper(value: Any) -> str:
    return str(value or "").upper()


def _place(name: str) -> tuple[int, str]:
    kind = name.upper()
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), name)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
