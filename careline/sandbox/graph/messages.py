"""POST /{phone}/messages: checked as Graph checks it, accepted with a wamid, then told of by statuses.

Meta: accepted is not delivered. Outside the customer service window of 24 hours a free-form message is normally accepted
and fails afterwards with 131047. One customer gets at most 45 messages at once and one more every 6 seconds; a number sends
80 a second.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from careline.sandbox import account, chance
from careline.sandbox.graph import blocking, message_rules, messaging_limit, numbers, template_pacing, template_use
from careline.sandbox.graph.buckets import Bucket
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.customers import addressed, contact
from careline.sandbox.graph.errors import GraphError, failure
from careline.sandbox.graph.fields import words
from careline.sandbox.graph.webhooks import push_messages
from careline.sandbox.phone import Bubble, Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Template, WhatsAppCustomer

MONTH = 30 * 24 * 3600 * 1_000_000
LONGEST_OURS = 512
ENVELOPE = words(
    "messaging_product recipient_type to recipient type context biz_opaque_callback_data recipient_identity_key_hash"
)
TYPES = words("text image video audio document sticker location contacts reaction interactive template")


async def post(call: Call) -> Json:
    """Send a message, or mark one as read."""
    sandbox, sent, doomed = call.sandbox, call.sent, call.request.doomed
    number = numbers.sender(sandbox, call.node)
    if sent.get("messaging_product") != "whatsapp":
        raise GraphError(100, "(#100) The parameter messaging_product is required and must be whatsapp.")
    if "status" in sent:
        return _seen(sandbox, sent)
    kind = _kind(sent)
    sandbox.number_bucket.spend(sandbox.now(), 130429)
    customer, given = addressed(sandbox, sent)
    bubble = _template(sandbox, sent["template"]) if kind == "template" else message_rules.bubble(sandbox, kind, sent[kind])
    bubble.at = sandbox.now()
    bubble.ours = _ours(sent)
    bubble.reply_to = bubble.reply_to or _context(sent)
    if kind == "reaction" and sent.get("context"):
        raise GraphError(131009, details="A reaction cannot carry a context.")
    sandbox.pair_buckets.setdefault(customer.user_id, Bucket(45, 6_000_000)).spend(sandbox.now(), 131056)
    bubble.id = _wamid(customer)
    code = doomed or (130403 if blocking.is_blocked(number, customer) else _refused_later(sandbox, customer, bubble))
    code = code or messaging_limit.spend(sandbox, customer)
    if code == 131047 and not doomed and sandbox.world.settings.closed_window == "sync":
        raise GraphError(131047)
    bubble.pricing = _pricing(customer, bubble)
    customer.messages.append(bubble)
    held = not code and template_pacing.hold(sandbox, customer, bubble, number.id)
    if not held:
        sandbox.courier.spawn(_statuses(sandbox, customer, bubble, code, number.id))
    message: Json = {"id": bubble.id}
    if kind == "template":
        message["message_status"] = "held_for_quality_assessment" if held else "accepted"
    who = {"wa_id": customer.wa_id} if customer.wa_id else {"user_id": customer.user_id}
    return {"messaging_product": "whatsapp", "contacts": [{"input": given} | who], "messages": [message]}


async def told(
    sandbox: Sandbox,
    customer: WhatsAppCustomer,
    bubble: Bubble,
    state: str,
    code: int = 0,
    number: str = account.PHONE_NUMBER_ID,
) -> None:
    """Give a message its next state and push the status."""
    bubble.state, bubble.error = state, code
    status: Json = {"id": bubble.id, "status": state, "timestamp": str(sandbox.now() // 1_000_000)}
    status |= {"recipient_id": customer.wa_id} if customer.wa_id else {}
    status["recipient_user_id"] = customer.user_id
    if state in ("sent", "delivered"):
        status["pricing"] = bubble.pricing
    if code:
        status["errors"] = [failure(code)]
    if bubble.ours:
        status["biz_opaque_callback_data"] = bubble.ours
    value = {"contacts": [contact(customer)], "statuses": [status]}
    await push_messages(sandbox, f"status {state}", value, number=number)


async def _statuses(sandbox: Sandbox, customer: WhatsAppCustomer, bubble: Bubble, code: int, number: str) -> None:
    await asyncio.sleep(sandbox.world.settings.sent_s)
    if code:
        await told(sandbox, customer, bubble, "failed", code, number)
        return
    await told(sandbox, customer, bubble, "sent", number=number)
    await asyncio.sleep(sandbox.world.settings.delivered_s)
    if bubble.state == "sent" and bubble.kind != "reaction":  # read meanwhile; of a reaction Meta tells no more
        await told(sandbox, customer, bubble, "delivered", number=number)


def _kind(sent: Json) -> str:
    """The type of the message: as said, or the one body there is. Raises GraphError for keys that Graph does not know."""
    bodies = [key for key in sent if key in TYPES]
    kind = str(sent.get("type") or (bodies[0] if len(bodies) == 1 else "text")).lower()
    if kind not in TYPES:
        raise GraphError(100, f'(#100) Param type must be one of {{{", ".join(sorted(TYPES))}}} - got "{kind}".')
    strange = sorted(sent.keys() - ENVELOPE - {kind, "access_token", "appsecret_proof"})
    if strange:
        raise GraphError(100, "(#100) Invalid parameter", details=f'Unexpected key "{strange[0]}" on param "".')
    if not isinstance(sent.get(kind), list if kind == "contacts" else dict):
        raise GraphError(100, f"(#100) The parameter {kind} is required.")
    return kind


def _template(sandbox: Sandbox, given: Json) -> Bubble:
    name, language = given.get("name"), given.get("language")
    code = language.get("code") if isinstance(language, dict) else None
    if not isinstance(name, str) or not isinstance(code, str) or not name or not code:
        raise GraphError(100, "(#100) The parameters template['name'] and template['language']['code'] are required.")
    strange = sorted(given.keys() - {"name", "language", "components", "namespace"})
    if strange:
        raise GraphError(100, "(#100) Invalid parameter", details=f'Unexpected key "{strange[0]}" on param "template".')
    template = _usable(sandbox, name, code)
    filled = template_use.fill(template, given.get("components"), lambda id: message_rules.has_media(sandbox, id))
    shown = f"{template.name}/{template.language}"
    bubble = Bubble("", "out", 0, "template", filled.text, "accepted", shown, filled.buttons)
    bubble.category = template.category.lower()
    return bubble


def _usable(sandbox: Sandbox, name: str, language: str) -> Template:
    for template in sandbox.world.whatsapp.templates.values():
        if (template.name, template.language) == (name, language):
            if template.status in ("PAUSED", "DISABLED"):
                raise GraphError(132015 if template.status == "PAUSED" else 132016)
            if template.status == "APPROVED":
                return template
    raise GraphError(132001, details=f"template name ({name}) does not exist in {language}")


def _refused_later(sandbox: Sandbox, customer: WhatsAppCustomer, bubble: Bubble) -> int:
    """The code with which this message fails after being accepted; 0 for none."""
    if not customer.name:
        return 131026  # a user id that nobody here has
    if bubble.kind != "template" and not customer.window_open(sandbox.now()):
        return 131047
    if bubble.kind == "reaction" and not _can_be_reacted_to(customer, bubble):
        return 131009
    if bubble.error or bubble.kind != "template":
        return bubble.error
    if bubble.category == "marketing" and account.country_of(customer.wa_id) == "US":
        return 131049  # Meta: no marketing to US numbers since 2025-04-01
    return 0


def _can_be_reacted_to(customer: WhatsAppCustomer, reaction: Bubble) -> bool:
    """True for a message of this chat that is no reaction and not older than 30 days."""
    return any(
        one.id == reaction.reply_to and one.kind != "reaction" and reaction.at - one.at <= MONTH for one in customer.messages
    )


def _pricing(customer: WhatsAppCustomer, bubble: Bubble) -> Json:
    """Per-message pricing: free-form and utility are free inside the window."""
    free = bubble.category == "service" or (bubble.category == "utility" and customer.window_open(bubble.at))
    kind = "free_customer_service" if free else "regular"
    return {"billable": not free, "pricing_model": "PMP", "type": kind, "category": bubble.category}


def _seen(sandbox: Sandbox, sent: Json) -> Json:
    """Mark a customer's message as read, with or without showing that we type."""
    strange = sorted(sent.keys() - {"messaging_product", "status", "message_id", "typing_indicator"})
    if strange or sent["status"] != "read":
        raise GraphError(100, "(#100) Invalid parameter", details='Param status must be "read", with message_id.')
    typing = sent.get("typing_indicator")
    if typing is not None and typing != {"type": "text"}:
        raise GraphError(100, "(#100) Param typing_indicator['type'] must be one of {text}")
    for customer in sandbox.world.whatsapp.customers.values():
        for position, bubble in enumerate(customer.messages):
            if bubble.direction == "in" and bubble.id == sent.get("message_id"):
                for earlier in customer.messages[: position + 1]:
                    if earlier.direction == "in":
                        earlier.state = "read"
                return {"success": True}
    raise GraphError(131009, details="There is no message of a customer with this message_id.")


def _ours(sent: Json) -> str:
    ours = sent.get("biz_opaque_callback_data", "")
    if not isinstance(ours, str) or len(ours) > LONGEST_OURS:
        raise GraphError(100, f"(#100) Param biz_opaque_callback_data must be a string of at most {LONGEST_OURS} characters.")
    return ours


def _context(sent: Json) -> str:
    context: Any = sent.get("context", {})
    if not isinstance(context, dict) or (context and not isinstance(context.get("message_id"), str)):
        raise GraphError(100, "(#100) The parameter context['message_id'] must be a string.")
    return str(context.get("message_id", ""))


def _wamid(customer: WhatsAppCustomer) -> str:
    """A new id. As Meta's own, it holds the customer's number."""
    who = (customer.wa_id or customer.user_id).encode()
    tail = b"\x15\x02\x00\x11\x18\x12" + chance.token_hex(9).upper().encode() + b"\x00"
    return "wamid." + base64.b64encode(b"\x1c\x18" + bytes([len(who)]) + who + tail).decode()


ROUTES: Routes = {
    ("POST", "number", "messages"): post,
}
