"""What can happen. An event is written once and never changed; every row is folded from events.

``content`` holds all that a person wrote or is called, and the platform's ids (a wamid contains the phone): erasing a person
empties it. Everything else of an event is data and never holds any of that. Fields are only ever added, with defaults, so that
old journals stay readable.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from careline.model import Finding, Media, Problem


class Content(Struct, gc=False, frozen=True, kw_only=True, omit_defaults=True):
    """The personal part of an event. Each event uses a few of the fields."""

    handle: str = ""
    handle_kind: str = ""
    others: tuple[tuple[str, str], ...] = ()
    name: str = ""
    username: str = ""
    phone: str = ""
    text: str = ""
    media: Media | None = None
    action: str = ""
    reply_to: str = ""
    platform_id: str = ""
    request: str = ""
    template_parameters: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    raw: str = ""


NOTHING = Content()


class Event(Struct, gc=False, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all events. ``type`` is its name in the journal."""

    type: ClassVar[str]
    content: Content = NOTHING


class Window(Struct, gc=False, frozen=True):
    """The window an act opened, as decided then: later settings never rewrite it."""

    kind: str
    ends_at: int
    quota: int | None


# Channels


class ChannelRegistered(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A channel was set up, or set up differently."""

    type: ClassVar[str] = "channel.registered"
    name: str
    kind: str
    account_id: str = ""
    phone_number_id: str = ""
    app_id: str = ""
    api_url: str = ""
    public_url: str = ""
    address: str = ""
    title: str = ""
    accepts_plain: bool = False


class ChannelStepped(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A step of registering is done; ``active`` when it was the last."""

    type: ClassVar[str] = "channel.stepped"
    name: str
    step: str
    active: bool = False


class ChannelTurned(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody paused, resumed or removed a channel: its ``state`` is that from now on."""

    type: ClassVar[str] = "channel.turned"
    name: str
    state: str


class ChannelRotated(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Secrets of a channel were changed: their names, never what they are. Those before count until ``previous_until_at``."""

    type: ClassVar[str] = "channel.rotated"
    name: str
    keys: tuple[str, ...] = ()
    previous_until_at: int | None = None


class ChannelChecked(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The platform was asked how a channel is. ``findings`` are those that are not well."""

    type: ClassVar[str] = "channel.checked"
    name: str
    findings: tuple[Finding, ...] = ()


class ChannelReplies(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What the receiver answers by itself from now on: ``content.text`` holds it as JSON, empty for nothing."""

    type: ClassVar[str] = "channel.replies"
    name: str


class VerificationDue(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody said by when the platform wants the account verified; None: never."""

    type: ClassVar[str] = "channel.verification"
    name: str
    verify_by_at: int | None = None


class AccountNoticed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The platform said something about the account, or something we cannot read.

    ``verify_by_at`` where it told up to when the account counts as verified, ``alert`` where somebody must do something.
    """

    type: ClassVar[str] = "account.noticed"
    notice: int
    kind: str
    summary: str = ""
    verify_by_at: int | None = None
    alert: str = ""  # warning, error


# Customers


class ContactAppeared(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody is known on this channel from now on."""

    type: ClassVar[str] = "contact.appeared"


class ContactNamed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The platform told a name, a phone or a further id of somebody known."""

    type: ClassVar[str] = "contact.named"


class ContactBlocked(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody may not write to this channel any more, or may again."""

    type: ClassVar[str] = "contact.blocked"
    blocked: bool


class CustomerActed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A follow, unfollow, scan, menu tap…: no message."""

    type: ClassVar[str] = "customer.acted"
    kind: str
    window: Window | None = None
    scene: str = ""
    code: str = ""  # scene_key of the code it came by
    button: str = ""  # the name of the menu's button, where we know it


class MenuChanged(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A menu of a WeChat account was created, replaced or deleted by us, or read: the default one, or that of a ``rule``.

    ``names`` are the names of its buttons by what a tap on them tells: a key, an address.
    """

    type: ClassVar[str] = "menu.changed"
    action: str
    rule: str = ""
    names: tuple[tuple[str, str], ...] = ()


class SubscriptionAnswered(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A customer granted one notification by a WeChat template (``accept``), did not (``reject``), or took back what they
    granted (``withdraw``). ``template`` is its id.
    """

    type: ClassVar[str] = "subscription.answered"
    template: str
    answer: str


class MessageReceived(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A customer wrote."""

    type: ClassVar[str] = "message.received"
    message: int
    kind: str
    window: Window | None = None
    asks: bool = True
    source: str = ""
    code: str = ""
    clock: str = "platform"


class MessageEchoed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """One of us answered on the phone that shares the number with us."""

    type: ClassVar[str] = "message.echoed"
    message: int
    kind: str


class MessageReplied(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The receiver answered a push in the same breath. ``message`` 0: no message of a chat, as a greeting before there is one.

    It uses nothing of any window and answers nobody: who waits for a person waits on.
    """

    type: ClassVar[str] = "message.replied"
    message: int
    kind: str


class MediaKept(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The file of a customer's message was fetched: ``content.media`` tells what is kept."""

    type: ClassVar[str] = "media.kept"
    message: int


# Conversations


class ConversationOpened(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A chat began."""

    type: ClassVar[str] = "conversation.opened"
    state: str = "new"
    previous: int | None = None
    source: str = ""
    scene: str = ""
    code: str = ""


class ConversationReopened(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A resolved chat goes on."""

    type: ClassVar[str] = "conversation.reopened"


class ConversationTaken(Event, frozen=True, kw_only=True, omit_defaults=True):
    """An agent holds the chat now."""

    type: ClassVar[str] = "conversation.taken"
    agent: str


class ConversationResolved(Event, frozen=True, kw_only=True, omit_defaults=True):
    """We think it is done."""

    type: ClassVar[str] = "conversation.resolved"
    category: str = ""


class ConversationRead(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The customer was shown that we have read everything up to ``message``, perhaps that we are typing."""

    type: ClassVar[str] = "conversation.read"
    message: int
    typing: bool = False


# Outgoing messages


class MediaUploaded(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The platform holds a file of ours until ``until_at``: ``content.media`` tells which, and its id."""

    type: ClassVar[str] = "media.uploaded"
    until_at: int


class MessageQueued(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A message of ours is committed to go out. The request in ``content`` is exactly what will be sent."""

    type: ClassVar[str] = "message.queued"
    message: int
    kind: str
    send_key: str = ""
    template: str = ""
    language: str = ""
    window_ends_at: int | None = None
    window_left: int | None = None
    grant: str = ""  # the id of the template of which it uses a grant


class MessageSending(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The first byte may go out from now on, by the process ``owner`` until ``lease_until_at``."""

    type: ClassVar[str] = "message.sending"
    message: int
    owner: str
    lease_until_at: int


class MessageAccepted(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The platform took it."""

    type: ClassVar[str] = "message.accepted"
    message: int


class MessageFailed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """It provably did not reach the customer. Where ``error.exit`` says that it may be tried again, its key is free."""

    type: ClassVar[str] = "message.failed"
    message: int
    error: Problem
    grant: str = ""  # as the message was queued with


class MessageUnknown(Event, frozen=True, kw_only=True, omit_defaults=True):
    """It may have gone out: nobody can say. Counts against the quota, is never sent again by itself."""

    type: ClassVar[str] = "message.unknown"
    message: int
    error: Problem


class StatusReported(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The platform said what became of a message. ``message`` 0: we do not know its id yet."""

    type: ClassVar[str] = "message.status"
    message: int
    state: str
    error: Problem | None = None


# Templates and codes


class TemplateReported(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A template was submitted, or the platform told its state. Empty fields were not told."""

    type: ClassVar[str] = "template.reported"
    account: str
    name: str
    language: str
    id: str = ""
    state: str = ""
    category: str = ""
    reason: str = ""
    quality: str = ""
    components: str = ""
    named: bool | None = None
    submitted: bool = False
    edited: bool = False
    previous_category: str = ""
    correct_category: str = ""  # what it will be filed under at ``category_at``
    category_at: int | None = None
    told: str = ""  # JSON of the parts whose words the platform told, not whole components
    free_at: int | None = None  # of a deleted one: when its name may be used again


class CodeCreated(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A QR code exists on the platform."""

    type: ClassVar[str] = "code.created"
    scene_key: str
    scene: str
    numeric: bool = False
    permanent: bool = False
    ticket: str = ""
    url: str = ""
    text: str = ""
    campaign: str = ""
    caption: str = ""
    expires_at: int | None = None


class CodeDrawn(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A picture of a code was written and read back."""

    type: ClassVar[str] = "code.drawn"
    scene_key: str
    file: str
    look: str = ""


# WeCom customer service


class KfReported(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A customer service account is there, is called otherwise, greets otherwise, or is gone. What is None was not told."""

    type: ClassVar[str] = "kf.reported"
    account: str
    name: str | None = None
    managed: bool | None = None
    welcome: str | None = None
    state: str | None = None


class KfPulled(Event, frozen=True, kw_only=True, omit_defaults=True):
    """One page of an account's messages is in the journal; the next one begins at ``cursor``."""

    type: ClassVar[str] = "kf.pulled"
    account: str
    cursor: str
    items: int = 0
    more: bool = False  # another page was waiting


class KfSession(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Who speaks to a customer from now on, as we made it or as WeCom answered: new, bot, pool, human, ended."""

    type: ClassVar[str] = "kf.session"
    state: str
    servicer: str = ""


class KfGreeted(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Who entered is greeted by the code that WeCom gave for it: ``sending`` before the first byte, then what became of it.

    It is no message of a chat: most who enter write nothing, and it counts against no window.
    """

    type: ClassVar[str] = "kf.greeted"
    account: str
    state: str  # sending, accepted, failed, unknown
    error: Problem | None = None


# What a platform tells when it is asked: followers, and the history of its own desk


class FollowerTold(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What a platform knows of somebody. ``content.text`` is the remark: what we call them."""

    type: ClassVar[str] = "follower.told"
    following: bool
    followed_at: int | None = None
    language: str = ""
    tags: tuple[int, ...] = ()
    came_by: str = ""
    code: str = ""  # scene_key of the code they came by


class FollowersRead(Event, frozen=True, kw_only=True, omit_defaults=True):
    """All followers up to the one in ``content.platform_id`` are noted; ``done`` when that was the last."""

    type: ClassVar[str] = "followers.read"
    seen: int
    began_at: int
    done: bool = False


class TagsTold(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The account has these tags, and no others."""

    type: ClassVar[str] = "tags.told"
    tags: tuple[tuple[int, str], ...] = ()


class ConversationImported(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A chat that took place elsewhere, and is over. ``newest``: nothing later is known of that person."""

    type: ClassVar[str] = "conversation.imported"
    previous: int | None = None
    newest: bool = False


class MessageImported(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A message from the history of a desk elsewhere: long written, so that nobody waits because of it."""

    type: ClassVar[str] = "message.imported"
    message: int
    kind: str
    direction: str
    window: Window | None = None


class HistoryRead(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A page of that history is here, with all that it held. ``content.raw`` is how its last second ended."""

    type: ClassVar[str] = "history.read"
    day: int
    since_at: int
    until_at: int
    cursor: int
    done: bool = False


EVENTS = tuple(Event.__subclasses__())  # all of the above


class Entry(Struct, gc=False, frozen=True, kw_only=True):
    """One line of the journal: an event and what it belongs to. ``seq`` and ``recorded_at`` are given when it is written.

    ``key`` is what the platform repeats; it is unique within the channel. ``actor`` is ``customer``, ``platform``,
    ``human:<id>`` or ``auto:<rule>``.
    """

    event: Event
    occurred_at: int
    channel: str = ""
    conversation: int | None = None
    contact: int | None = None
    actor: str = ""
    key: str | None = None
    seq: int = 0
    recorded_at: int = 0


_encoder = msgspec.json.Encoder()
_kinds: dict[str, type[Event]] = {kind.type: kind for kind in EVENTS}


@cache
def _decoder(kind: type[Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def encode(event: Event) -> tuple[bytes, bytes | None]:
    """The event as (data, content) JSON; content is None when there is none."""
    if event.content == NOTHING:
        return _encoder.encode(event), None
    return _encoder.encode(msgspec.structs.replace(event, content=NOTHING)), _encoder.encode(event.content)


def decode(type: str, data: bytes | str, content: bytes | str | None) -> Event:
    """The event that ``encode`` made. Unknown fields are ignored. Raises KeyError for an unknown type."""
    event: Event = _decoder(_kinds[type]).decode(data)
    if content is None:
        return event
    return msgspec.structs.replace(event, content=_decoder(Content).decode(content))
