"""WhatsApp's customers: who a number or a user id is, and what happens when they write or tap."""

from __future__ import annotations

import base64
import re
from typing import Any

from careline.sandbox import account, chance
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.phone import Bubble, Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import WhatsAppCustomer


def addressed(sandbox: Sandbox, sent: Json) -> tuple[WhatsAppCustomer, str]:
    """The customer that a message is for, and the recipient as written. Raises GraphError.

    Meta: a number in ``to``, a business-scoped user id in ``recipient``. A number without + gets the business's own country
    code in front, unless it is the wa_id of somebody the number knows.
    """
    if sent.get("recipient_type", "individual") != "individual":
        raise GraphError(100, "(#100) Param recipient_type must be one of {individual}")
    if sent.get("to"):
        given = str(sent["to"])
        return by_wa_id(sandbox, _number(sandbox, given)), given
    if sent.get("recipient"):
        given = str(sent["recipient"])
        return by_user_id(sandbox, given), given
    raise GraphError(100, "(#100) The parameter to is required.")


def by_wa_id(sandbox: Sandbox, wa_id: str, name: str = "") -> WhatsAppCustomer:
    """The customer with that number, known or not."""
    customers = sandbox.world.whatsapp.customers
    if wa_id not in customers:
        user_id = account.user_id_of(wa_id, account.country_of(wa_id))
        customers[wa_id] = WhatsAppCustomer(user_id, name or f"Customer {wa_id[-4:]}", wa_id)
    if name:
        customers[wa_id].name = name
    return customers[wa_id]


def by_user_id(sandbox: Sandbox, user_id: str) -> WhatsAppCustomer:
    """The customer with that business-scoped id: one with a number, or one who hides it."""
    customers = sandbox.world.whatsapp.customers
    for customer in customers.values():
        if customer.user_id == user_id:
            return customer
    customers[user_id] = WhatsAppCustomer(user_id, "")
    return customers[user_id]


def hidden(sandbox: Sandbox, who: str) -> WhatsAppCustomer:
    """The customer who goes by the username ``who`` and shows no number."""
    customer = by_user_id(sandbox, account.user_id_of(who, "US"))
    customer.name = customer.name or who
    customer.username = customer.username or "@" + re.sub(r"[^a-z0-9._]", "", who.lower())
    return customer


def contact(customer: WhatsAppCustomer) -> Json:
    """The ``contacts`` entry of a webhook. There is no ``wa_id`` for one who hides the number."""
    profile = {"name": customer.name}
    if customer.username:
        profile["username"] = customer.username
    return {"profile": profile, "user_id": customer.user_id} | ({"wa_id": customer.wa_id} if customer.wa_id else {})


def written(
    sandbox: Sandbox, customer: WhatsAppCustomer, kind: str, text: str, reply_to: str = "", *, opens: bool = True
) -> Bubble:
    """A message of the customer's, on their phone. One that ``opens`` the window opens it for 24 hours."""
    now = sandbox.now()
    token = b"\x1c\x18" + chance.token_hex(16).upper().encode()
    who = (customer.wa_id or customer.user_id).encode()
    bubble = Bubble("wamid." + base64.b64encode(token + who).decode(), "in", now, kind, text, "received", reply_to=reply_to)
    if opens:
        customer.wrote_at = now
    customer.messages.append(bubble)
    return bubble


def inbound(customer: WhatsAppCustomer, bubble: Bubble, body: Any, *, context: bool = True) -> Json:
    """The webhook value of a customer's message; ``body`` is its part by type, None where it has none."""
    message: Json = {"id": bubble.id, "timestamp": str(bubble.at // 1_000_000), "type": bubble.kind}
    if body is not None:
        message[bubble.kind] = body
    if bubble.kind == "unsupported":
        details = {"details": "Message type is currently not supported."}
        unknown = {"code": 131051, "title": "Unsupported message type", "message": "Unsupported message type"}
        message["errors"] = [unknown | {"error_data": details}]
    message["from_user_id"] = customer.user_id
    if customer.wa_id:
        message["from"] = customer.wa_id
    if bubble.reply_to and context:
        message["context"] = {"from": account.PHONE, "id": bubble.reply_to}
    return {"contacts": [contact(customer)], "messages": [message]}


def _number(sandbox: Sandbox, given: str) -> str:
    digits = re.sub(r"[ ().-]", "", given)
    plus = digits.startswith("+")
    digits = digits.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        raise GraphError(131009, details="Param to must be a phone number.")
    if not plus and digits not in sandbox.world.whatsapp.customers:
        digits = account.COUNTRY_CODE + digits
    if not 7 <= len(digits) <= 17:
        raise GraphError(131009, details="Param to must be a phone number.")
    if digits == account.PHONE:
        raise GraphError(131021)
    return account.wa_id_of(digits)
