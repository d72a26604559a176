"""What the two platforms know: accounts, customers, templates, codes. Plain rows that the rooms of the sandbox change.

Everything happens on one event loop, so nothing here is locked. Instants are microseconds UTC of the virtual clock.
"""

from __future__ import annotations

import secrets
from typing import Any

from msgspec import Struct, field

Json = dict[str, Any]


class Settings(Struct):
    """How this sandbox behaves where the platforms leave room, or where a test wants trouble. Seconds are real ones."""

    merge: str = "max"  # WeChat windows: max (they become one) or each (each act keeps its own)
    closed_window: str = "async"  # WhatsApp: 131047 as a later status, or sync as the answer
    review_s: float = 30.0  # of virtual time
    sent_s: float = 0.02
    delivered_s: float = 0.05
    wechat_wait_s: float = 5.0
    retry_s: float = 1.0  # first wait before a webhook comes again; doubles
    retry_cap_s: float = 30.0
    retries: int = 10
    slow_s: float = 3.0
    duplicate: int = 0  # extra copies of each webhook, in parallel
    late_s: float = 0.0
    reorder: int = 0  # hold so many webhooks, then send them last first


class Button(Struct):
    """What a customer can tap under a message."""

    text: str
    payload: str
    kind: str


class Bubble(Struct):
    """A message on a customer's phone. ``direction`` as careline has it: in is from the customer, out is from us."""

    id: str
    direction: str
    at: int
    kind: str
    text: str
    state: str = ""  # out: accepted, sent, delivered, read, failed; in: received, read
    template: str = ""
    buttons: list[Button] = field(default_factory=list)
    reply_to: str = ""
    ours: str = ""  # biz_opaque_callback_data
    category: str = "service"  # what WhatsApp bills it as
    pricing: Json = field(default_factory=dict)
    error: int = 0


class WhatsAppCustomer(Struct):
    """A person on WhatsApp. ``wa_id`` is empty for one who hides the phone behind a username."""

    user_id: str
    name: str
    wa_id: str = ""
    username: str = ""
    wrote_at: int | None = None
    messages: list[Bubble] = field(default_factory=list)

    def window_open(self, now: int) -> bool:
        """True within 24 hours of the customer's last message."""
        return self.wrote_at is not None and now < self.wrote_at + 24 * 3600 * 1_000_000


class Callback(Struct):
    """Where an app's webhooks go."""

    url: str
    verify_token: str


class Template(Struct):
    """A message template in one language. ``verdict_at`` is when the review of it ends."""

    id: str
    name: str
    language: str
    category: str
    components: list[Json]
    created_at: int
    parameter_format: str = "POSITIONAL"
    status: str = "PENDING"
    rejected_reason: str = "NONE"
    previous_category: str = ""
    ttl_s: int | None = None
    verdict_at: int | None = None
    edits: list[int] = field(default_factory=list)


class Link(Struct):
    """A WhatsApp QR code: a short link whose message is filled in."""

    code: str
    prefilled_message: str
    created_at: int


class WhatsApp(Struct):
    """Meta's side of one business account with one number."""

    subscribed: bool = False
    override: Callback | None = None  # the account's, for messages only
    number_override: Callback | None = None  # the number's, which goes before it
    app_callback: Callback | None = None
    app_fields: list[str] = field(default_factory=list)
    customers: dict[str, WhatsAppCustomer] = field(default_factory=dict)  # by wa_id, or user_id where there is none
    templates: dict[str, Template] = field(default_factory=dict)  # by id
    blocked_names: dict[str, int] = field(default_factory=dict)  # of deleted templates: free again at
    links: dict[str, Link] = field(default_factory=dict)
    calls: list[int] = field(default_factory=list)  # management calls of the last hour

    @property
    def callback(self) -> Callback | None:
        """Where messages go: to the number's own callback, else the account's, else the app's."""
        return self.number_override or self.override or self.app_callback


class Grant(Struct):
    """Messages that may be sent to a WeChat customer before ``ends_at``, opened by one kind of act."""

    kind: str
    left: int
    ends_at: int


class WeChatCustomer(Struct):
    """A person on WeChat."""

    openid: str
    name: str
    following: bool = False
    subscribed_at: int = 0
    subscribe_scene: str = "ADD_SCENE_SEARCH"
    qr_scene: int = 0
    qr_scene_str: str = ""
    grants: list[Grant] = field(default_factory=list)
    exchanged_at: int | None = None  # the last message either way
    typing_until: int = 0
    faults_shown: int = 0
    messages: list[Bubble] = field(default_factory=list)


class Console(Struct):
    """The server configuration as pasted into WeChat's console."""

    url: str
    token: str
    encoding_aes_key: str
    mode: str


class Scene(Struct):
    """A WeChat QR code. ``ends_at`` None: permanent."""

    ticket: str
    url: str
    scene: str
    numeric: bool
    ends_at: int | None


class Token(Struct):
    """An access token. It works before ``ends_at``; ``retired`` says whether a newer one, rather than time, will end it."""

    value: str
    issued_at: int
    ends_at: int
    retired: bool = False


class WeChat(Struct):
    """WeChat's side of one Official Account."""

    console: Console | None = None
    customers: dict[str, WeChatCustomer] = field(default_factory=dict)
    scenes: dict[str, Scene] = field(default_factory=dict)  # by ticket
    classic: list[Token] = field(default_factory=list)
    stable: list[Token] = field(default_factory=list)
    forced_at: list[int] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)  # calls of the Beijing day, by path
    day: int = 0
    cleared_at: list[int] = field(default_factory=list)


class World(Struct):
    """Both platforms and how they behave."""

    whatsapp: WhatsApp = field(default_factory=WhatsApp)
    wechat: WeChat = field(default_factory=WeChat)
    settings: Settings = field(default_factory=Settings)


def digits(count: int) -> str:
    """So many random digits, not beginning with 0."""
    return str(secrets.randbelow(9) + 1) + "".join(str(secrets.randbelow(10)) for _ in range(count - 1))
