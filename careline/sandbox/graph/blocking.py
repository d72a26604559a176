"""Whom a number has blocked: their messages do not arrive, and ours to them fail with 130403.

Meta: only people who wrote within the last 24 hours can be blocked; a list holds 64,000; where some of several cannot be, the
answer is an error that says who was.
"""

from __future__ import annotations

import re
from typing import Any

from careline.sandbox import account
from careline.sandbox.asgi import Answer
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError, graph_json
from careline.sandbox.graph.nodes import of
from careline.sandbox.graph.pages import page
from careline.sandbox.graph.shape import parameters, shape
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Number, WhatsAppCustomer

MOST = 64_000


def is_blocked(number: Number, customer: WhatsAppCustomer) -> bool:
    """True when the number has blocked this person."""
    return customer.user_id in number.blocked


def block(call: Call) -> Json | Answer:
    """POST /{phone}/block_users."""
    number, now = of(call), call.sandbox.now()
    added: list[Json] = []
    failed: list[Json] = []
    for given, customer in _users(call):
        if customer is None or not customer.window_open(now):
            failed.append(_failure(given, 131047, "The person has not written within the last 24 hours."))
        elif len(number.blocked) >= MOST and not is_blocked(number, customer):
            raise GraphError(139101, details=f"{MOST} people are blocked.")
        else:
            if not is_blocked(number, customer):
                number.blocked.append(customer.user_id)
            added.append(_row(given, customer))
    return _answer("added_users", added, failed)


def unblock(call: Call) -> Json | Answer:
    """DELETE /{phone}/block_users. Who is not blocked is no failure."""
    number = of(call)
    removed: list[Json] = []
    failed: list[Json] = []
    for given, customer in _users(call):
        if customer is None:
            failed.append(_failure(given, 131026, "Nobody is known by that number."))
            continue
        if is_blocked(number, customer):
            number.blocked.remove(customer.user_id)
        removed.append(_row(given, customer))
    return _answer("removed_users", removed, failed)


def blocked(call: Call) -> Json:
    """GET /{phone}/block_users."""
    known = {one.user_id: one for one in call.sandbox.world.whatsapp.customers.values()}

    def row(user_id: str) -> Json:
        customer = known[user_id]
        return {"messaging_product": "whatsapp"} | _row(customer.wa_id or customer.user_id, customer)

    return page(call, of(call).blocked, lambda user_id: user_id, row)


def _users(call: Call) -> list[tuple[str, WhatsAppCustomer | None]]:
    if call.sent.get("messaging_product") != "whatsapp":
        raise GraphError(100, "(#100) The parameter messaging_product is required and must be whatsapp.")
    given: Any = parameters(call.sent, "block_users").get("block_users")
    if not isinstance(given, list) or not given:
        raise GraphError(100, "(#100) The parameter block_users is required.")
    found: list[tuple[str, WhatsAppCustomer | None]] = []
    for place, one in enumerate(given):
        person = shape(one, f"block_users[{place}]", optional="user user_id")
        user = person.get("user") or person.get("user_id")
        if not isinstance(user, str):
            raise GraphError(100, "(#100) Param block_users must hold objects with user or user_id.")
        found.append((user, _customer(call.sandbox, user)))
    return found


def _customer(sandbox: Sandbox, user: str) -> WhatsAppCustomer | None:
    wa_id = account.wa_id_of(re.sub(r"\D", "", user)) if account.looks_like_phone(user) else ""
    for customer in sandbox.world.whatsapp.customers.values():
        if user == customer.user_id or (wa_id and wa_id == customer.wa_id):
            return customer
    return None


def _row(given: str, customer: WhatsAppCustomer) -> Json:
    return {"input": given} | ({"wa_id": customer.wa_id} if customer.wa_id else {"user_id": customer.user_id})


def _failure(given: str, code: int, details: str) -> Json:
    error = {"message": "The user cannot be blocked", "code": code, "error_data": {"details": details}}
    return {"input": given, "wa_id": re.sub(r"\D", "", given), "errors": [error]}


def _answer(name: str, done: list[Json], failed: list[Json]) -> Json | Answer:
    body: Json = {"messaging_product": "whatsapp", "block_users": {name: done}}
    if not failed:
        return body
    body["block_users"]["failed_users"] = failed
    body["error"] = {"message": "(#139100) Some of the users could not be changed", "type": "OAuthException", "code": 139100}
    return graph_json(body, 400, 139100)


ROUTES: Routes = {
    ("GET", "number", "block_users"): blocked,
    ("POST", "number", "block_users"): block,
    ("DELETE", "number", "block_users"): unblock,
}
