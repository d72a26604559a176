"""Trouble on demand: the next calls answer a platform's code, or lose their answer on the way."""

from __future__ import annotations

from msgspec import Struct

from careline.sandbox.asgi import Answer
from careline.sandbox.graph import errors as graph_errors
from careline.sandbox.graph.errors import ACCOUNT, MESSAGES, TEMPLATES
from careline.sandbox.wechat import errors as wechat_errors
from careline.sandbox.wecom import errors as wecom_errors

SPECIAL = {
    "timeout": "the call is carried out, the answer never comes",
    "reset": "the call is carried out, the connection breaks before the answer",
    "slow": "the answer is late",
    "502": "a proxy's page instead of an answer; nothing was carried out",
}
CALLS = ("any", "messages", "token", "templates", "pulls")


class Fault(Struct):
    """``code`` for the next ``left`` calls of the kind ``on``. ``platform`` is empty for the special ones."""

    code: str
    left: int
    on: str
    platform: str
    by_status: bool = False  # where the platform tells a code both ways: by a failed status

    @property
    def special(self) -> bool:
        """True for trouble with the connection, as against a platform's own code."""
        return self.code in SPECIAL

    @property
    def later(self) -> int:
        """The code, if the platform tells it by a failed status after accepting the message; else 0."""
        known = MESSAGES.get(int(self.code)) if not self.special and self.platform == "whatsapp" else None
        later = known is not None and (known.where == "status" or (known.where == "both" and self.by_status))
        return int(self.code) if later else 0

    def answer(self, openapi: bool) -> Answer:
        """What the call answers. Only for codes that are not ``special``."""
        if self.platform == "wechat":
            return wechat_errors.WeChatError(int(self.code)).answer()
        if self.platform == "wecom":
            return wecom_errors.WeComError(int(self.code)).answer()
        error = graph_errors.of_code(int(self.code))
        assert error is not None
        return error.answer(openapi)


def fault(code: str, left: int, on: str = "", by_status: bool = False) -> Fault:
    """A fault, aimed at the calls the code belongs to unless ``on`` says otherwise.

    A code that WeChat or WhatsApp has, too, is WeCom's as ``wecom:45009``. Raises ValueError for a code that no platform has,
    or that never comes by status though it should, a count below one, an unknown kind of call.
    """
    if left < 1:
        raise ValueError("The number of calls must be at least 1.")
    if on and on not in CALLS:
        raise ValueError(f"{on} is none of {', '.join(CALLS)}.")
    if code in SPECIAL:
        return Fault(code, left, on or "messages", "")
    number = int(code) if len(code) < 12 and code.lstrip("-").isascii() and code.lstrip("-").isdigit() else None
    if by_status and (number not in MESSAGES or MESSAGES[number].where == "answer"):
        raise ValueError(f"{code} never comes by a status.")
    if code.startswith("wecom:"):
        code, number = code.removeprefix("wecom:"), None
        if code.lstrip("-").isdecimal() and int(code) in wecom_errors.TEXTS:
            return _of_wecom(int(code), left, on)
    if number in wechat_errors.TEXTS:
        return Fault(str(number), left, on or _wechat_calls(number), "wechat")
    if number in MESSAGES or number in ACCOUNT or number in TEMPLATES:
        return Fault(str(number), left, on or _graph_calls(number), "whatsapp", by_status)
    if number in wecom_errors.TEXTS:
        return _of_wecom(number, left, on)
    raise ValueError(f"No platform has a code {code}; besides codes there are {', '.join(SPECIAL)}.")


def take(faults: list[Fault], platform: str, call: str) -> Fault | None:
    """The first fault that hits this call, counted down and dropped when it is used up."""
    for one in faults:
        if one.platform not in ("", platform) or not _hits(one, call):
            continue
        one.left -= 1
        if not one.left:
            faults.remove(one)
        return one
    return None


def _hits(one: Fault, call: str) -> bool:
    if one.on == "any":
        return call != "token" or one.platform != "wechat" or int(one.code) not in (40001, 40014, 42001)
    return one.on == call


def _of_wecom(code: int, left: int, on: str) -> Fault:
    return Fault(str(code), left, on or ("messages" if 95000 < code < 95100 else "any"), "wecom")


def _wechat_calls(code: int) -> str:
    if code in wechat_errors.TOKEN_CODES:
        return "token"
    return "messages" if code in wechat_errors.MESSAGE_CODES else "any"


def _graph_calls(code: int) -> str:
    if code in MESSAGES:
        return "messages"
    return "templates" if code in TEMPLATES else "any"
