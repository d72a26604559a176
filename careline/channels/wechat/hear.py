"""What a push says, in words that no platform owns.

What names a customer becomes a message, an act, or a status of a message of ours, so that erasing that person finds it; the
rest is news about the account. Nothing is dropped: a type of message we do not know is ``unsupported``, an event we do not
know a notice, and both are kept whole.
"""

from __future__ import annotations

from collections.abc import Callable

from careline.channels.tencent.parse import Node, Unreadable
from careline.channels.wechat.answered import separated
from careline.channels.wechat.news import notice
from careline.channels.wechat.replies import Answer
from careline.channels.wechat.told import Told, read
from careline.errors import Exit
from careline.heard import Heard, HeardAct, HeardMessage, HeardReply, HeardStatus, Who
from careline.model import Media, Problem

Body = tuple[str, str, Media | None]  # kind, text, media


def hear(kept: bytes, received_at: int) -> list[Heard]:
    """What one kept push says: one thing, but for a report on several messages. Raises ValueError when it is no push."""
    push, note = separated(kept)
    told = read(push, received_at)
    said = _said(told)
    return said if note.answer is None else [*said, _replied(told, note.answer, received_at)]


def _said(told: Told) -> list[Heard]:
    type = told.node.said("MsgType").lower()
    if not type:
        raise Unreadable("no MsgType")
    if type == "event":
        return _EVENTS.get(told.node.said("Event").lower(), _news)(told)
    return [_message(told, type)]


def _replied(told: Told, answer: Answer, received_at: int) -> HeardReply:
    """What the receiver answered, which the journal knows under the push: repeated, it was answered the same."""
    media = Media(id=answer.media) if answer.media and answer.kind != "transfer" else None
    key = told.node.said("MsgId", "MsgID") or told.key(told.digest)
    text = _joined("\n", answer.text, answer.description, answer.url)
    return HeardReply(key=key, at=max(told.at, received_at), who=told.who(), kind=answer.kind, text=text, media=media)


# Messages


def _message(told: Told, type: str) -> HeardMessage:
    kind, text, media = _BODIES.get(type, _unsupported)(told.node)
    id = told.node.said("MsgId", "MsgID")
    menu_item = told.node.said("bizmsgmenuid")
    return HeardMessage(
        key=id or told.key(type, told.digest),
        id=id,
        at=told.at,
        who=told.who(),
        kind=kind,
        text=text,
        media=media,
        action=menu_item,
        act="menu_tap" if menu_item else "message",  # WeChat counts the text that an item of a msgmenu sends as a tap
        source="article" if told.node.said("MsgDataId") else "",
        clock=told.clock,
        raw=told.whole if kind == "unsupported" else told.more,
    )


def _text(node: Node) -> Body:
    return "text", node.texts.get("Content", ""), None


def _image(node: Node) -> Body:
    return "image", "", Media(id=node.said("MediaId"), url=node.said("PicUrl"))


def _voice(node: Node) -> Body:
    format = node.said("Format").lower()
    return "audio", node.said("Recognition"), Media(id=node.said("MediaId"), mime=format and f"audio/{format}")


def _video(node: Node) -> Body:
    return "video", "", Media(id=node.said("MediaId"))


def _place(node: Node) -> Body:
    return "location", _joined(" ", node.said("Label"), _coordinates(node)), None


def _link(node: Node) -> Body:
    return "link", _joined("\n", node.said("Title"), node.said("Description"), node.said("Url")), None


def _unsupported(node: Node) -> Body:
    return "unsupported", "", None


_BODIES: dict[str, Callable[[Node], Body]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _video,
    "location": _place,
    "link": _link,
}


# Acts


def _act(told: Told, kind: str, value: str, *, opens: str = "", scene: str = "") -> list[Heard]:
    return [
        HeardAct(
            key=told.key(),
            at=told.at,
            who=told.who(),
            kind=kind,
            opens=opens,
            scene=scene,
            ticket=told.node.said("Ticket"),
            value=value,
            raw=told.more,
        )
    ]


def _act_told_whole(told: Told, kind: str, value: str, who: Who, answers: tuple[tuple[str, str], ...] = ()) -> list[Heard]:
    """An act without an EventKey: only the whole of it tells two of the same second apart."""
    key = told.key(told.digest)
    return [HeardAct(key=key, at=told.at, who=who, kind=kind, value=value, raw=told.whole, answers=answers)]


def _keyed(kind: str, opens: str = "") -> Callable[[Told], list[Heard]]:
    """An act whose value is the event's key: a menu button's, a page's address."""
    return lambda told: _act(told, kind, told.node.said("EventKey"), opens=opens)


def _follow(told: Told) -> list[Heard]:
    """A follow. Only the prefix ``qrscene_`` means a code: the key may also name a purchase or a scanned product."""
    key = told.node.said("EventKey")
    scene = key.removeprefix("qrscene_")
    if scene == key:
        return _act(told, "follow", key, opens="follow")
    return _act(told, "follow", "", opens="follow", scene=scene)


def _scan(told: Told) -> list[Heard]:
    return _act(told, "scan", "", opens="scan", scene=told.node.said("EventKey"))


def _location(told: Told) -> list[Heard]:
    """Where the phone is, or a place picked from the menu."""
    return _act(told, "location", _coordinates(told.node.one("SendLocationInfo")) or _coordinates(told.node))


def _payment(told: Told) -> list[Heard]:
    return _act(told, "payment", told.node.said("TransId"), opens="payment")


def _entered(told: Told) -> list[Heard]:
    return _act(told, "enter", told.node.said("SessionFrom"))


def _desk(kind: str) -> Callable[[Told], list[Heard]]:
    """A session with the desk that is built into WeChat; the value is the agent there."""
    return lambda told: _act(told, kind, told.node.said("ToKfAccount", "KfAccount"))


def _subscription(withdrawing: bool) -> Callable[[Told], list[Heard]]:
    """Which notifications the customer agreed to or refused: ``TEMPLATE accept``, joined by commas.

    In the account's settings they refuse what they granted before; to agree there grants nothing.
    """
    meant = {"reject": "withdraw"} if withdrawing else {"accept": "accept", "reject": "reject"}

    def heard(told: Told) -> list[Heard]:
        said = [(row.said("TemplateId"), row.said("SubscribeStatusString")) for row in _rows(told.node)]
        answers = tuple((id, meant[word.lower()]) for id, word in said if id and word.lower() in meant)
        return _act_told_whole(told, "subscription", _joined(", ", *(_joined(" ", *one) for one in said)), told.who(), answers)

    return heard


def _revoked(told: Told) -> list[Heard]:
    """The customer took back what they let the account know of them."""
    return _act_told_whole(told, "authorization_revoked", told.node.said("RevokeInfo"), told.who("OpenID", "FromUserName"))


# Statuses


def _template_finished(told: Told) -> list[Heard]:
    """The outcome of a template message: ``success``, ``failed:user block`` or ``failed: system failed``."""
    words = told.node.said("Status")
    word = words.lower().replace(" ", "")
    state = {"success": "delivered"}.get(word, "failed" if word.startswith("failed") else word)
    return [_status(told, told.node, state, words)] if told.node.said("MsgID") else _news(told)


def _notifications_sent(told: Told) -> list[Heard]:
    """The outcomes of subscription notifications; error code 0 is success."""
    rows = [row for row in _rows(told.node) if row.said("MsgID")]
    return [
        _status(told, row, "delivered" if row.said("ErrorCode") == "0" else "failed", row.said("ErrorStatus")) for row in rows
    ] or _news(told)


def _status(told: Told, row: Node, state: str, words: str) -> HeardStatus:
    id = row.said("MsgID")
    problem = Problem(
        code="refused",
        message=f"WeChat took the message but could not deliver it: {words}",
        exit=Exit.REFUSED,
        platform_code=row.said("ErrorCode"),
    )
    return HeardStatus(
        key=told.key(id), at=told.at, id=id, state=state, error=problem if state == "failed" else None, raw=told.whole
    )


def _news(told: Told) -> list[Heard]:
    return [notice(told)]


_EVENTS: dict[str, Callable[[Told], list[Heard]]] = {
    "subscribe": _follow,
    "unsubscribe": _keyed("unfollow"),
    "scan": _scan,
    "click": _keyed("menu_tap", "menu_tap"),
    "scancode_push": _keyed("menu_tap", "menu_tap"),
    "scancode_waitmsg": _keyed("menu_tap", "menu_tap"),
    "view": _keyed("view"),
    "view_miniprogram": _keyed("view"),
    "pic_sysphoto": _keyed("photo"),
    "pic_photo_or_album": _keyed("photo"),
    "pic_weixin": _keyed("photo"),
    "location_select": _location,
    "location": _location,
    "user_pay_from_pay_cell": _payment,
    "enter": _entered,
    "user_enter_tempsession": _entered,
    "kf_create_session": _desk("desk_opened"),
    "kf_close_session": _desk("desk_closed"),
    "kf_switch_session": _desk("desk_moved"),
    "subscribe_msg_popup_event": _subscription(withdrawing=False),
    "subscribe_msg_change_event": _subscription(withdrawing=True),
    "subscribe_msg_sent_event": _notifications_sent,
    "templatesendjobfinish": _template_finished,
    "user_authorization_revoke": _revoked,
}


def _rows(node: Node) -> list[Node]:
    """The rows of a subscribe_msg event: in a wrapper in XML, without one in JSON, where a single row is no list."""
    holders = (node, *(part for parts in node.parts.values() for part in parts))
    return [row for holder in holders for row in holder.all("List")]


def _coordinates(node: Node) -> str:
    """Latitude and longitude; where a person picked the place they are called Location_X and Location_Y."""
    return _joined(",", node.said("Latitude", "Location_X"), node.said("Longitude", "Location_Y"))


def _joined(between: str, *texts: str) -> str:
    return between.join(filter(None, texts))
