"""Numbers about numbers: messages, conversations, prices and templates, counted from what happened in the sandbox.

Meta: three of them are fields of the business account with their parameters chained on, ``analytics.start(1).end(2)…``;
template analytics are an edge of their own, to be switched on once, and look back 90 days.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from careline.sandbox import account
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.fields import words
from careline.sandbox.graph.nodes import business_account
from careline.sandbox.phone import Bubble, Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import WhatsAppCustomer

DAY = 24 * 3600
STEPS = {"HALF_HOUR": 1800, "DAY": DAY, "DAILY": DAY, "MONTH": 30 * DAY, "MONTHLY": 30 * DAY}
CENTS = {"marketing": 6, "utility": 3, "authentication": 3, "service": 0}  # what a message costs here
REACHED = ("delivered", "read", "played")
METRICS = words("analytics conversation_analytics pricing_analytics")
DIMENSIONS = words(
    "CONVERSATION_CATEGORY CONVERSATION_DIRECTION CONVERSATION_TYPE COUNTRY PHONE PRICING_CATEGORY PRICING_TYPE TIER"
)
LOOK_BACK = 90 * DAY
_CHAINED = re.compile(r"\.(\w+)\(([^()]*)\)")


class Asked(Struct):
    """One metric as it was asked for; instants and the step are seconds."""

    start: int
    end: int
    granularity: str
    lists: dict[str, list[str]]

    @property
    def step(self) -> int:
        """How long a data point is."""
        return STEPS[self.granularity]

    def named(self, name: str) -> list[str]:
        """The values of a list parameter; none where it was not given."""
        return self.lists.get(name, [])


class Sent(Struct):
    """One message of ours, as these tables see it."""

    customer: WhatsAppCustomer
    bubble: Bubble
    at: int

    @property
    def price(self) -> tuple[str, str]:
        """Its (type, category), in Meta's capitals."""
        return str(self.bubble.pricing.get("type", "regular")).upper(), self.bubble.category.upper()

    @property
    def cost(self) -> float:
        """What it cost."""
        return CENTS.get(self.bubble.category, 3) / 100 if self.bubble.pricing.get("billable") else 0.0


def account_node(call: Call) -> Json:
    """GET /{waba}: its fields, the counting ones among them."""
    plain, metrics = _split(call.fields)
    answer = business_account(call.sandbox, ",".join(plain) or ("id" if metrics else ""))
    for name, chained in metrics.items():
        answer[name] = _METRICS[name](call.sandbox, _asked(chained))
    return answer


def templates(call: Call) -> Json:
    """GET /{waba}/template_analytics."""
    whatsapp = call.sandbox.world.whatsapp
    if not whatsapp.insights:
        raise GraphError(200007, details="Template insights are not switched on for this account.")
    asked = _asked({key: str(call.sent.get(key, "")) for key in ("start", "end", "granularity")}, look_back=LOOK_BACK)
    if asked.granularity != "DAILY":
        raise GraphError(100, "(#100) Param granularity must be one of {DAILY}")
    ids = _list(str(call.sent.get("template_ids", "")))
    if not 1 <= len(ids) <= 10:
        raise GraphError(100, "(#100) Param template_ids must hold 1 to 10 templates.")
    names = {f"{one.name}/{one.language}": one.id for one in whatsapp.templates.values() if one.id in ids}
    counts: dict[tuple[int, str], Counter[str]] = {}
    for sent in _sent(call.sandbox, asked):
        if id := names.get(sent.bubble.template):
            counts.setdefault((_floor(sent.at, asked), id), Counter()).update(_states(sent.bubble))
    points = [
        {"template_id": id, "start": start, "end": start + DAY} | {key: found[key] for key in ("sent", "delivered", "read")}
        for (start, id), found in sorted(counts.items())
    ]
    return {"data": [{"granularity": "DAILY", "product_type": "cloud_api", "data_points": points}]}


def _messages(sandbox: Sandbox, asked: Asked) -> Json:
    if asked.granularity not in ("HALF_HOUR", "DAY", "MONTH"):
        raise GraphError(100, "(#100) Param granularity must be one of {HALF_HOUR, DAY, MONTH}")
    counts: dict[int, Counter[str]] = {}
    for sent in _sent(sandbox, asked):
        counts.setdefault(_floor(sent.at, asked), Counter()).update(_states(sent.bubble))
    points = [
        {"start": start, "end": start + asked.step, "sent": found["sent"], "delivered": found["delivered"]}
        for start, found in sorted(counts.items())
    ]
    phones = [one.phone for one in sandbox.world.whatsapp.numbers.values() if one.status == "CONNECTED"]
    countries = sorted({account.country_of(sent.customer.wa_id) for sent in _sent(sandbox, asked) if sent.customer.wa_id})
    return {"phone_numbers": phones, "country_codes": countries, "granularity": asked.granularity, "data_points": points}


def _conversations(sandbox: Sandbox, asked: Asked) -> Json:
    """One for each customer, category and day."""
    seen: dict[tuple[Any, ...], list[Sent]] = {}
    for sent in _sent(sandbox, asked):
        if sent.bubble.state in REACHED:
            seen.setdefault((sent.customer.user_id, sent.bubble.category, sent.at // DAY), []).append(sent)
    firsts = [(found[0], sum(one.cost for one in found)) for found in seen.values()]
    return _pointed(firsts, asked, "conversation", "CONVERSATION")


def _prices(sandbox: Sandbox, asked: Asked) -> Json:
    delivered = [(sent, sent.cost) for sent in _sent(sandbox, asked) if sent.bubble.state in REACHED]
    return _pointed(delivered, asked, "volume", "VOLUME")


def _pointed(items: list[tuple[Sent, float]], asked: Asked, counted: str, metric: str) -> Json:
    if asked.granularity not in ("HALF_HOUR", "DAILY", "MONTHLY"):
        raise GraphError(100, "(#100) Param granularity must be one of {HALF_HOUR, DAILY, MONTHLY}")
    dimensions = asked.named("dimensions")
    if strange := sorted(set(dimensions) - DIMENSIONS):
        raise GraphError(
            100, f"(#100) Param dimensions[0] must be one of {{{', '.join(sorted(DIMENSIONS))}}} - got {strange[0]}"
        )
    metrics = asked.named("metric_types") or ["COST", metric]
    totals: dict[tuple[int, tuple[tuple[str, str], ...]], list[float]] = {}
    for sent, cost in items:
        key = (_floor(sent.at, asked), tuple((name.lower(), _dimension(sent, name)) for name in dimensions))
        total = totals.setdefault(key, [0, 0.0])
        total[0] += 1
        total[1] += cost
    points: list[Json] = []
    for (start, where), (count, cost) in sorted(totals.items()):
        point: Json = {"start": start, "end": start + asked.step}
        point |= {"phone_number" if name == "phone" else name: value for name, value in where}
        point |= ({counted: int(count)} if metric in metrics else {}) | ({"cost": round(cost, 4)} if "COST" in metrics else {})
        points.append(point)
    return {"data": [{"data_points": points}]}


def _dimension(sent: Sent, name: str) -> str:
    kind, category = sent.price
    match name:
        case "COUNTRY":
            return account.country_of(sent.customer.wa_id) if sent.customer.wa_id else "ZZ"
        case "PHONE":
            return account.PHONE
        case "CONVERSATION_DIRECTION":
            return "USER_INITIATED" if category == "SERVICE" else "BUSINESS_INITIATED"
        case "CONVERSATION_TYPE":
            return "REGULAR" if kind == "REGULAR" else "FREE_TIER"
        case "CONVERSATION_CATEGORY" | "PRICING_CATEGORY":
            return category
        case "TIER":
            return "0:750000"
    return kind


def _sent(sandbox: Sandbox, asked: Asked) -> Iterator[Sent]:
    for customer in sandbox.world.whatsapp.customers.values():
        for bubble in customer.messages:
            at = bubble.at // 1_000_000
            if bubble.direction == "out" and asked.start <= at < asked.end:
                yield Sent(customer, bubble, at)


def _states(bubble: Bubble) -> list[str]:
    if bubble.state in REACHED:
        return ["sent", "delivered", *(["read"] if bubble.state != "delivered" else [])]
    return ["sent"] if bubble.state == "sent" else []


def _floor(at: int, asked: Asked) -> int:
    return at - at % asked.step if asked.step <= DAY else asked.start + (at - asked.start) // asked.step * asked.step


def _split(fields: str) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The plain fields, and the counting ones with their parameters."""
    plain: list[str] = []
    metrics: dict[str, dict[str, str]] = {}
    depth, start = 0, 0
    for position, character in enumerate(f"{fields},"):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth <= 0:
            one = fields[start:position].strip()
            start = position + 1
            name = one.partition(".")[0]
            if name in METRICS:
                metrics[name] = dict(_CHAINED.findall(one.removeprefix(name)))
            elif one:
                plain.append(one)
    return plain, metrics


def _asked(given: dict[str, str], look_back: int = 0) -> Asked:
    for name in ("start", "end"):
        if not re.fullmatch(r"[0-9]{1,11}", given.get(name, ""), re.ASCII):
            raise GraphError(100, f"(#100) The parameter {name} is required: seconds since 1970.")
    start, end = int(given["start"]), int(given["end"])
    granularity = given.get("granularity", "").upper()
    if granularity not in STEPS:
        raise GraphError(100, "(#100) The parameter granularity is required.")
    if start >= end or (look_back and end - start > look_back):
        raise GraphError(100, "(#100) Param start must be before end, and not too long before.")
    return Asked(start, end, granularity, {name: _list(value) for name, value in given.items() if value.startswith("[")})


def _list(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = [one for one in text.strip("[]").split(",") if one]
    return [str(one).strip().strip("\"'") for one in found] if isinstance(found, list) else [str(found)]


_METRICS: dict[str, Callable[[Sandbox, Asked], Json]] = {
    "analytics": _messages,
    "conversation_analytics": _conversations,
    "pricing_analytics": _prices,
}

ROUTES: Routes = {
    ("GET", "account", ""): account_node,
    ("GET", "account", "template_analytics"): templates,
}
