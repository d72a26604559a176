"""What every channel offers to the rooms above, and what it needs from them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec import Struct

from careline.heard import Heard
from careline.model import Media, Template, TemplateUse


class Outgoing(Struct, frozen=True):
    """A message on its way out. ``ours`` is our own id for it, which WhatsApp repeats in every status.

    A ``media`` without an id is uploaded before it goes out. ``body`` is what stands under the name of the kind in the
    platform's own JSON, for kinds that are more than a text and a file.
    """

    to: str
    to_kind: str  # wa_phone, wa_bsuid, wechat_openid, wecom_external
    kind: str  # text, template, image, …, reaction, location, contacts, interactive
    text: str = ""  # the caption of a file, the emoji of a reaction
    template: TemplateUse | None = None
    definition: Template | None = None  # of the template, where it is known
    media: Media | None = None
    body: str = ""
    reply_to: str = ""
    ours: str = ""
    desk: str = ""  # WeChat: the account of the desk that it appears to come from


class Attachment(Struct, frozen=True):
    """A file that is to go out: where it lies unchanged, and what it is. ``traits``: animated, opus; ``seconds`` of a sound."""

    path: Path
    media: Media
    traits: frozenset[str] = frozenset()
    seconds: float = 0.0  # 0: not known


class Described(Struct, frozen=True):
    """What a platform says of a file it has: its address for a few minutes, ``sha256`` as it writes it."""

    url: str
    mime: str = ""
    sha256: str = ""
    bytes: int | None = None


class Composed(Struct, frozen=True):
    """A message written in the platform's own JSON: its ``body`` and, for the transcript, its ``text``."""

    kind: str
    body: str
    text: str
    reply_to: str = ""
    desk: str = ""


class Request(Struct, frozen=True):
    """The exact HTTP request of a call, without secrets: what a dry run prints, the outbox keeps and the client sends."""

    method: str
    path: str
    body: str  # JSON


class Accepted(Struct, frozen=True):
    """The platform took the message. ``id`` is empty where the platform gives none (WeChat).

    ``others`` are further (kind, id) pairs of the recipient that the answer tells: WhatsApp may know a phone by other digits.
    """

    id: str
    note: str = ""
    others: tuple[tuple[str, str], ...] = ()


class Push(Struct, frozen=True):
    """One webhook request as it arrived. Header names are lower case; ``query`` is decoded."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Reply(Struct, frozen=True):
    """What to answer at once, and what to keep. ``keep`` is None when nothing was delivered (a handshake, a refusal).

    ``keep`` is the verified payload: decrypted where the platform encrypts, for a key may be changed before it is replayed.
    """

    status: int
    body: bytes = b""
    keep: bytes | None = None
    reason: str = ""  # why it was refused, for the log


class TokenSource(Protocol):
    """Where a client of WeChat or WeCom gets its access token."""

    async def get(self) -> str:
        """A token that should work now."""

    async def renew(self, refused: str) -> str:
        """Another token than the ``refused`` one: somebody else's newer one, or a fresh one. Called at most once a request."""


class Client(Protocol):
    """Speaks to the platform on behalf of one channel."""

    def request(self, message: Outgoing) -> Request:
        """The request that would send ``message``. Pure. Raises Usage for what the platform would refuse by its form."""

    async def send(self, request: Request) -> Accepted:
        """Hand it to the platform.

        Raises NotSent (safe to try again), Refused or OutsideWindow (never unchanged), CredentialsRefused, or Unknown (it
        may have gone out).
        """


@runtime_checkable
class Asking(Protocol):
    """A client that asks, before anything is committed, whether the platform would take a message to somebody now."""

    async def ready(self, handle: str) -> None:
        """Raises what stands against it, whatever the window says."""


class Uploads(Protocol):
    """Takes files before the messages that carry them. ``kept`` is how long an id is good for, in microseconds."""

    kept: int

    async def upload(self, attachment: Attachment) -> str:
        """Hand the file over and give its id. Raises NotSent, Refused, CredentialsRefused: no message went out by it."""


class Pieces(Protocol):
    """An answer that comes in pieces. Header names are lower case."""

    status: int
    headers: Mapping[str, str]

    def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, some tens of KiB at a time."""


class Downloads(Protocol):
    """Gives the files that customers sent."""

    async def about(self, id: str) -> Described:
        """What the platform says of a file. Raises NotFound when it has it no more."""

    def download(self, url: str, offset: int) -> AbstractAsyncContextManager[Pieces]:
        """The bytes at an address that ``about`` gave, from ``offset`` on. Raises NotSent when the connection fails."""


class Files(Uploads, Downloads, Protocol):
    """Both ways. ``most`` is how many bytes a customer's file may have."""

    most: int


class Webhook(Protocol):
    """Listens to the platform for one channel.

    ``max_body`` is the most bytes a push may have, ``answer_within_s`` how many seconds the platform may be kept waiting:
    ``answer`` runs on the event loop, so nothing below that size may hold it for longer than a few milliseconds.
    """

    max_body: int
    answer_within_s: float

    def answer(self, push: Push, secrets: Mapping[str, str], now: int) -> Reply:
        """Check a push and say what to answer and keep. Never raises, whatever the bytes are."""

    def hear(self, kept: bytes, received_at: int) -> list[Heard]:
        """What a kept payload says. Raises ValueError only when it is no payload at all (then it is kept as unreadable)."""
