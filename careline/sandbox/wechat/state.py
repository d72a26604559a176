"""What WeChat knows of one Official Account: customers, codes, tokens, quotas."""

from __future__ import annotations

from msgspec import Struct, field

from careline.sandbox.phone import Bubble


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
