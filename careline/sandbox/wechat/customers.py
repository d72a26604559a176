"""WeChat's customers: they follow, scan, tap and write, and each of these opens a window.

Somebody the sandbox has never seen has followed the account since long when writing or tapping, and not yet when scanning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from careline.sandbox import account, chance
from careline.sandbox.phone import Bubble
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import menus, windows
from careline.sandbox.wechat.said import Said
from careline.sandbox.wechat.state import Scene, WeChatCustomer

YEAR = 365 * 24 * 3600 * 1_000_000


def known(sandbox: Sandbox, who: str) -> WeChatCustomer | None:
    """The customer of that name or OpenID, if the account has ever met them."""
    return sandbox.world.wechat.customers.get(account.openid_of(who))


def follower(sandbox: Sandbox, who: str) -> WeChatCustomer:
    """The customer, following. One never seen has followed for a year. Raises LookupError for one who stopped."""
    customer = known(sandbox, who)
    if customer is None:
        customer = _met(sandbox, who)
        customer.following = True
        customer.subscribed_at = sandbox.now() - YEAR
    if not customer.following:
        raise LookupError(f"{customer.name} does not follow the account.")
    return customer


def scene_of(sandbox: Sandbox, scene: str) -> Scene:
    """The newest running code with that scene, ticket or address. Raises LookupError."""
    found = [one for one in sandbox.world.wechat.scenes.values() if scene in (one.scene, one.ticket, one.url)]
    if not found:
        raise LookupError(f"There is no code with the scene {scene}.")
    running = [one for one in found if one.ends_at is None or sandbox.now() < one.ends_at]
    if not running:
        raise LookupError(f"The code with the scene {scene} has expired.")
    return running[-1]


def follow(sandbox: Sandbox, who: str, scene: Scene | None) -> tuple[WeChatCustomer, dict[str, Any]]:
    """They follow, by search or by a code: the customer and the event."""
    customer = known(sandbox, who) or _met(sandbox, who)
    customer.following = True
    customer.subscribed_at = sandbox.now()
    event: dict[str, Any] = {"MsgType": "event", "Event": "subscribe", "EventKey": ""}
    if scene is None:
        customer.subscribe_scene = "ADD_SCENE_SEARCH"
        did(sandbox, customer, "follow")
        return customer, event
    customer.subscribe_scene = "ADD_SCENE_QR_CODE"
    customer.qr_scene = int(scene.scene) if scene.numeric else 0
    customer.qr_scene_str = "" if scene.numeric else scene.scene
    did(sandbox, customer, "scan")
    return customer, event | {"EventKey": f"qrscene_{scene.scene}", "Ticket": scene.ticket}


def unfollow(sandbox: Sandbox, who: str) -> tuple[WeChatCustomer, dict[str, Any]]:
    """They leave: all windows close. Raises LookupError for one who does not follow."""
    customer = follower(sandbox, who)
    customer.following = False
    customer.grants = []
    return customer, {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""}


def scan(sandbox: Sandbox, who: str, scene: Scene) -> tuple[WeChatCustomer, dict[str, Any]]:
    """They scan a code; who does not follow yet, follows by it."""
    customer = known(sandbox, who)
    if customer is None or not customer.following:
        return follow(sandbox, who, scene)
    did(sandbox, customer, "scan")
    return customer, {"MsgType": "event", "Event": "SCAN", "EventKey": scene.scene, "Ticket": scene.ticket}


def tap(sandbox: Sandbox, who: str, key: str) -> tuple[WeChatCustomer, dict[str, Any]]:
    """They tap an item of the last menu message, or else of the account's menu, where not every button counts as a tap."""
    customer = follower(sandbox, who)
    for bubble in reversed(customer.messages):
        for button in bubble.buttons:
            if key in (button.payload, button.text):
                said = Said({"MsgType": "text", "Content": button.text, "bizmsgmenuid": button.payload}, button.text)
                did(sandbox, customer, "menu_tap")
                return customer, _written(sandbox, customer, said)
    event, opens = menus.tapped(sandbox.world.wechat, customer, key)
    if opens:
        did(sandbox, customer, "menu_tap")
    return customer, event


def pay(sandbox: Sandbox, who: str) -> tuple[WeChatCustomer, dict[str, Any]]:
    """They pay with their member card."""
    customer = follower(sandbox, who)
    did(sandbox, customer, "payment")
    card: dict[str, Any] = {"CardId": f"p{chance.token_urlsafe(20)}", "UserCardCode": str(chance.randbelow(10**12))}
    paid = {
        "TransId": f"4200{chance.randbelow(10**24):024d}",
        "LocationName": "南京东路店",
        "Fee": "29900",
        "OriginalFee": "29900",
    }
    return customer, {"MsgType": "event", "Event": "user_pay_from_pay_cell", **card, **paid}


def say(sandbox: Sandbox, who: str, text: str) -> tuple[WeChatCustomer, dict[str, Any]]:
    """They write."""
    return send(sandbox, who, Said({"MsgType": "text", "Content": text}, text))


def send(sandbox: Sandbox, who: str, said: Said) -> tuple[WeChatCustomer, dict[str, Any]]:
    """They write, or send something else."""
    customer = follower(sandbox, who)
    did(sandbox, customer, "message")
    return customer, _written(sandbox, customer, said)


def did(sandbox: Sandbox, customer: WeChatCustomer, act: str) -> None:
    """Open the window of an act."""
    customer.grants = windows.opened(customer.grants, act, sandbox.now(), sandbox.world.settings.merge)


def window(sandbox: Sandbox, customer: WeChatCustomer) -> Mapping[str, Any]:
    """How many messages may go to them, and until when the last grant runs."""
    running = [one for one in customer.grants if sandbox.now() < one.ends_at]
    return {"left": windows.left(running, sandbox.now()), "ends_at": max((one.ends_at for one in running), default=None)}


def _written(sandbox: Sandbox, customer: WeChatCustomer, said: Said) -> dict[str, Any]:
    """A message on their phone, and its push."""
    number, kind = 2 * 10**16 + chance.randbelow(10**16), str(said.fields["MsgType"])
    customer.messages.append(Bubble(str(number), "in", sandbox.now(), kind, said.text, "received", media=said.media))
    customer.exchanged_at = sandbox.now()
    return said.fields | {"MsgId": number}


def _met(sandbox: Sandbox, who: str) -> WeChatCustomer:
    openid = account.openid_of(who)
    customer = WeChatCustomer(openid, who)
    sandbox.world.wechat.customers[openid] = customer
    return customer
