"""What WeCom knows of one company: its customer service accounts, who talks to them, what was written, codes and tokens."""

from __future__ import annotations

from msgspec import Struct, field

from careline.sandbox import account
from careline.sandbox.phone import Bubble, Json

NEW, BOT, POOL, HUMAN, ENDED = range(5)


class Talk(Struct):
    """One customer with one account: who speaks to them, how many messages may go to them, what their phone shows."""

    user: str
    name: str
    state: int = ENDED
    servicer: str = ""
    left: int = 0
    wrote_at: int | None = None
    touched_at: int = 0  # the session ends 48 hours later
    entered: Json = field(default_factory=dict)
    messages: list[Bubble] = field(default_factory=list)


class Entry(Struct):
    """One item of an account's log, as ``sync_msg`` shows it for three days."""

    seq: int
    at: int
    item: Json


class Account(Struct):
    """A customer service account. ``servicers`` are userids and whether they receive customers."""

    id: str
    name: str
    managed: bool = True
    servicers: dict[str, bool] = field(default_factory=dict)
    departments: list[int] = field(default_factory=list)
    scenes: dict[str, str] = field(default_factory=dict)  # what stands in a link, and its scene
    talks: dict[str, Talk] = field(default_factory=dict)
    log: list[Entry] = field(default_factory=list)
    seq: int = 0


class Console(Struct):
    """The callback as pasted into the app's page."""

    url: str
    token: str
    encoding_aes_key: str


class AccessToken(Struct):
    """The company's access token: everybody who asks gets the same one before ``ends_at``."""

    value: str
    ends_at: int


class NudgeToken(Struct):
    """What came with a nudge for one account, good for ten minutes."""

    account: str
    ends_at: int


class Code(Struct):
    """A code that lets one message go out on an event. ``kinds`` are the types it may have."""

    account: str
    user: str
    ends_at: int
    kinds: tuple[str, ...]
    used: bool = False


class MediaFile(Struct):
    """A file of the company's, until ``ends_at``."""

    name: str
    mime: str
    data: bytes
    ends_at: int


def our_account() -> dict[str, Account]:
    """The account that is there from the start, with two servicers."""
    ours = Account(account.WECOM_ACCOUNT, "Sandbox Care", servicers={"mei": True, "chen": True})
    return {ours.id: ours}


class WeCom(Struct):
    """WeCom's side of one company."""

    console: Console | None = None
    members: list[str] = field(default_factory=lambda: ["mei", "chen", "wang", "lin"])
    accounts: dict[str, Account] = field(default_factory=our_account)
    removed: list[str] = field(default_factory=list)
    access: list[AccessToken] = field(default_factory=list)
    nudges: dict[str, NudgeToken] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    media: dict[str, MediaFile] = field(default_factory=dict)
    failing: list[int] = field(default_factory=list)  # fail_type of the next messages: taken, and not delivered
