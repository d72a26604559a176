"""What a pulled item says, in words that no platform owns. Nothing is dropped, and everything is kept whole as well.

Customers' messages are messages, servicers' are ours, events are acts, statuses or notices. A type that is not known here is
``unsupported``, an event that is not known is an act of its name where it names a customer, else a notice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import msgspec

from careline.channels.wecom.errors import FAILED, OUTSIDE
from careline.channels.wecom.item import Item, inner, read, said
from careline.errors import Exit
from careline.heard import Heard, HeardAct, HeardEcho, HeardMessage, HeardNotice, HeardStatus
from careline.model import Media, Problem

Body = tuple[str, str, Media | None]  # kind, text, media

SERVICER, EVENT = "5", "event"
_OURS = re.compile(r"(m[0-9]{1,18})-([0-9a-f]{8})")  # the msgid that we give: our number and our store
_MERGED = 20  # messages of a merged one that are put into words


def hear_item(row: Any, account: str, received_at: int) -> Heard:
    """What one item of a page of ``account`` says."""
    try:
        item = read(row, account, received_at)
    except ValueError:
        whole = msgspec.json.encode(row).decode()
        name = hashlib.sha256(whole.encode()).hexdigest()[:32]
        return HeardNotice(key=f"kf:{name}", at=received_at, kind="unreadable", summary="an item that is none", raw=whole)
    if item.type == EVENT:
        return _EVENTS.get(said(item.body, "event_type").lower(), _other)(item)
    kind, text, media = _BODIES.get(item.type, _unsupported)(item.body)
    if said(item.row, "origin") == SERVICER:
        by = said(item.row, "servicer_userid") or "servicer"
        return HeardEcho(item.key, item.id, item.at, item.who(), kind, text, media, raw=item.raw, by=by)
    return HeardMessage(
        key=item.key,
        id=item.id,
        at=item.at,
        who=item.who(),
        kind=kind,
        text=text,
        media=media,
        action=said(item.body, "menu_id"),
        clock=item.clock,
        raw=item.raw,
    )


# Messages


def _text(body: dict[str, Any]) -> Body:
    content = body.get("content")
    return "text", content if isinstance(content, str) else said(body, "content"), None


def _file(kind: str) -> Callable[[dict[str, Any]], Body]:
    return lambda body: (kind, "", Media(id=said(body, "media_id"), mime="audio/amr" if kind == "audio" else ""))


def _words(kind: str, *names: str) -> Callable[[dict[str, Any]], Body]:
    """A message that is told by some of its fields, a line each."""
    return lambda body: (kind, "\n".join(filter(None, (said(body, name) for name in names))), None)


def _place(body: dict[str, Any]) -> Body:
    where = ",".join(filter(None, (said(body, "latitude"), said(body, "longitude"))))
    return "location", " ".join(filter(None, (said(body, "name"), said(body, "address"), where))), None


def _merged(body: dict[str, Any]) -> Body:
    """Messages that were forwarded as one: each is JSON in text, which may be anything."""
    rows = body.get("item")
    lines = [_forwarded(row) for row in rows[:_MERGED]] if isinstance(rows, list) else []
    return "merged_msg", "\n".join(filter(None, (said(body, "title"), *lines))), None


def _forwarded(row: Any) -> str:
    try:
        content = msgspec.json.decode(said(row, "msg_content"))
    except (msgspec.DecodeError, RecursionError):
        content = {}
    type = said(content, "msgtype") or said(row, "msgtype")
    text = said(inner(content, type), "content", "title", "name") or f"[{type or 'message'}]"
    return ": ".join(filter(None, (said(row, "sender_name"), text)))


def _unsupported(body: dict[str, Any]) -> Body:
    return "unsupported", "", None


_BODIES: dict[str, Callable[[dict[str, Any]], Body]] = {
    "text": _text,
    "image": _file("image"),
    "voice": _file("audio"),
    "video": _file("video"),
    "file": _file("document"),
    "location": _place,
    "link": _words("link", "title", "desc", "url"),
    "business_card": _words("business_card", "userid"),
    "miniprogram": _words("miniprogram", "title", "appid", "pagepath"),
    "msgmenu": _words("msgmenu", "head_content", "tail_content"),
    "channels_shop_product": _words("channels_shop_product", "title", "sales_price", "shop_nickname", "product_id"),
    "channels_shop_order": _words("channels_shop_order", "product_titles", "price_wording", "state", "order_id"),
    "channels": _words("channels", "nickname", "title"),
    "merged_msg": _merged,
    "meeting": _words("meeting"),
    "schedule": _words("schedule"),
    "note": _words("note"),
}


# Events


def _act(item: Item, kind: str, value: str, scene: str = "") -> HeardAct:
    who = item.who()
    account = who.handle.partition("/")[0]
    return HeardAct(
        key=item.key, at=item.at, who=who, kind=kind, scene=scene, ticket=account if scene else "", value=value, raw=item.raw
    )


def _entered(item: Item) -> Heard:
    """They opened the chat, perhaps by a link with a scene. It opens no window."""
    return _act(item, "enter", said(item.body, "scene_param"), said(item.body, "scene"))


def _changed(item: Item) -> Heard:
    """Another speaks to them; the value is the servicer who has the session now."""
    kinds = {"1": "desk_opened", "2": "desk_moved", "3": "desk_closed", "4": "desk_reopened"}
    kind = kinds.get(said(item.body, "change_type"), "desk_changed")
    return _act(item, kind, "" if kind == "desk_closed" else said(item.body, "new_servicer_userid"))


def _failed(item: Item) -> Heard:
    """A message of ours that WeCom took did not arrive. ``ours`` finds it even where its answer was lost."""
    id, told = said(item.body, "fail_msgid"), said(item.body, "fail_type") or "0"
    number = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 0
    code, words = FAILED.get(number, FAILED[0])
    ours = _OURS.fullmatch(id)
    problem = Problem(
        code=code,
        message=f"WeCom took the message but did not deliver it: {words}",
        exit=int(Exit.OUTSIDE_WINDOW if number in OUTSIDE else Exit.REFUSED),
        platform_code=f"fail_type {told}",
    )
    mark = f"{ours[1]}@{ours[2]}" if ours else ""
    return HeardStatus(key=item.key, at=item.at, id=id, state="failed", ours=mark, error=problem, raw=item.raw)


def _servicer(item: Item) -> Heard:
    state = {"1": "receives customers", "2": "receives no customers"}.get(said(item.body, "status"), "changed")
    words = f"servicer {said(item.body, 'servicer_userid') or '?'} {state}"
    return HeardNotice(item.key, item.at, "servicer_status_change", words, item.raw)


def _refusing(item: Item) -> Heard:
    on = said(item.body, "reject_switch") == "1"
    return _act(item, "desk_refuses" if on else "desk_accepts", said(item.body, "servicer_userid"))


def _other(item: Item) -> Heard:
    kind = said(item.body, "event_type").lower() or "event"
    if item.who().kind == "anonymous":
        return HeardNotice(item.key, item.at, kind, "an event that careline does not know", item.raw)
    return _act(item, kind, "")


_EVENTS: dict[str, Callable[[Item], Heard]] = {
    "enter_session": _entered,
    "session_status_change": _changed,
    "msg_send_fail": _failed,
    "servicer_status_change": _servicer,
    "reject_customer_msg_switch_change": _refusing,
    "user_recall_msg": lambda item: _act(item, "recall", said(item.body, "recall_msgid")),
    "servicer_recall_msg": lambda item: _act(item, "desk_recall", said(item.body, "recall_msgid")),
}
