"""Whether a message of ours may go out, and the events that commit it before the first byte is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from careline.clock import MINUTE
from careline.errors import CarelineError, OutsideWindow, Usage
from careline.events import (
    ContactAppeared,
    Content,
    ConversationOpened,
    ConversationReopened,
    ConversationTaken,
    Entry,
    Event,
    MessageAccepted,
    MessageFailed,
    MessageQueued,
    MessageSending,
    MessageUnknown,
)
from careline.model import OPEN_STATES, Channel, Contact, Conversation, Identity, Media, Message, Problem, Rows, TemplateUse
from careline.rules.window import Window, usable, windows

PROVEN_NOT_SENT = (2, 4, 7, 8, 9)
LEASE = 2 * MINUTE  # longer than any request may take; an owner on this machine that died is noticed at once


class Recipient(Struct, frozen=True):
    """To whom a message goes: an id as the platform knows it. ``identity`` is None for somebody who never wrote."""

    handle: str
    kind: str
    identity: Identity | None = None


class Wish(Struct, frozen=True):
    """A message somebody wants sent. ``actor`` is ``human:<id>`` (it answers) or ``auto:<what>`` (it never does)."""

    kind: str  # text, template, image, …, as Outgoing has them
    actor: str
    text: str = ""
    template: TemplateUse | None = None
    media: Media | None = None
    body: str = ""
    send_key: str = ""
    reply_to: str = ""
    desk: str = ""  # WeChat: the account of the desk that it appears to come from


class Committed(Struct, frozen=True):
    """The events of a message that is about to go out."""

    message: int
    entries: tuple[Entry, ...]
    window: Window | None


def ours(message: int, store_id: str) -> str:
    """The text that WhatsApp repeats in every status of our message: its id and the store that knows it."""
    return f"m{message}@{store_id}"


def window_for(recipient: Recipient, now: int) -> Window | None:
    """The window a free-form message may use now; None when there is none."""
    return usable(windows(recipient.identity), now) if recipient.identity is not None else None


def earlier(wishes: Sequence[Wish], recipient: Recipient, channel: Channel, rows: Rows) -> Message | None:
    """The message that the ``--key`` of these alternatives stands for, if one may have gone out under it.

    A run that provably sent nothing leaves the key free. Raises Usage when the key stands for another message.
    """
    key = wishes[0].send_key
    known = rows.message_keyed(key) if key else None
    if known is None or _free(known):
        return None
    handle = recipient.identity.handle if recipient.identity else recipient.handle
    sent = (known.channel, known.handle, known.kind, *_said(known), known.digest)
    same = any(sent == (channel.name, handle, wish.kind, *_said(wish), digest(wish)) for wish in wishes)
    if not same:
        raise Usage(
            f"The key {key!r} stands for another message, m{known.id}.",
            code="key_reused",
            hint="One key is one message to one customer. Take another key for another message.",
            run=f"careline outbox show m{known.id}",
        )
    return known


def _said(message: Message | Wish) -> tuple[object, ...]:
    """What a message says. A template by name and parameters, for its text may be edited meanwhile; a file by its content."""
    return message.template or message.text, message.media.sha256 if message.media else ""


def digest(wish: Wish) -> str:
    """A name for a body that is more than a text and a file; empty for any other."""
    if not wish.body:
        return ""
    import hashlib

    return hashlib.sha256(wish.body.encode()).hexdigest()[:32]


def _free(message: Message) -> bool:
    """True when nothing went out under the key: refused before it was accepted, in a way that may be tried again."""
    return (
        message.state == "failed"
        and message.accepted_at is None
        and message.error is not None
        and message.error.exit in PROVEN_NOT_SENT
    )


def decide(
    wish: Wish,
    recipient: Recipient,
    channel: Channel,
    rows: Rows,
    request: Callable[[int], str],
    owner: str,
    now: int,
) -> Committed:
    """The events that commit the message; ``request(message)`` freezes the exact request for that number.

    Raises OutsideWindow when a free-form message may not go out now, Refused for a notification that nobody granted.
    """
    window = window_for(recipient, now)
    if wish.kind != "template" and window is None:
        raise closed(recipient, now)
    entries: list[Entry] = []
    identity = recipient.identity
    handle = identity.handle if identity is not None else recipient.handle
    grant = _grant(wish.template, identity, handle, channel, rows) if wish.template else ""
    contact = identity.contact if identity is not None else rows.new_id(Contact)

    def add(event: Event, conversation: int | None, actor: str = wish.actor) -> None:
        entries.append(
            Entry(
                event=event,
                channel=channel.name,
                conversation=conversation,
                contact=contact,
                occurred_at=now,
                actor=actor,
            )
        )

    if identity is None:
        phone = f"+{handle}" if recipient.kind == "wa_phone" else ""
        add(ContactAppeared(content=Content(handle=handle, handle_kind=recipient.kind, phone=phone)), None)
    conversation = _conversation(identity, handle, rows, wish, add)
    message = rows.new_id(Message)
    add(
        MessageQueued(
            message=message,
            kind=wish.kind,
            send_key=wish.send_key,
            template=wish.template.name if wish.template else "",
            language=wish.template.language if wish.template else "",
            window_ends_at=window.ends_at if window else None,
            window_left=window.left if window else None,
            grant=grant,
            content=Content(
                handle=handle,
                text=wish.text,
                media=wish.media,
                digest=digest(wish),
                template_parameters=wish.template.parameters if wish.template else (),
                reply_to=wish.reply_to,
                request=request(message),
            ),
        ),
        conversation,
    )
    add(MessageSending(message=message, owner=owner, lease_until_at=now + LEASE), conversation)
    return Committed(message, tuple(entries), window)


def _grant(use: TemplateUse, identity: Identity | None, handle: str, channel: Channel, rows: Rows) -> str:
    from careline.rules.decide.subscriptions import grant_for

    return grant_for(use, identity, handle, channel, rows)


def _conversation(identity: Identity | None, handle: str, rows: Rows, wish: Wish, add: Callable[..., None]) -> int:
    """The chat the message belongs to. One that we begin is pending: it waits for the customer, not for us."""
    latest = rows.get(Conversation, identity.conversation) if identity and identity.conversation is not None else None
    human = wish.actor.startswith("human:")
    if latest is None or latest.state not in (*OPEN_STATES, "resolved"):
        number = rows.new_id(Conversation)
        opened = ConversationOpened(
            state="pending", previous=latest.id if latest else None, source="us", content=Content(handle=handle)
        )
        add(opened, number)
    else:
        number = latest.id
        if latest.state == "resolved" and human:
            add(ConversationReopened(), number)
    if human and (latest is None or latest.agent == ""):
        add(ConversationTaken(agent=wish.actor.removeprefix("human:")), number)
    return number


def closed(recipient: Recipient, now: int) -> OutsideWindow:
    """The refusal, in words: never open, closed since, or used up."""
    found = windows(recipient.identity) if recipient.identity is not None else ()
    standing = [w for w in found if now < w.ends_at]
    if standing and all(w.left == 0 for w in standing):
        return OutsideWindow("The messages of this window are used up.", code="quota_used")
    if standing:
        return OutsideWindow("The window closes too soon for a message to arrive in it.", code="window_closed")
    if not found and recipient.identity is not None and recipient.identity.following is False:
        unfollowed = "This customer does not follow the account any more, which closes every window."
        return OutsideWindow(unfollowed, code="window_closed")
    if not found:
        return OutsideWindow("This customer has never opened a window.", code="window_never_open")
    return OutsideWindow("The customer service window is closed.", code="window_closed")


def accepted(message: Message, platform_id: str, now: int, others: tuple[tuple[str, str], ...] = ()) -> Entry:
    """The platform took it, and perhaps told under which ``others`` ids it knows the recipient."""
    content = replace(_ids(message, platform_id), others=tuple(o for o in others if o[1] and o[1] != message.handle))
    return _after(message, MessageAccepted(message=message.id, content=content), now)


def failed(message: Message, error: CarelineError, now: int) -> Entry:
    """It provably did not go out."""
    event = MessageFailed(message=message.id, error=problem(error), grant=message.grant_of, content=_ids(message))
    return _after(message, event, now)


def unknown(message: Message, error: CarelineError, now: int) -> Entry:
    """It may have gone out."""
    return _after(message, MessageUnknown(message=message.id, error=problem(error), content=_ids(message)), now)


def problem(error: CarelineError) -> Problem:
    """The error as it is kept with the message."""
    return Problem(
        code=error.code,
        message=error.message,
        exit=int(error.exit),
        platform_code=error.platform_code,
        trace_id=error.trace_id,
    )


def _ids(message: Message, platform_id: str = "") -> Content:
    return Content(handle=message.handle, platform_id=platform_id)


def _after(message: Message, event: MessageAccepted | MessageFailed | MessageUnknown, now: int) -> Entry:
    return Entry(
        event=event,
        channel=message.channel,
        conversation=message.conversation,
        contact=message.contact,
        occurred_at=now,
        actor="platform",
    )
