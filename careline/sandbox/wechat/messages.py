"""Customer-service messages: POST /cgi-bin/message/custom/send and /typing."""

from __future__ import annotations

from careline.sandbox import chance
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import bodies, desk, windows
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import WeChatCustomer

SECOND = 1_000_000


def _send(call: Call) -> Json:
    """Deliver a message, if the customer's window lets it through."""
    sandbox, sent = call.sandbox, call.sent
    kind = sent.get("msgtype")
    if not isinstance(kind, str) or kind not in bodies.KINDS:
        raise WeChatError(40008)
    customer = _customer(sandbox, sent)
    bubble = bodies.bubble_of(call, kind)
    if "customservice" in sent:
        attributed = sent["customservice"]
        desk.agent_of(sandbox, attributed.get("kf_account") if isinstance(attributed, dict) else None)
    now = sandbox.now()
    windows.spend(customer.grants, now)
    bubble.id, bubble.at = chance.token_hex(8), now
    customer.messages.append(bubble)
    customer.exchanged_at, customer.typing_until = now, 0
    return OK


def _typing(call: Call) -> Json:
    """Show or hide that somebody types: only within 30 s of a message, for 15 s at most."""
    sandbox, sent = call.sandbox, call.sent
    customer = _customer(sandbox, sent)
    command, now = sent.get("command"), sandbox.now()
    if command not in ("Typing", "CancelTyping"):
        raise WeChatError(45072)
    if customer.exchanged_at is None or now - customer.exchanged_at > 30 * SECOND:
        raise WeChatError(45080)
    if command == "CancelTyping":
        customer.typing_until = 0
        return OK
    if now < customer.typing_until:
        raise WeChatError(45081)
    customer.typing_until = now + 15 * SECOND
    return OK


def _customer(sandbox: Sandbox, sent: Json) -> WeChatCustomer:
    openid = sent.get("touser")
    customer = sandbox.world.wechat.customers.get(openid) if isinstance(openid, str) else None
    if customer is None:
        raise WeChatError(40003)
    if customer.blacklisted:
        raise WeChatError(43019)
    return customer


ROUTES: Routes = {
    ("POST", "/cgi-bin/message/custom/send"): _send,
    ("POST", "/cgi-bin/message/custom/typing"): _typing,
}
