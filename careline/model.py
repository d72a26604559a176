"""The nouns: rows that the fold writes and everything else reads.

A row is frozen; a change makes another one. Instants are microseconds UTC and end in ``_at``. Whatever a person wrote or is
called also stands in these rows, taken from an event's ``content``: erasing that and folding again empties them.
"""

from __future__ import annotations

from typing import ClassVar, Protocol, TypeVar

from msgspec import Struct

# gc=False here and below: what is frozen and holds only what is frozen is never part of a cycle, and is made by the million.


class Row(Struct, gc=False, frozen=True, kw_only=True):
    """One row of a projection. ``table`` is its table, ``key`` the names of its key fields."""

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]


class Finding(Struct, gc=False, frozen=True):
    """What a check of a channel found: ``level`` is ok, warning or error, ``remedy`` the next command."""

    check: str
    level: str
    code: str
    message: str
    remedy: str = ""
    platform_code: str = ""
    observed: str = ""
    expected: str = ""


class Channel(Row, frozen=True, kw_only=True):
    """One registered account: a WhatsApp business phone number, a WeChat Official Account, a company on WeCom."""

    table: ClassVar[str] = "channel"
    key: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    kind: str  # whatsapp, wechat, wecom: see ``careline.rules.kinds``
    state: str = "incomplete"  # incomplete, active, paused, removed
    address: str = ""  # +39 02 1234 5678; the account's own WeChat id once it is known
    account_id: str = ""  # WhatsApp: the business account; WeChat: the appid; WeCom: the corp id
    phone_number_id: str = ""  # WhatsApp only
    app_id: str = ""
    api_url: str = ""
    public_url: str = ""
    title: str = ""  # the verified name customers see
    steps: tuple[str, ...] = ()  # steps of registering that are done
    created_at: int = 0
    last_inbound_at: int | None = None
    secrets_at: int | None = None  # when its secrets were last changed
    previous_until_at: int | None = None  # up to then the secret before counts too
    accepts_plain: bool = False  # WeChat: pushes that are not encrypted are heard too
    replies: str = ""  # WeChat: what the receiver answers by itself, as JSON
    verify_by_at: int | None = None  # WeChat: up to then the account must be verified
    checked_at: int | None = None
    findings: tuple[Finding, ...] = ()  # of the last check, but for what was well


class Contact(Row, frozen=True, kw_only=True):
    """A person."""

    table: ClassVar[str] = "contact"
    key: ClassVar[tuple[str, ...]] = ("id",)

    id: int
    name: str = ""
    language: str = ""
    first_seen_at: int = 0
    last_seen_at: int = 0


class Opening(Struct, gc=False, frozen=True):
    """A window that a customer's act opened: ``quota`` messages (None: any number) before ``ends_at``."""

    kind: str
    at: int
    ends_at: int
    quota: int | None


class Spent(Struct, gc=False, frozen=True):
    """One message of ours that counts against the windows open at ``at``."""

    at: int
    message: int


class Identity(Row, frozen=True, kw_only=True):
    """A person on one channel, keyed by what the platform gives: a phone, a BSUID, an OpenID, an account and an id on WeCom.

    ``openings`` holds the latest of each kind and ``spent`` our newest messages, both sorted: bounded facts from which the
    windows of any instant follow, in whatever order the news arrived.
    """

    table: ClassVar[str] = "identity"
    key: ClassVar[tuple[str, ...]] = ("channel", "handle")

    channel: str
    handle: str
    kind: str  # wa_phone, wa_bsuid, wechat_openid, wecom_external, anonymous
    contact: int
    name: str = ""
    username: str = ""
    phone: str = ""
    conversation: int | None = None  # the latest one
    openings: tuple[Opening, ...] = ()
    spent: tuple[Spent, ...] = ()
    shut_at: int | None = None  # the latest unfollow: openings up to then are void
    following: bool | None = None
    follow_at: int | None = None
    code: str = ""  # scene_key of the last code they came by
    code_at: int | None = None
    last_in_at: int | None = None
    blocked: bool = False
    wants_marketing: bool | None = None  # False: they stopped it; None: they never said
    wants_at: int | None = None
    remark: str = ""  # what we call a follower, for ourselves
    language: str = ""  # of their WeChat
    tags: tuple[int, ...] = ()  # WeChat: the numbers of those they have
    came_by: str = ""  # WeChat: how they began to follow, in its words
    session: str = ""  # WeCom: who speaks to them: new, bot, pool, human, ended; empty: nobody has told
    servicer: str = ""  # WeCom: the servicer who has the session
    session_at: int | None = None


class Alias(Row, frozen=True, kw_only=True):
    """Another id of the same identity on the same channel (wa_id, BSUID): for finding it, never for sending."""

    table: ClassVar[str] = "alias"
    key: ClassVar[tuple[str, ...]] = ("channel", "value")

    channel: str
    value: str
    handle: str


class Unanswered(Struct, gc=False, frozen=True):
    """A customer's message that no person has answered yet."""

    at: int
    message: int


class Menu(Row, frozen=True, kw_only=True):
    """The buttons of a WeChat channel's menus, as we last made or read them: a tap tells the key alone."""

    table: ClassVar[str] = "menu"
    key: ClassVar[tuple[str, ...]] = ("channel",)

    channel: str
    names: tuple[tuple[str, str], ...] = ()  # (key or address, name), the newest last
    changed_at: int = 0


class Subscription(Row, frozen=True, kw_only=True):
    """What a customer granted of one WeChat template, and which messages used it: see ``careline.rules.subscriptions``."""

    table: ClassVar[str] = "subscription"
    key: ClassVar[tuple[str, ...]] = ("channel", "handle", "template")

    channel: str
    handle: str
    template: str  # its id
    contact: int = 0
    granted: tuple[int, ...] = ()  # when: the newest forty, oldest first
    used: tuple[Spent, ...] = ()
    void_at: int | None = None  # grants up to then are void
    rejected_at: int | None = None


OPEN_STATES = ("bot", "new", "open", "pending", "on_hold", "snoozed")  # of a conversation


class Conversation(Row, frozen=True, kw_only=True):
    """A chat with one person on one channel. States and transitions: ARCHITECTURE.md, "States"."""

    table: ClassVar[str] = "conversation"
    key: ClassVar[tuple[str, ...]] = ("id",)

    id: int
    channel: str
    contact: int
    handle: str
    state: str = "new"  # new, open, resolved (bot, pending, on_hold, snoozed, closed come with their commands)
    priority: str = "normal"
    agent: str = ""
    source: str = ""  # code, ad, link, ""
    scene: str = ""
    code: str = ""  # scene_key of the code it came by
    category: str = ""
    summary: str = ""
    unanswered: tuple[Unanswered, ...] = ()
    waiting_since_at: int | None = None
    enqueued_at: int | None = None
    created_at: int = 0
    first_response_at: int | None = None
    resolved_at: int | None = None
    reopened: int = 0
    messages_in: int = 0
    messages_out: int = 0
    previous: int | None = None
    last_message: int | None = None
    last_at: int = 0


class Media(Struct, gc=False, frozen=True):
    """A file in a message. ``id`` is the platform's, ``sha256`` as the platform wrote it.

    Once the file is kept here, ``check`` says how sure we are of it (``verified``, ``unverifiable``), ``sha256`` is that of
    what is kept, in hex, and ``bytes`` its size.
    """

    id: str = ""
    mime: str = ""
    name: str = ""
    bytes: int | None = None
    sha256: str = ""
    url: str = ""
    check: str = ""


class TemplateUse(Struct, gc=False, frozen=True):
    """A template in a message; ``parameters`` are (slot, value) in the order given."""

    name: str
    language: str
    parameters: tuple[tuple[str, str], ...] = ()


class Problem(Struct, gc=False, frozen=True):
    """Why a message did not arrive. ``exit`` is the exit code that sending it had or would have."""

    code: str
    message: str
    exit: int
    platform_code: str = ""
    trace_id: str = ""


class Message(Row, frozen=True, kw_only=True):
    """One message. Outgoing ones go ``queued sending accepted sent delivered read`` or ``failed unknown``."""

    table: ClassVar[str] = "message"
    key: ClassVar[tuple[str, ...]] = ("id",)

    id: int
    conversation: int
    channel: str
    contact: int
    handle: str
    direction: str  # in, out
    kind: str  # text, image, …, template, unsupported
    state: str  # in: received; out: see above
    text: str = ""
    media: Media | None = None
    template: TemplateUse | None = None
    action: str = ""  # the id of a tapped button, list row or menu item
    actor: str = ""  # customer, human:mei, auto:send
    send_key: str = ""  # --key
    digest: str = ""  # of a body that is more than a text and a file: what a repeated key is compared with
    reply_to: str = ""  # the platform's id of the message answered or reacted to
    platform_id: str = ""
    error: Problem | None = None
    request: str = ""  # the frozen request, as JSON, without secrets
    raw: str = ""  # what the platform sent beyond the above, as it came
    answered: tuple[Unanswered, ...] = ()  # what this reply answered
    window_ends_at: int | None = None  # of the window it was sent in
    window_left: int | None = None
    grant_of: str = ""  # the id of the template of which it uses a grant
    owner: str = ""  # host/boot/pid while sending
    lease_until_at: int | None = None
    occurred_at: int = 0
    recorded_at: int = 0
    accepted_at: int | None = None
    sent_at: int | None = None
    delivered_at: int | None = None
    read_at: int | None = None
    failed_at: int | None = None


class Upload(Row, frozen=True, kw_only=True):
    """A file that the platform holds for one channel, by its content: until ``until_at`` nobody uploads it again."""

    table: ClassVar[str] = "upload"
    key: ClassVar[tuple[str, ...]] = ("channel", "sha256", "mime")

    channel: str
    sha256: str
    mime: str
    id: str = ""
    until_at: int = 0


class Early(Row, frozen=True, kw_only=True):
    """Statuses that came before our own note of the answer: they wait here for the platform's id to be ours."""

    table: ClassVar[str] = "early"
    key: ClassVar[tuple[str, ...]] = ("channel", "platform_id")

    channel: str
    platform_id: str
    states: tuple[tuple[str, int], ...] = ()
    error: Problem | None = None


class Slot(Struct, gc=False, frozen=True):
    """One variable of a template: ``slot`` as given to ``--param`` (``1``, ``name``, ``header.1``, ``button0``)."""

    slot: str
    component: str  # header, body, button, limited_time_offer
    index: int  # of the button
    name: str  # position or name
    type: str = "text"
    example: str = ""


class Template(Row, frozen=True, kw_only=True):
    """A message template of one business account, in one language."""

    table: ClassVar[str] = "template"
    key: ClassVar[tuple[str, ...]] = ("account", "name", "language")

    account: str
    name: str
    language: str
    id: str = ""
    state: str = "pending"  # Meta's status in lower case
    category: str = ""
    reason: str = ""
    quality: str = ""
    components: str = "[]"  # JSON, as the platform has them
    named: bool = False
    submitted_at: int | None = None
    decided_at: int | None = None
    updated_at: int | None = None
    state_at: int | None = None  # when it was what ``state`` says, as the platform or we noted it
    edits: tuple[int, ...] = ()  # the newest ten that were made while it was approved
    previous_category: str = ""
    correct_category: str = ""  # what it will be filed under at ``category_at``
    category_at: int | None = None
    free_at: int | None = None  # of a deleted one: when its name may be used again


class Code(Row, frozen=True, kw_only=True):
    """A QR code in the ledger. ``scene_key`` is ``n:7`` or ``s:shop``: numeric and text scenes cannot collide."""

    table: ClassVar[str] = "code"
    key: ClassVar[tuple[str, ...]] = ("channel", "scene_key")

    channel: str
    scene_key: str
    scene: str
    numeric: bool = False
    permanent: bool = False
    ticket: str = ""
    url: str = ""
    text: str = ""  # WhatsApp: what the customer's message starts with
    file: str = ""
    campaign: str = ""
    caption: str = ""
    expires_at: int | None = None
    created_at: int = 0
    scans: int = 0
    follows: int = 0
    chats: int = 0
    look: str = ""  # how its picture was drawn
    tickets: tuple[str, ...] = ()  # of the codes that the scene had before, the latest first: they may still be scanned
    spent: bool = False  # True once the scene has had a permanent code: one of the account's, for ever


class KfAccount(Row, frozen=True, kw_only=True):
    """A customer service account (微信客服) of a WeCom channel, and up to where its messages were pulled."""

    table: ClassVar[str] = "kf_account"
    key: ClassVar[tuple[str, ...]] = ("channel", "id")

    channel: str
    id: str  # open_kfid
    name: str = ""
    state: str = "active"  # active, removed
    managed: bool | None = None  # the API may speak for it; None: nobody has told
    welcome: str = ""  # what greets who enters: a text, or a msgmenu as JSON
    cursor: str = ""
    pulled_at: int | None = None  # the last time that everything was fetched, within an hour
    created_at: int = 0


class Tags(Row, frozen=True, kw_only=True):
    """The tags of a WeChat account: number and name, a hundred at most."""

    table: ClassVar[str] = "tags"
    key: ClassVar[tuple[str, ...]] = ("channel",)

    channel: str
    tags: tuple[tuple[int, str], ...] = ()


class Following(Row, frozen=True, kw_only=True):
    """How far the last look at all followers of a channel came: everybody up to ``cursor`` is noted."""

    table: ClassVar[str] = "following"
    key: ClassVar[tuple[str, ...]] = ("channel",)

    channel: str
    cursor: str = ""
    seen: int = 0
    began_at: int = 0
    done_at: int | None = None  # None: it was cut off


class History(Row, frozen=True, kw_only=True):
    """How far the history of a desk elsewhere was brought here for one day of UTC: see ``careline.rules.history``."""

    table: ClassVar[str] = "history"
    key: ClassVar[tuple[str, ...]] = ("channel", "day")

    channel: str
    day: int  # the instant it begins
    since_at: int
    until_at: int
    cursor: int = 1  # the platform's, for what follows
    tail: str = ""  # of the last second so far: how often each line was there, as JSON
    read_at: int = 0
    done: bool = False


class Notice(Row, frozen=True, kw_only=True):
    """News about an account that concerns no customer: quality, limits, verification. Kept as it came."""

    table: ClassVar[str] = "notice"
    key: ClassVar[tuple[str, ...]] = ("id",)

    id: int
    channel: str
    kind: str
    summary: str = ""
    raw: str = ""
    occurred_at: int = 0


ROWS = tuple(Row.__subclasses__())  # all of the above

R = TypeVar("R", bound=Row)


class Rows(Protocol):
    """The rows a rule may look at, as they stand in the transaction it decides in."""

    def get(self, kind: type[R], *key: str | int) -> R | None:
        """The row with that key, or None."""

    def knows(self, channel: str, key: str) -> bool:
        """True when an event with that key is in the journal: the platform has told us before."""

    def message_of(self, channel: str, platform_id: str) -> Message | None:
        """The message that the platform calls ``platform_id``."""

    def message_keyed(self, send_key: str) -> Message | None:
        """The newest message sent under that ``--key``."""

    def codes_of(self, channel: str) -> tuple[Code, ...]:
        """The codes of a channel that carry a text, longest text first (WhatsApp: a message may start with one)."""

    def new_id(self, kind: type[Row]) -> int:
        """The next free number of ``contact``, ``conversation``, ``message`` or ``notice``."""
