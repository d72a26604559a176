"""What a customer does, and the webhooks that follow from it: the sandbox's side of say, follow, scan and tap."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from careline.sandbox import account
from careline.sandbox.graph import blocking
from careline.sandbox.graph import customers as whatsapp_customers
from careline.sandbox.graph import said as whatsapp_said
from careline.sandbox.graph.messages import told
from careline.sandbox.graph.said import Said
from careline.sandbox.graph.webhooks import push_messages
from careline.sandbox.phone import Bubble, Button, Json
from careline.sandbox.push import Delivery
from careline.sandbox.refusals import Impossible
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import customers as wechat_customers
from careline.sandbox.wechat import desk, push, subscriptions
from careline.sandbox.wechat import said as wechat_said
from careline.sandbox.wechat.state import Console, WeChatCustomer
from careline.sandbox.world import WhatsAppCustomer

REGISTER = (
    f"careline channels register whatsapp NAME --phone-number-id {account.PHONE_NUMBER_ID} "
    f"--business-account-id {account.BUSINESS_ACCOUNT_ID} --app-id {account.APP_ID}"
)


_TAPPED: dict[str, Callable[[Button], tuple[str, Json]]] = {  # what a tap on each kind of button says
    "QUICK_REPLY": lambda one: ("button", {"payload": one.payload, "text": one.text}),
    "REPLY": lambda one: ("interactive", {"type": "button_reply", "button_reply": {"id": one.payload, "title": one.text}}),
    "ROW": lambda one: ("interactive", {"type": "list_reply", "list_reply": {"id": one.payload, "title": one.text}}),
}


def platform_of(asked: Json) -> str:
    """The platform meant: as said, or WhatsApp for whoever looks like a phone and WeChat for everybody else."""
    platform = asked.get("platform") or ("whatsapp" if account.looks_like_phone(who_of(asked)) else "wechat")
    if platform not in ("whatsapp", "wechat"):
        raise Impossible(f"There is no platform {platform}.", kind="usage")
    return str(platform)


def who_of(asked: Json) -> str:
    """The customer's name, phone or id."""
    who = asked.get("who")
    if not isinstance(who, str) or not who.strip():
        raise Impossible("Who is it? A phone like +393331234567, or a name.", kind="usage")
    return who.strip()


async def say(sandbox: Sandbox, asked: Json) -> Json:
    """They write, or send something of another ``kind``; on WhatsApp it shows, too, that they have read what was sent."""
    text, kind = asked.get("text"), str(asked.get("kind") or "text")
    if kind != "text" and platform_of(asked) == "whatsapp":
        _subscribed(sandbox)
        customer = whatsapp_customer(sandbox, asked)
        return await _send(sandbox, customer, whatsapp_said.said(sandbox, customer, kind, asked))
    if kind != "text":
        console = _console(sandbox)
        sent = wechat_said.said(sandbox, kind, asked)
        with _following(who_of(asked)):
            wechat, fields = wechat_customers.send(sandbox, who_of(asked), sent)
        return await _wechat(sandbox, console, wechat, "message", fields, "wrote")
    if not isinstance(text, str) or not text:
        raise Impossible("What do they say? The text is empty.", kind="usage")
    if platform_of(asked) == "wechat":
        console = _console(sandbox)
        with _following(who_of(asked)):
            wechat, fields = wechat_customers.say(sandbox, who_of(asked), text)
        return await _wechat(sandbox, console, wechat, "message", fields, "wrote")
    _subscribed(sandbox)
    whatsapp = whatsapp_customer(sandbox, asked)
    return await _send(sandbox, whatsapp, whatsapp_said.said(sandbox, whatsapp, "text", asked))


async def follow(sandbox: Sandbox, asked: Json) -> Json:
    """They follow the Official Account, by search or by a code."""
    _wechat_only(asked)
    console = _console(sandbox)
    scene = _scene(sandbox, str(asked["scene"])) if asked.get("scene") else None
    customer, event = wechat_customers.follow(sandbox, who_of(asked), scene)
    return await _wechat(sandbox, console, customer, "subscribe", event, "followed")


async def unfollow(sandbox: Sandbox, asked: Json) -> Json:
    """They stop following."""
    _wechat_only(asked)
    console = _console(sandbox)
    with _following(who_of(asked)):
        customer, event = wechat_customers.unfollow(sandbox, who_of(asked))
    return await _wechat(sandbox, console, customer, "unsubscribe", event, "unfollowed")


async def subscribe(sandbox: Sandbox, asked: Json) -> Json:
    """They accept or reject a notification that a page offers, or withdraw in the account's settings what they granted."""
    _wechat_only(asked)
    console = _console(sandbox)
    answer = str(asked.get("answer") or "accept")
    if answer not in ("accept", "reject", "withdraw"):
        raise Impossible(f"They accept, reject or withdraw; {answer} is none of that.", kind="usage")
    customer = wechat_customers.known(sandbox, who_of(asked)) or wechat_customers.follower(sandbox, who_of(asked))
    try:
        event = subscriptions.answered(sandbox.world.wechat, customer, str(asked.get("template", "")), answer)
    except LookupError as error:
        raise Impossible(str(error), "careline templates list --channel CHANNEL", "not_found") from None
    return await _wechat(
        sandbox, console, customer, str(event["Event"]), event, f"{answer}ed".replace("withdrawed", "withdrew")
    )


async def pay(sandbox: Sandbox, asked: Json) -> Json:
    """They pay, with the account's member card."""
    _wechat_only(asked)
    console = _console(sandbox)
    with _following(who_of(asked)):
        customer, event = wechat_customers.pay(sandbox, who_of(asked))
    return await _wechat(sandbox, console, customer, "payment", event, "paid")


async def scan(sandbox: Sandbox, asked: Json) -> Json:
    """They scan a code. WeChat's is an event; WhatsApp's fills in a message, which they send."""
    scene = str(asked.get("scene", ""))
    if platform_of(asked) == "wechat":
        console = _console(sandbox)
        customer, event = wechat_customers.scan(sandbox, who_of(asked), _scene(sandbox, scene))
        return await _wechat(sandbox, console, customer, str(event["Event"]).lower(), event, "scanned")
    _subscribed(sandbox)
    for link in sandbox.world.whatsapp.links.values():
        if scene in (link.code, f"https://wa.me/message/{link.code}", link.prefilled_message):
            text = link.prefilled_message
            return await _send(sandbox, whatsapp_customer(sandbox, asked), Said("text", {"body": text}, text))
    raise Impossible(f"There is no WhatsApp code {scene}.", "careline qr create", "not_found")


async def tap(sandbox: Sandbox, asked: Json) -> Json:
    """They tap: WeChat's menu, or a button or row under a message of ours."""
    key = str(asked.get("key", ""))
    if platform_of(asked) == "wechat":
        console = _console(sandbox)
        with _following(who_of(asked)):
            wechat, fields = wechat_customers.tap(sandbox, who_of(asked), key)
        return await _wechat(sandbox, console, wechat, "tap", fields, "tapped")
    _subscribed(sandbox)
    customer = whatsapp_customer(sandbox, asked)
    shown = [(bubble, one) for bubble in reversed(customer.messages) for one in bubble.buttons if one.kind in _TAPPED]
    for bubble, button in shown:
        if key in (button.text, button.payload):
            type, body = _TAPPED[button.kind](button)
            return await _send(sandbox, customer, Said(type, body, button.text, bubble.id))
    offered = ", ".join(button.text for _, button in shown) or "none"
    raise Impossible(f"{customer.name} has no button {key} to tap. On the phone: {offered}.", kind="not_found")


def whatsapp_customer(sandbox: Sandbox, asked: Json) -> WhatsAppCustomer:
    """The WhatsApp customer meant: by phone, by user id, or (``bsuid``) by a username alone."""
    who, name = who_of(asked), str(asked.get("name") or "")
    if asked.get("bsuid"):
        return whatsapp_customers.hidden(sandbox, who)
    if account.looks_like_phone(who):
        return whatsapp_customers.by_wa_id(sandbox, account.wa_id_of(re.sub(r"\D", "", who)), name)
    for customer in sandbox.world.whatsapp.customers.values():
        if who in (customer.user_id, customer.username, customer.name):
            return customer
    raise Impossible(f"Nobody on WhatsApp is {who}: give a phone like +393331234567.", kind="not_found")


def phone(sandbox: Sandbox, asked: Json) -> Json:
    """What the customer's phone shows."""
    if platform_of(asked) == "whatsapp":
        customer = whatsapp_customer(sandbox, asked)
        ends_at = customer.wrote_at + 24 * 3600 * 1_000_000 if customer.wrote_at is not None else None
        return {
            "platform": "whatsapp",
            "who": customer.wa_id or customer.user_id,
            "user_id": customer.user_id,
            "name": customer.name,
            "window": {"left": None, "ends_at": ends_at},
            "messages": msgspec.to_builtins(customer.messages),
        }
    wechat = wechat_customers.known(sandbox, who_of(asked))
    if wechat is None:
        raise Impossible(f"Nobody on WeChat is {who_of(asked)} yet.", f"careline sandbox follow {who_of(asked)}", "not_found")
    return {
        "platform": "wechat",
        "who": wechat.openid,
        "name": wechat.name,
        "following": wechat.following,
        "faults_shown": wechat.faults_shown,
        "window": wechat_customers.window(sandbox, wechat),
        "messages": msgspec.to_builtins(wechat.messages),
    }


async def raw_whatsapp(sandbox: Sandbox, asked: Json) -> Json:
    """Push any value under any field to the callback of messages, signed."""
    _subscribed(sandbox)
    value, field = asked.get("value"), str(asked.get("field") or "messages")
    if not isinstance(value, dict):
        raise Impossible("value must be an object.", kind="usage")
    delivery = await push_messages(sandbox, "raw", value, field)
    return _done("pushed", "", "", [delivery])


async def raw_wechat(sandbox: Sandbox, asked: Json) -> Json:
    """Push any fields in the console's mode; those common to all pushes are added."""
    console = _console(sandbox)
    fields = asked.get("fields")
    if not isinstance(fields, dict):
        raise Impossible("fields must be an object.", kind="usage")
    with _following(who_of(asked)):
        customer = wechat_customers.follower(sandbox, who_of(asked))
    return await _wechat(sandbox, console, customer, "raw", fields, "pushed")


async def _send(sandbox: Sandbox, customer: WhatsAppCustomer, said: Said) -> Json:
    """What they had not read is read, voice messages are played, and their message goes out, unless we have blocked them."""
    number = sandbox.world.whatsapp.numbers[account.PHONE_NUMBER_ID]
    blocked = blocking.is_blocked(number, customer)
    unread = [one for one in customer.messages if one.direction == "out" and one.state in ("sent", "delivered")]
    for one in () if blocked else unread:
        if one.kind != "reaction":
            await told(sandbox, customer, one, "read")
        if one.voice:
            await told(sandbox, customer, one, "played")
    bubble: Bubble = whatsapp_customers.written(
        sandbox, customer, said.type, said.text, said.reply_to, opens=said.opens and not blocked
    )
    bubble.media = said.media
    value = whatsapp_customers.inbound(customer, bubble, said.body, context=said.context)
    delivery = None if blocked else await push_messages(sandbox, "message", value)
    return _done("wrote", customer.wa_id or customer.user_id, bubble.id, [delivery])


async def _wechat(
    sandbox: Sandbox, console: Console, customer: WeChatCustomer, what: str, fields: dict[str, Any], did: str
) -> Json:
    if customer.blacklisted or (fields.get("MsgType") != "event" and what != "raw" and desk.takes(sandbox, customer)):
        return _done(did, customer.openid, str(fields.get("MsgId", "")), []) | {"to": "" if customer.blacklisted else "desk"}
    delivery = await push.push(sandbox, console, customer, what, fields)
    return _done(did, customer.openid, str(fields.get("MsgId", "")), [delivery]) | {"fault_shown": not delivery.arrived}


def _done(did: str, who: str, id: str, deliveries: list[Delivery | None]) -> Json:
    pushes = [msgspec.to_builtins(one) for one in deliveries if one is not None]
    return {"did": did, "who": who, "id": id, "pushes": pushes, "fault_shown": False}


@contextmanager
def _following(who: str) -> Iterator[None]:
    """What only a follower can do."""
    try:
        yield
    except LookupError as error:
        raise Impossible(str(error), f"careline sandbox follow {who}") from None


def _scene(sandbox: Sandbox, scene: str) -> Any:
    try:
        return wechat_customers.scene_of(sandbox, scene)
    except LookupError as error:
        raise Impossible(str(error), "careline qr create", "not_found") from None


def _wechat_only(asked: Json) -> None:
    if platform_of(asked) != "wechat":
        raise Impossible("Only WeChat has followers and cards to pay with.", kind="usage")


def _console(sandbox: Sandbox) -> Console:
    if sandbox.world.wechat.console is None:
        raise Impossible("WeChat's console has no server address yet.", "careline sandbox paste CHANNEL")
    return sandbox.world.wechat.console


def _subscribed(sandbox: Sandbox) -> None:
    whatsapp = sandbox.world.whatsapp
    if not whatsapp.subscribed or whatsapp.callback is None:
        raise Impossible("WhatsApp has no webhook to push to yet.", REGISTER)
