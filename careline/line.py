"""Careline: the store, the secrets and the platforms' clients of one profile. What commands and library users hold.

Everything is opened when it is first used, so that a look at the queue loads no HTTP and a help text loads nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from careline.clock import SECOND, Clock
from careline.errors import Misconfigured, NotFound, NotSent, Usage
from careline.model import Channel, Code, Contact, Slot, Template
from careline.secrets import Secrets
from careline.settings import Settings, StoreAddress
from careline.store.base import Store
from careline.store.schema import incomplete

if TYPE_CHECKING:
    import httpx

    from careline.channels.ports import Attachment, Client, Composed, Files, Webhook
    from careline.channels.tencent.door import Door
    from careline.channels.wechat.client import WeChatClient
    from careline.channels.wecom.client import WeComClient
    from careline.channels.whatsapp.client import WhatsAppClient
    from careline.channels.whatsapp.graph import Graph
    from careline.heard import Heard
    from careline.media.shelf import Shelf
    from careline.platforms.base import Platform
    from careline.rules.decide.outgoing import Recipient
    from careline.rules.window import Policy

PATIENCE_S = 30.0  # the lease of a message that is being sent is longer


class Careline:
    """One profile. Close it when done, or use ``with Careline.open(settings) as line``."""

    def __init__(self, settings: Settings, secrets: Secrets, clock: Clock, trace: Path | None) -> None:
        self.settings = settings
        self.secrets = secrets
        self.clock = clock
        self._trace = trace
        self._listening: tuple[Channel, Webhook] | None = None

    @classmethod
    def open(cls, settings: Settings, *, trace: Path | None = None) -> Careline:
        """The engine as ``settings`` say. Nothing is touched before it is used."""
        return cls(settings, Secrets(settings), settings.clock(), trace)

    def __enter__(self) -> Careline:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store, if it was opened."""
        self.__dict__.pop("store", None)
        store = self.__dict__.pop("store_as_it_is", None)
        if store is not None:
            store.close()

    @cached_property
    def store(self) -> Store:
        """The store of this profile. Raises Misconfigured when it cannot be used, StoreUnreachable when nobody answers."""
        store = self.store_as_it_is
        if source := store.meta().get("filling"):
            raise incomplete(source)  # what is there so far would look like a store that lost nearly everything
        return store

    @cached_property
    def store_as_it_is(self) -> Store:
        """The same, also while it is being filled from another one."""
        self.settings.prepare()
        return open_store(self.settings.store, self.clock.now)

    # Channels

    def channels(self, *kinds: str) -> list[Channel]:
        """The channels of these kinds (none: all), by name."""
        found = self.store.select(Channel, "WHERE state <> 'removed' ORDER BY name")
        return [c for c in found if not kinds or c.kind in kinds]

    def channel(self, name: str | None = None, *kinds: str) -> Channel:
        """The channel of that name, or the only one that can do it. Raises NotFound, or Usage when there are several."""
        name = name or self.settings.channel or None
        if name is not None:
            channel = self.store.get(Channel, name)
            if channel is None or channel.state == "removed":
                known = ", ".join(c.name for c in self.channels())
                raise NotFound(
                    f"There is no channel {name!r} in the profile {self.settings.profile}.",
                    code="unknown_channel",
                    hint=f"Known: {known}" if known else "No channel is registered yet.",
                    run="careline channels list" if known else "careline channels register --help",
                )
            if kinds and channel.kind not in kinds:
                raise Usage(f"{name} is a {channel.kind} channel; this is for {' or '.join(kinds)}.", code="wrong_channel_kind")
            return channel
        found = self.channels(*kinds)
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFound(
                f"No {' or '.join(kinds)}{' ' if kinds else ''}channel is registered in the profile {self.settings.profile}.",
                code="no_channel",
                run="careline channels register --help",
            )
        raise Usage(
            "Which channel? There are several.",
            code="channel_missing",
            hint=f"--channel {' | '.join(c.name for c in found)}",
        )

    def platform(self, channel: Channel) -> Platform:
        """What a channel of its kind can do."""
        from careline.platforms import platform

        return platform(channel, self)

    def policy(self, channel: Channel) -> Policy:
        """What the platform of this channel allows; on WeChat as the settings say."""
        return self.platform(channel).policy()

    # Speaking

    @asynccontextmanager
    async def http(self, channel: Channel, patience: int | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """An HTTP client for the channel's platform, which waits for an answer for ``patience``, half a minute at most.

        Raises Misconfigured for a platform that is not on this machine while the sandbox's clock is on.
        """
        from careline.http import Http
        from careline.settings_keys import is_loopback

        if self.clock.offset_file is not None and not is_loopback(channel.api_url):
            raise Misconfigured(
                f"{channel.name} is at {channel.api_url}, and this shell's clock is the sandbox's.",
                code="clock_outside_sandbox",
                hint="Windows would be counted at a time that is not now.",
                run='eval "$(careline sandbox env --unset)"',
            )
        wait_s = PATIENCE_S if patience is None else min(patience / SECOND, PATIENCE_S)
        async with Http(trace=self._trace).client(channel.api_url, timeout_s=wait_s) as client:
            try:
                yield client
            except NotSent as error:
                if self.settings.is_sandbox and not error.platform_code:
                    error.hint = f"{channel.name} is at {channel.api_url}. A sandbox at another address: register it again."
                    error.run = "careline sandbox status"
                raise

    def whatsapp(self, channel: Channel, http: httpx.AsyncClient) -> WhatsAppClient:
        """The client of a WhatsApp channel. Raises CredentialsRefused without an access token."""
        from careline.platforms.whatsapp import WhatsApp

        return WhatsApp(channel, self).client(http)

    def graph(self, channel: Channel, http: httpx.AsyncClient) -> Graph:
        """Meta's API as a WhatsApp channel sees it. Raises CredentialsRefused without an access token."""
        from careline.platforms.whatsapp import WhatsApp

        return WhatsApp(channel, self).graph(http)

    def wechat(self, channel: Channel, http: httpx.AsyncClient) -> WeChatClient:
        """The client of a WeChat channel. Raises CredentialsRefused without an app secret."""
        from careline.platforms.wechat import WeChat

        return WeChat(channel, self).client(http)

    def wecom(self, channel: Channel, http: httpx.AsyncClient) -> WeComClient:
        """The client of a WeCom channel. Raises CredentialsRefused without a corp secret."""
        from careline.platforms.wecom import WeCom

        return WeCom(channel, self).client(http)

    def door(self, channel: Channel, http: httpx.AsyncClient) -> Door:
        """WeChat's or WeCom's API as a channel of theirs sees it. Raises CredentialsRefused without its secret."""
        from careline.platforms.wechat import WeChat
        from careline.platforms.wecom import WeCom

        return (WeCom if channel.kind == "wecom" else WeChat)(channel, self).door(http)

    def client(self, channel: Channel, http: httpx.AsyncClient) -> Client:
        """The client of a channel of any kind. Raises Misconfigured for one that is paused."""
        _check_in_service(channel)
        return self.platform(channel).client(http)

    def planner(self, channel: Channel) -> Client:
        """A client that can only say what it would send: it has no secrets and no network. Raises as ``client`` does."""
        _check_in_service(channel)
        return self.platform(channel).planner()

    # Files and messages that are more than text

    @cached_property
    def shelf(self) -> Shelf:
        """The files of this profile."""
        from careline.media.shelf import Shelf

        return Shelf(self.settings.profile_dir / "media")

    def attachment(self, channel: Channel, path: Path, *, keep: bool) -> tuple[str, Attachment]:
        """The kind of message a file goes out as, and the file: a copy on the shelf when it is to be kept.

        Raises Usage for a file that the channel does not take, saying why.
        """
        from careline.channels.ports import Attachment
        from careline.media.look import look
        from careline.media.shelf import digest
        from careline.media.sound import seconds
        from careline.model import Media

        kind = self.platform(channel)
        largest = kind.largest()
        if not path.is_file():
            raise Usage(f"There is no file {path}.", code="bad_file")
        if path.stat().st_size > largest:  # what nobody takes is not copied first
            raise Usage(f"{path.name} is larger than {channel.name} takes: {largest >> 20} MB.", code="file_too_large")
        sha256, size = self.shelf.take_in(path) if keep else (digest(path), path.stat().st_size)
        found = self.shelf.path(sha256) or path
        seen = look(found, path.name)
        media = Media(mime=seen.mime, name=path.name, bytes=size, sha256=sha256, check="verified")
        attachment = Attachment(found, media, seen.traits, seconds(found, seen.mime))
        return kind.kind_of(attachment), attachment

    def composed(self, channel: Channel, text: str) -> Composed:
        """The message that ``text`` is in the platform's own JSON. Raises Usage for what would be refused by its form."""
        return self.platform(channel).composed(text)

    def files(self, channel: Channel, http: httpx.AsyncClient) -> Files:
        """Files to and from the platform of a channel."""
        return self.platform(channel).files(http)

    # Templates

    def templates(self, channel: Channel) -> list[Template]:
        """The templates of the account behind this channel, as the journal knows them."""
        return list(self.store.select(Template, "WHERE account = ? ORDER BY name, language", channel.account_id))

    async def read_templates(self, channel: Channel, name: str | None = None) -> list[Template]:
        """The same after asking the platform, and noting what it says. Raises Usage on a channel that has no templates."""
        async with self.http(channel) as http:
            return await self.platform(channel).read_templates(http, name, self.templates(channel))

    async def approved_template(self, channel: Channel, name: str, recipient: Recipient) -> Template:
        """The approved template that NAME or NAME/LANGUAGE means for this person; on WeChat a title or an id.

        The platform is asked when the journal knows none that is approved. Raises NotFound, Refused, or Usage on a channel that
        has no templates.
        """
        contact = self.store.get(Contact, recipient.identity.contact) if recipient.identity else None

        async def ask(plain: str | None) -> list[Template]:
            return await self.read_templates(channel, plain)

        known, language = self.templates(channel), contact.language if contact else ""
        return await self.platform(channel).approved_template(name, known, language, ask, self.channel_flag(channel))

    def channel_flag(self, channel: Channel) -> str:
        """`` --channel NAME`` for a suggested command about templates; empty where only one channel has them."""
        return f" --channel {channel.name}" if channel.kind != "whatsapp" or len(self.channels("whatsapp")) > 1 else ""

    def slots(self, template: Template) -> tuple[Slot, ...]:
        """The template's variables, as ``--param`` takes them."""
        from careline.rules.subscriptions import WECHATS

        if template.category in WECHATS:
            from careline.channels.wechat.templates import slots as fields

            return fields(template)
        from careline.channels.whatsapp.slots import slots

        return slots(template)

    # Listening

    def webhook(self, channel: Channel) -> Webhook:
        """How the platform's pushes for this channel are read."""
        return self.platform(channel).webhook()

    def hear(self, channel: Channel, kept: bytes, received_at: int) -> list[Heard]:
        """What a kept payload of this channel says. Raises ValueError when it says nothing readable."""
        if self._listening is None or self._listening[0] is not channel:
            self._listening = channel, self.webhook(channel)
        return self._listening[1].hear(kept, received_at)

    def webhook_secrets(self, channel: Channel) -> Mapping[str, str]:
        """The secrets that prove a push of this channel. Raises CredentialsRefused when one is missing."""
        from careline.rules.kinds import KINDS

        kind = KINDS[channel.kind]
        found = {key: self.secrets.get(channel.name, channel.kind, key) for key in kind.proving}
        if not _previous_ended(channel, self.clock.now()):
            before = self.secrets.find(channel.name, channel.kind, kind.before)
            found |= {kind.before: before} if before is not None else {}
        return found

    def doors(self) -> Doors:
        """The channels that can be listened to, with their secrets."""
        return Doors(self)

    # Names for TAB

    def write_names(self) -> None:
        """Rewrite the small file that TAB reads, after names changed. A disk that refuses costs completion, nothing else."""
        from contextlib import suppress

        from careline.files import replace_file

        lines = [f"channel\t{c.name}\t{c.kind} {c.address}".rstrip() for c in self.channels()]
        lines += [f"template\t{t.name}/{t.language}\t{t.state}" for t in self.store.select(Template, "ORDER BY name, language")]
        lines += [f"scene\t{c.scene}\t{c.channel}" for c in self.store.select(Code, "ORDER BY scene")]
        with suppress(Misconfigured, OSError):
            replace_file(self.settings.names_path, ("".join(f"{line}\n" for line in lines)).encode().splitlines(keepends=True))


def _check_in_service(channel: Channel) -> None:
    if channel.state == "paused":
        raise Misconfigured(
            f"{channel.name} is paused: nothing is sent.",
            code="channel_paused",
            run=f"careline channels resume {channel.name}",
        )


def open_store(address: StoreAddress, now: Callable[[], int]) -> Store:
    """The store at an address, embedded or shared."""
    if address.url:
        from careline.store.postgres import PostgresStore

        return PostgresStore(address.url, now)
    from careline.store.sqlite import SqliteStore

    return SqliteStore(address.path, address.inbound, address.locks, now)


def store_exists(address: StoreAddress) -> bool:
    """True when a store is there already. Raises StoreUnreachable when nobody answers."""
    if address.url:
        from careline.store.postgres import is_made

        return is_made(address.url)
    return address.path.exists()


class Doors:
    """The webhook and the secrets of each channel, by name.

    What was found is kept, for a keyring is slow, and looked up again when the journal says that it changed.
    """

    def __init__(self, line: Careline) -> None:
        self._line = line
        self._found: dict[str, tuple[tuple[object, ...], Webhook, Mapping[str, str]]] = {}

    def get(self, name: str) -> tuple[Webhook, Mapping[str, str]] | None:
        """The channel's webhook and secrets; None when there is no such channel in service. Raises CredentialsRefused."""
        channel = self._line.store.get(Channel, name)
        if channel is None or channel.state in ("paused", "removed"):
            self._found.pop(name, None)
            return None
        ended = _previous_ended(channel, self._line.clock.now())
        account = channel.kind, channel.account_id, channel.phone_number_id
        stamp = (*account, channel.secrets_at, ended, channel.accepts_plain, channel.replies)
        known = self._found.get(name)
        if known is None or known[0] != stamp:
            self._line.secrets.ask_again()
            known = stamp, self._line.webhook(channel), self._line.webhook_secrets(channel)
            self._found[name] = known
        return known[1:]


def _previous_ended(channel: Channel, now: int) -> bool:
    """True once the secret before the present one no longer counts."""
    return channel.previous_until_at is not None and now >= channel.previous_until_at
