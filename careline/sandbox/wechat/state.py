"""What WeChat knows of one Official Account: customers, codes, tokens, quotas."""

from __future__ import annotations

from msgspec import Struct, field

from careline.sandbox.phone import Bubble, Json


class Grant(Struct):
    """Messages that may be sent to a WeChat customer before ``ends_at`` (None: any number), opened by one kind of act."""

    kind: str
    left: int | None
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
    language: str = "zh_CN"
    remark: str = ""
    tags: list[int] = field(default_factory=list)
    blacklisted: bool = False
    unionid: str = ""
    client: str = "2"  # 1 iOS, 2 Android, 3 other
    granted: dict[str, int] = field(default_factory=dict)  # subscription notifications still agreed to, by template


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


class Shortened(Struct):
    """Data that a short key stands for, before ``ends_at``."""

    data: str
    made_at: int
    ends_at: int


class File(Struct):
    """A file that WeChat holds, under an id that works before ``until`` (None: permanent material).

    ``kind`` is image, voice, video, thumb or news; ``more`` is a video's title and introduction, or the articles of news.
    """

    id: str
    kind: str
    mime: str
    name: str
    data: bytes
    until: int | None
    updated_at: int
    more: Json = field(default_factory=dict)


class Token(Struct):
    """An access token. It works before ``ends_at``; ``retired`` says whether a newer one, rather than time, will end it."""

    value: str
    ends_at: int
    retired: bool = False


class Agent(Struct):
    """A servicer of the desk that is built into WeChat. One that nobody has bound to a WeChat id may have an invitation."""

    account: str  # prefix@account's WeChat id
    nickname: str
    id: str
    picture: str = ""
    wechat_id: str = ""
    invited: str = ""  # the WeChat id that was invited
    invited_until: int = 0
    rejected: bool = False
    online: bool = False


class Session(Struct):
    """A customer whom an agent of the desk serves."""

    agent: str
    began_at: int
    last_at: int


class Waiting(Struct):
    """A customer who was given to the desk and whom nobody has accepted. ``said`` are their messages so far."""

    agent: str  # the only one who may accept; empty: anybody
    latest_at: int
    said: list[tuple[int, str]] = field(default_factory=list)


class Record(Struct):
    """One line of what passed the desk."""

    at: int
    openid: str
    opercode: int
    worker: str
    text: str


class Desk(Struct):
    """The desk that is built into WeChat."""

    agents: dict[str, Agent] = field(default_factory=dict)
    made: int = 1000  # the number of the newest agent
    sessions: dict[str, Session] = field(default_factory=dict)  # by OpenID
    waiting: dict[str, Waiting] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)  # in the order of time


class Notice(Struct):
    """A template of template messages. ``content`` has ``{{thing1.DATA}}``."""

    id: str
    title: str
    content: str
    example: str
    industry: tuple[str, str]


class SubscriptionTemplate(Struct):
    """A template of subscription notifications. ``type`` 2: one grant is good for one; 3: until it is withdrawn."""

    id: str
    title: str
    content: str
    example: str
    type: int


class ConditionalMenu(Struct):
    """A menu for those whom its rule describes."""

    id: int
    buttons: list[Json]
    rule: dict[str, str]


class WeChat(Struct):
    """WeChat's side of one Official Account."""

    console: Console | None = None
    files: dict[str, File] = field(default_factory=dict)  # by media_id
    customers: dict[str, WeChatCustomer] = field(default_factory=dict)
    scenes: dict[str, Scene] = field(default_factory=dict)  # by ticket
    permanent: dict[str, str] = field(default_factory=dict)  # tickets of permanent codes, by the kind of their scene and it
    shortened: dict[str, Shortened] = field(default_factory=dict)  # by short key
    classic: list[Token] = field(default_factory=list)
    stable: list[Token] = field(default_factory=list)
    forced_at: list[int] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)  # calls of the Beijing day, by path
    day: int = 0
    cleared_at: list[int] = field(default_factory=list)
    minute: int = 0
    within: dict[str, int] = field(default_factory=dict)  # calls of the minute, by path
    requests: dict[str, Json] = field(default_factory=dict)  # refused calls, by rid
    autoreplies: Json = field(default_factory=dict)  # as set in the console
    desk: Desk = field(default_factory=Desk)
    tags: dict[int, str] = field(default_factory=lambda: {2: "星标组"})
    menu: list[Json] = field(default_factory=list)  # the buttons, made by a call
    menu_id: int = 0
    menus_made: int = 208_396_900  # the number of the newest menu
    console_menu: list[Json] = field(default_factory=list)  # those made in the console
    conditional: list[ConditionalMenu] = field(default_factory=list)  # the newest last
    notices: dict[str, Notice] = field(default_factory=dict)  # by template_id
    noticed: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)  # (OpenID, client_msg_id): msgid, when
    industry: list[str] = field(default_factory=lambda: ["1", "4"])
    industry_at: int | None = None
    subscriptions: dict[str, SubscriptionTemplate] = field(default_factory=dict)  # by priTmplId
