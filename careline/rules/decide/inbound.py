"""What a platform told us becomes events. A key the journal knows makes none, so that anything may be heard twice."""

from __future__ import annotations

from msgspec.structs import replace

from careline.clock import DAY
from careline.events import (
    AccountNoticed,
    Content,
    ConversationOpened,
    ConversationReopened,
    CustomerActed,
    Entry,
    MessageEchoed,
    MessageReceived,
    MessageReplied,
    StatusReported,
    SubscriptionAnswered,
    TemplateReported,
    Window,
)
from careline.heard import Heard, HeardAct, HeardEcho, HeardMessage, HeardNotice, HeardReply, HeardStatus, HeardTemplate
from careline.model import (
    OPEN_STATES,
    Channel,
    Code,
    Conversation,
    Identity,
    Menu,
    Message,
    Notice,
    Rows,
)
from careline.rules.decide.people import person
from careline.rules.scene import plain
from careline.rules.window import Policy

AHEAD = DAY  # no platform's clock is further ahead: a foolish time would open a window for ever
CAME_BY = DAY  # how long after a scan a new chat counts as having come by that code
BY_ITSELF = "auto:reply"  # the receiver, in the same breath as it heard
ON_THE_PHONE = "human:phone"  # whoever answers there: the platform does not tell who


def decide(heard: Heard, channel: Channel, rows: Rows, policy: Policy, store_id: str, now: int) -> list[Entry]:
    """The events that follow from one thing heard on ``channel``; none when the journal knows it already."""
    key = key_of(heard)
    if key is not None and rows.knows(channel.name, key):
        return []
    if heard.at > now + AHEAD:
        heard = replace(heard, at=now)
    match heard:
        case HeardMessage():
            return _message(heard, key, channel, rows, policy, now)
        case HeardEcho():
            return _echo(heard, key, channel, rows)
        case HeardReply():
            return _reply(heard, key, channel, rows)
        case HeardAct():
            return _act(heard, key, channel, rows, policy)
        case HeardStatus():
            return [_status(heard, key, channel, rows, store_id)]
        case HeardTemplate():
            return [_template(heard, key, channel)]
        case HeardNotice():
            notice = AccountNoticed(
                notice=rows.new_id(Notice),
                kind=heard.kind,
                summary=heard.summary,
                verify_by_at=heard.verify_by_at,
                alert=heard.alert,
                content=Content(raw=heard.raw),
            )
            return [Entry(event=notice, channel=channel.name, occurred_at=heard.at, actor="platform", key=key)]


def key_of(heard: Heard) -> str | None:
    """The key that the journal knows this news by; None where the platform gives nothing to know it by."""
    return _PREFIX[type(heard)] + heard.key if heard.key else None


# Two kinds of news may repeat the same id (a message and its status do): the prefix keeps their keys apart.
_PREFIX: dict[type, str] = {
    HeardMessage: "message:",
    HeardEcho: "echo:",
    HeardReply: "reply:",
    HeardAct: "act:",
    HeardStatus: "status:",
    HeardTemplate: "template:",
    HeardNotice: "notice:",
}


def _window(kind: str, at: int, policy: Policy) -> Window | None:
    grant = policy.grants.get(kind)
    return None if grant is None else Window(kind, at + grant.lasting, grant.messages)


def _message(heard: HeardMessage, key: str | None, channel: Channel, rows: Rows, policy: Policy, now: int) -> list[Entry]:
    identity, entries = person(heard.who, heard.at, channel, rows)
    code = _code_of_text(heard.text, channel, rows)
    conversation, opening = _conversation(heard, identity, code, channel, rows, policy, now)
    content = Content(
        handle=identity.handle,
        text=heard.text,
        media=heard.media,
        action=heard.action,
        reply_to=heard.reply_to,
        platform_id=heard.id,
        raw=heard.raw,
    )
    received = MessageReceived(
        message=rows.new_id(Message),
        kind=heard.kind,
        window=_window(heard.act, heard.at, policy),
        asks=heard.asks,
        source=heard.source,
        code=code.scene_key if code else "",
        clock=heard.clock,
        content=content,
    )
    message = Entry(
        event=received,
        channel=channel.name,
        conversation=conversation,
        contact=identity.contact,
        occurred_at=heard.at,
        actor="customer",
        key=key,
    )
    return [*entries, *opening, message]


def _echo(heard: HeardEcho, key: str | None, channel: Channel, rows: Rows) -> list[Entry]:
    """An answer from the phone belongs to the customer's latest chat; without one it begins one that waits for the customer."""
    if not heard.by and rows.message_of(channel.name, heard.id) is not None:
        return []  # one that we sent ourselves
    identity, entries = person(heard.who, heard.at, channel, rows)
    actor = f"human:{heard.by}" if heard.by else ON_THE_PHONE
    about = {"channel": channel.name, "contact": identity.contact, "occurred_at": heard.at, "actor": actor}
    number = identity.conversation
    if number is None:
        number = rows.new_id(Conversation)
        opened = ConversationOpened(state="pending", source="us", content=Content(handle=identity.handle))
        entries.append(Entry(event=opened, conversation=number, **about))  # type: ignore[arg-type]
    content = Content(
        handle=identity.handle,
        text=heard.text,
        media=heard.media,
        reply_to=heard.reply_to,
        platform_id=heard.id,
        raw=heard.raw,
    )
    echoed = MessageEchoed(message=rows.new_id(Message), kind=heard.kind, content=content)
    return [*entries, Entry(event=echoed, conversation=number, key=key, **about)]  # type: ignore[arg-type]


def _reply(heard: HeardReply, key: str | None, channel: Channel, rows: Rows) -> list[Entry]:
    """An answer of the receiver's belongs to the chat that goes on. It begins none: a chat begins when a customer writes."""
    identity, entries = person(heard.who, heard.at, channel, rows)
    latest = rows.get(Conversation, identity.conversation) if identity.conversation is not None else None
    chat = latest.id if latest is not None and latest.state in OPEN_STATES else None
    shown = chat is not None and heard.kind != "transfer"
    replied = MessageReplied(
        message=rows.new_id(Message) if shown else 0,
        kind=heard.kind,
        content=Content(handle=identity.handle, text=heard.text, media=heard.media),
    )
    entry = Entry(
        event=replied,
        channel=channel.name,
        conversation=chat,
        contact=identity.contact,
        occurred_at=heard.at,
        actor=BY_ITSELF,
        key=key,
    )
    return [*entries, entry]


def _conversation(
    heard: HeardMessage,
    identity: Identity,
    code: Code | None,
    channel: Channel,
    rows: Rows,
    policy: Policy,
    now: int,
) -> tuple[int, list[Entry]]:
    """The chat this message belongs to, with the events that open or reopen it."""
    latest = rows.get(Conversation, identity.conversation) if identity.conversation is not None else None
    about = {"channel": channel.name, "contact": identity.contact, "occurred_at": heard.at, "actor": "customer"}
    if latest is not None and latest.state in OPEN_STATES:
        return latest.id, []
    if latest is not None and latest.state == "resolved":
        if not heard.asks:
            return latest.id, []
        if now < (latest.resolved_at or latest.created_at) + policy.reopen_within:
            return latest.id, [Entry(event=ConversationReopened(), conversation=latest.id, **about)]  # type: ignore[arg-type]
    if code is None and identity.code and heard.at - (identity.code_at or 0) < CAME_BY:
        code = rows.get(Code, channel.name, identity.code)
    opened = ConversationOpened(
        previous=latest.id if latest else None,
        source="code" if code else heard.source,
        scene=code.scene if code else "",
        code=code.scene_key if code else "",
        content=Content(handle=identity.handle),
    )
    number = rows.new_id(Conversation)
    return number, [Entry(event=opened, conversation=number, **about)]  # type: ignore[arg-type]


def _code_of_text(text: str, channel: Channel, rows: Rows) -> Code | None:
    if channel.kind != "whatsapp" or not text:
        return None
    return next((code for code in rows.codes_of(channel.name) if text.startswith(code.text)), None)


def _code_of_scene(heard: HeardAct, channel: Channel, rows: Rows) -> Code | None:
    """The code of a scan. A numeric and a text scene look alike in a push: the ticket tells them apart."""
    scene = plain(heard.scene)
    if not scene:
        return None
    found = [rows.get(Code, channel.name, f"{kind}:{scene}") for kind in ("s", "n")]
    codes = [code for code in found if code is not None]
    named = (code for code in codes if heard.ticket and heard.ticket in (code.ticket, *code.tickets))
    return next(named, codes[0] if codes else None)


def _act(heard: HeardAct, key: str | None, channel: Channel, rows: Rows, policy: Policy) -> list[Entry]:
    identity, entries = person(heard.who, heard.at, channel, rows)
    code = _code_of_scene(heard, channel, rows)
    acted = CustomerActed(
        kind=heard.kind,
        window=_window(heard.opens, heard.at, policy),
        scene=heard.scene,
        code=code.scene_key if code else "",
        button=_button(heard, channel, rows),
        content=Content(handle=identity.handle, text=heard.value, raw=heard.raw),
    )
    latest = rows.get(Conversation, identity.conversation) if identity.conversation is not None else None
    entry = Entry(
        event=acted,
        channel=channel.name,
        conversation=latest.id if latest and latest.state in OPEN_STATES else None,
        contact=identity.contact,
        occurred_at=heard.at,
        actor="platform" if heard.kind.startswith("desk_") else "customer",
        key=key,
    )
    answered = [
        replace(entry, key=None, event=SubscriptionAnswered(template=id, answer=word, content=Content(handle=identity.handle)))
        for id, word in heard.answers
    ]
    return [*entries, entry, *answered]


def _button(heard: HeardAct, channel: Channel, rows: Rows) -> str:
    """The name of the button that they tapped: WeChat tells its key or address alone."""
    menu = rows.get(Menu, channel.name) if heard.kind in ("menu_tap", "view", "photo") else None
    return dict(menu.names).get(heard.value, "") if menu is not None else ""


def _status(heard: HeardStatus, key: str | None, channel: Channel, rows: Rows, store_id: str) -> Entry:
    message = _sent(rows.message_of(channel.name, heard.id) if heard.id else None, channel)
    number, _, store = heard.ours.partition("@")
    if message is None and store == store_id and number[:1] == "m" and number[1:].isdecimal() and len(number) < 20:
        message = _sent(rows.get(Message, int(number[1:])), channel)
    status = StatusReported(
        message=message.id if message else 0,
        state=heard.state,
        error=heard.error,
        content=Content(handle=message.handle if message and heard.error else "", platform_id=heard.id, raw=heard.raw),
    )
    return Entry(
        event=status,
        channel=channel.name,
        conversation=message.conversation if message else None,
        contact=message.contact if message else None,
        occurred_at=heard.at,
        actor="platform",
        key=key,
    )


def _sent(message: Message | None, channel: Channel) -> Message | None:
    """The message, if we sent it on this channel: a status may name any id, a customer's message too."""
    return message if message is not None and message.channel == channel.name and message.direction == "out" else None


def _template(heard: HeardTemplate, key: str | None, channel: Channel) -> Entry:
    reported = TemplateReported(
        account=heard.account or channel.account_id,
        name=heard.name,
        language=heard.language.replace("-", "_"),
        id=heard.id,
        state=heard.state,
        category=heard.category,
        reason=heard.reason,
        quality=heard.quality,
        previous_category=heard.previous_category,
        correct_category=heard.correct_category,
        category_at=heard.category_at,
        told=heard.told,
    )
    return Entry(event=reported, channel=channel.name, occurred_at=heard.at, actor="platform", key=key)
