"""What Meta does to an account without being asked: judges numbers and names, changes limits, ends tokens and secrets."""

from __future__ import annotations

from typing import Any

from careline.sandbox import chance
from careline.sandbox.graph import messaging_limit
from careline.sandbox.graph import numbers as graph_numbers
from careline.sandbox.graph.webhooks import push_account
from careline.sandbox.phone import Json
from careline.sandbox.refusals import Impossible
from careline.sandbox.running import Sandbox
from careline.sandbox.world import AccessToken, Number

NAMES = {"approve": "APPROVED", "reject": "REJECTED", "defer": "DEFERRED"}
QUALITIES = ("GREEN", "YELLOW", "RED", "UNKNOWN")
STATUSES = ("CONNECTED", "PENDING", "DISCONNECTED", "FLAGGED", "RESTRICTED", "RATE_LIMITED", "BANNED", "DELETED", "UNVERIFIED")
TIERS = (*messaging_limit.TIERS, messaging_limit.UNLIMITED)
LEVELS = ("STANDARD", "HIGH")


def numbers(sandbox: Sandbox) -> Json:
    """The numbers of the account, with what came to their phones: the last code."""
    rows = [
        {"id": one.id, "phone": one.phone, "status": one.status, "verification": one.verification, "code": one.code}
        for one in sandbox.world.whatsapp.numbers.values()
    ]
    return {"numbers": rows}


def judge(sandbox: Sandbox, asked: Json) -> Json:
    """Change what Meta thinks of a number (``number``: id or phone), and tell it by webhook as Meta does."""
    number = find(sandbox, str(asked.get("number", "")))
    whatsapp = sandbox.world.whatsapp
    if "status" in asked:
        number.status = _one_of(asked["status"], STATUSES)
    if "quality" in asked:
        before, number.quality = number.quality, _one_of(asked["quality"], QUALITIES)
        if number.quality != before:
            event = "FLAGGED" if number.quality == "RED" else "UNFLAGGED"
            _tell_quality(sandbox, number, event)
    if "throughput" in asked:
        number.throughput = _one_of(asked["throughput"], LEVELS)
        _tell_quality(sandbox, number, "THROUGHPUT_UPGRADE")
    if "limit" in asked:
        whatsapp.messaging_limit = _one_of(asked["limit"], TIERS)
        news = {"max_daily_conversations_per_business": whatsapp.messaging_limit, "max_phone_numbers_per_business": 20}
        _tell(sandbox, "business_capability_update", news)
    if "name" in asked:
        decision = NAMES.get(str(asked["name"]))
        if decision is None:
            raise Impossible(f"A name is judged by one of {', '.join(NAMES)}.", kind="usage")
        graph_numbers.decide_name(sandbox, number, decision)
    return numbers(sandbox)


def tell(sandbox: Sandbox, asked: Json) -> Json:
    """Push any news of the account (``account_update``, ``security``, ``account_alerts``…) to the app's callback."""
    field, value = asked.get("field"), asked.get("value")
    if not isinstance(field, str) or not isinstance(value, dict):
        raise Impossible("field must be a name and value an object.", kind="usage")
    _tell(sandbox, field, value)
    return {"told": field}


def token(sandbox: Sandbox, asked: Json) -> Json:
    """Make an access token, or change one: ``ends_at`` (µs, null: never), ``scopes``, ``valid``."""
    tokens = sandbox.world.whatsapp.tokens
    value = str(asked.get("value") or f"EAAsandbox{chance.token_hex(20)}")
    held = tokens.setdefault(value, AccessToken())
    if "ends_at" in asked:
        held.ends_at = None if asked["ends_at"] is None else int(asked["ends_at"])
    if "scopes" in asked:
        held.scopes = [str(one) for one in asked["scopes"]]
    held.valid = bool(asked.get("valid", held.valid))
    return {"value": value}


def reset_app_secret(sandbox: Sandbox) -> Json:
    """Give the app another secret: from now on it signs webhooks, and makes the app's own token."""
    sandbox.world.whatsapp.app_secret = chance.token_hex(16)
    return {"value": sandbox.world.whatsapp.app_secret}


def find(sandbox: Sandbox, named: str) -> Number:
    """The number by its id or phone; the newest without a name. Raises Impossible."""
    known = list(sandbox.world.whatsapp.numbers.values())
    digits = "".join(one for one in named if one.isdigit())
    for number in known:
        if digits and digits in (number.id, number.phone):
            return number
    if named:
        raise Impossible(f"The account has no number {named}.", kind="not_found")
    return known[-1]


def _tell_quality(sandbox: Sandbox, number: Number, event: str) -> None:
    news = {"display_phone_number": number.phone, "event": event, "current_limit": sandbox.world.whatsapp.messaging_limit}
    _tell(sandbox, "phone_number_quality_update", news)


def _tell(sandbox: Sandbox, field: str, value: Json) -> None:
    sandbox.courier.spawn(push_account(sandbox, field, value))


def _one_of(value: Any, known: tuple[str, ...]) -> str:
    if str(value).upper() not in known:
        raise Impossible(f"{value!r} is none of {', '.join(known)}.", kind="usage")
    return str(value).upper()
