"""What every kind of channel answers, so that nobody above has to ask of which kind it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from careline.errors import Usage
from careline.model import Channel
from careline.rules.kinds import KINDS

if TYPE_CHECKING:
    import httpx

    from careline.channels.ports import Attachment, Client, Composed, Files, Webhook
    from careline.clock import Clock
    from careline.model import Template
    from careline.rules.window import Policy
    from careline.secrets import Secrets
    from careline.settings import Settings
    from careline.store.base import Store

Ask = Callable[[str | None], Awaitable["list[Template]"]]
"""Asks the platform for its templates: all of them, or those of a name."""


class Profile(Protocol):
    """What a channel needs of the profile that it is in."""

    settings: Settings
    secrets: Secrets
    clock: Clock

    @property
    def store(self) -> Store:
        """The store; opened when it is first asked for."""


class Platform(ABC):
    """One channel, as its platform lets it be used. Nothing is loaded or opened before it is asked for."""

    def __init__(self, channel: Channel, profile: Profile) -> None:
        self.channel = channel
        self.profile = profile

    def secret(self) -> str:
        """The secret that gives access to the platform's API. Raises CredentialsRefused where there is none."""
        return self.profile.secrets.get(self.channel.name, self.channel.kind, KINDS[self.channel.kind].credential)

    @abstractmethod
    def policy(self) -> Policy:
        """What the platform allows of messages outside templates."""

    @abstractmethod
    def client(self, http: httpx.AsyncClient) -> Client:
        """What sends. Raises CredentialsRefused without a credential."""

    @abstractmethod
    def planner(self) -> Client:
        """A client that can only say what it would send: it has no secrets and no network."""

    @abstractmethod
    def webhook(self) -> Webhook:
        """How pushes are read."""

    @abstractmethod
    def composed(self, text: str) -> Composed:
        """The message that ``text`` is in the platform's own JSON. Raises Usage for what would be refused by its form."""

    @abstractmethod
    def files(self, http: httpx.AsyncClient) -> Files:
        """Files to and from the platform."""

    @abstractmethod
    def largest(self) -> int:
        """The most bytes that any file of ours may have."""

    @abstractmethod
    def kind_of(self, attachment: Attachment) -> str:
        """The kind of message that a file goes out as. Raises Usage for one that the platform does not take, saying why."""

    async def read_templates(self, http: httpx.AsyncClient, name: str | None, known: list[Template]) -> list[Template]:
        """The account's templates after asking for them, and noting what the platform says. ``name`` may narrow the question.

        Raises Usage where there are none.
        """
        raise self._no_templates()

    async def approved_template(self, name: str, known: list[Template], language: str, ask: Ask, flag: str) -> Template:
        """The approved template that ``name`` means to somebody of that ``language``; where ``known`` has none, it ``ask``s.

        ``flag`` goes behind a command that would help. Raises NotFound, Refused, or Usage where there are no templates.
        """
        raise self._no_templates()

    def _no_templates(self) -> Usage:
        return Usage(f"{self.channel.name} is a {self.channel.kind} channel: it has no templates.", code="no_templates_here")
