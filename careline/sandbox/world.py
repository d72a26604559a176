"""What the two platforms know: accounts, customers, templates, codes. Plain rows that the rooms of the sandbox change.

Everything happens on one event loop, so nothing here is locked. Instants are microseconds UTC of the virtual clock.
"""

from __future__ import annotations

from msgspec import Struct, field

from careline.sandbox import account, chance
from careline.sandbox.phone import Bubble, Json
from careline.sandbox.settings import Settings
from careline.sandbox.wechat.state import WeChat
from careline.sandbox.wecom.state import WeCom


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


class Held(Struct):
    """A message that Meta keeps back until it knows what customers make of its template."""

    customer: WhatsAppCustomer
    bubble: Bubble
    number: str


class Callback(Struct):
    """Where an app's webhooks go."""

    url: str
    verify_token: str


class AccessToken(Struct):
    """A system user's token and what it may do. ``ends_at`` None: never."""

    scopes: list[str] = field(default_factory=lambda: ["whatsapp_business_management", "whatsapp_business_messaging"])
    ends_at: int | None = None
    valid: bool = True


class Number(Struct):
    """A business phone number, ``phone`` in digits with the country's; words in capitals are Graph's own."""

    id: str
    cc: str
    phone: str
    display: str
    verified_name: str
    status: str = "PENDING"
    verification: str = "NOT_VERIFIED"
    name_status: str = "PENDING_REVIEW"
    new_name: str = ""
    new_name_status: str = ""
    quality: str = "UNKNOWN"
    throughput: str = "STANDARD"
    override: Callback | None = None  # goes before the account's and the app's
    pin: str = ""
    code: str = ""  # the last one that came by SMS or voice
    code_until: int = 0
    wrong: dict[str, list[int]] = field(default_factory=dict)  # guesses of pin and code, when
    made: dict[str, list[int]] = field(default_factory=dict)  # calls of register, deregister, request_code
    profile: Json = field(default_factory=dict)
    picture: str = ""
    automation: Json = field(default_factory=dict)
    settings: Json = field(default_factory=dict)
    commerce: Json = field(default_factory=lambda: {"is_cart_enabled": True, "is_catalog_visible": False})
    blocked: list[str] = field(default_factory=list)  # user ids of customers


def our_number() -> dict[str, Number]:
    """The number that is there from the start: connected, its name approved."""
    ours = Number(
        account.PHONE_NUMBER_ID,
        account.COUNTRY_CODE,
        account.PHONE,
        account.DISPLAY_PHONE,
        account.VERIFIED_NAME,
        status="CONNECTED",
        verification="VERIFIED",
        name_status="APPROVED",
        quality="GREEN",
        pin=account.PIN,
    )
    return {ours.id: ours}


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
    edits: list[int] = field(default_factory=list)  # while it was approved: those count
    changed_at: int | None = None
    quality: str = "UNKNOWN"
    quality_at: int | None = None
    pauses: int = 0  # for its quality: three hours, six hours, then it is disabled
    paused_until: int | None = None
    paced: bool = False  # paused by pacing: it stays so until somebody unpauses it
    paused_at: int | None = None
    correct_category: str = ""  # what it will be filed under at ``category_due_at``
    category_due_at: int | None = None
    gone_at: int | None = None  # deleted, with messages still under way: until then
    more: Json = field(default_factory=dict)  # what was sent besides and is shown again


class Upload(Struct):
    """A file on its way through the resumable upload, in as many pieces as it takes."""

    name: str
    mime: str
    length: int
    data: bytes = b""


class MediaFile(Struct):
    """A file that a message carries, ours or a customer's. Its id works before ``until``."""

    id: str
    mime: str
    name: str
    data: bytes
    sha256: str
    until: int


class Link(Struct):
    """A WhatsApp QR code: a short link whose message is filled in."""

    code: str
    prefilled_message: str
    created_at: int


class WhatsApp(Struct):
    """Meta's side of one business account with its numbers."""

    subscribed: bool = False
    override: Callback | None = None  # the account's, for messages only
    numbers: dict[str, Number] = field(default_factory=our_number)  # by id
    tokens: dict[str, AccessToken] = field(default_factory=lambda: {account.ACCESS_TOKEN: AccessToken()})
    app_secret: str = account.APP_SECRET
    messaging_limit: str = "TIER_2K"  # of the whole portfolio
    reached: dict[str, int] = field(default_factory=dict)  # by user id: who was written to outside the window, and when last
    insights: bool = False  # template analytics are on, which nobody can undo
    app_callback: Callback | None = None
    app_fields: list[str] = field(default_factory=list)
    customers: dict[str, WhatsAppCustomer] = field(default_factory=dict)  # by wa_id, or user_id where there is none
    templates: dict[str, Template] = field(default_factory=dict)  # by id
    blocked_names: dict[str, int] = field(default_factory=dict)  # of deleted templates: free again at
    created_at: list[int] = field(default_factory=list)  # templates created in the last hour
    held: list[Held] = field(default_factory=list)
    uploads: dict[str, Upload] = field(default_factory=dict)  # by session
    samples: dict[str, Upload] = field(default_factory=dict)  # by what stands in the address of a sample
    links: dict[str, Link] = field(default_factory=dict)
    media: dict[str, MediaFile] = field(default_factory=dict)  # by id
    calls: list[int] = field(default_factory=list)  # management calls of the last hour

    @property
    def callback(self) -> Callback | None:
        """Where messages of the number go that is there from the start."""
        return self.callback_of(self.numbers.get(account.PHONE_NUMBER_ID))

    def callback_of(self, number: Number | None) -> Callback | None:
        """Where messages of a number go: to its own callback, else the account's, else the app's."""
        return (number.override if number else None) or self.override or self.app_callback


class World(Struct):
    """Both platforms and how they behave."""

    whatsapp: WhatsApp = field(default_factory=WhatsApp)
    wechat: WeChat = field(default_factory=WeChat)
    wecom: WeCom = field(default_factory=WeCom)
    settings: Settings = field(default_factory=Settings)


def digits(count: int) -> str:
    """So many random digits, not beginning with 0."""
    return str(chance.randbelow(9) + 1) + "".join(str(chance.randbelow(10)) for _ in range(count - 1))
