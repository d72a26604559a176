"""Webhooks as they came: committed before they are answered, applied afterwards."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from msgspec import Struct

TAKEN_BYTES = 8 * 1024 * 1024  # a batch is no larger, however large its payloads are
Payload = tuple[str, int, bytes]  # channel, received_at, body


class Received(Struct, frozen=True):
    """One verified payload. ``state`` is ``new``, ``applied`` or ``dead`` (with the ``error`` that stopped it)."""

    id: int
    channel: str
    received_at: int
    body: bytes
    state: str = "new"
    error: str = ""


class Inbound(ABC):
    """The payloads of a store. Safe to use from several threads, and while a command holds the journal's lock."""

    @abstractmethod
    def put(self, payloads: Sequence[Payload]) -> None:
        """Keep payloads in one commit. When this returns, a power cut does not lose them."""

    @abstractmethod
    def probe(self) -> None:
        """Write something of no consequence. Raises what keeping a payload would raise."""

    @abstractmethod
    def take(self, limit: int) -> list[Received]:
        """The oldest payloads that are not yet applied: at least one if there is one, some megabytes at most."""

    @abstractmethod
    def bury(self, id: int, error: str) -> None:
        """Set one aside with the error that stopped it, so that it does not hold up the rest."""

    @abstractmethod
    def revive(self, ids: Sequence[int]) -> None:
        """These dead ones are applied after all."""

    @abstractmethod
    def find(self, id: int) -> Received | None:
        """The payload with that number, or None."""

    @abstractmethod
    def walk(self, *, state: str = "", after: int = 0, limit: int | None = None) -> Iterator[Received]:
        """The payloads of a state (empty: all) with a number above ``after``, by number."""

    @abstractmethod
    def latest(self, limit: int, state: str = "") -> Sequence[Received]:
        """The newest payloads of a state (empty: all), the newest first."""

    @abstractmethod
    def drop(self, ids: Sequence[int]) -> int:
        """Delete payloads that are applied or dead; how many there were."""

    @abstractmethod
    def forget(self, before: int) -> int:
        """Delete what was received before that instant and is applied; how many there were."""

    @abstractmethod
    def checkpoint(self) -> None:
        """Do now, beside those who commit, what one of their commits would have to do later."""

    @abstractmethod
    def counts(self) -> dict[str, int]:
        """How many payloads are ``new``, ``applied`` and ``dead``."""

    @abstractmethod
    def oldest(self) -> int | None:
        """When the oldest payload that is not yet applied was received; None when there is none."""

    # Moving whole stores

    @abstractmethod
    def refuse(self, mark: str, words: str) -> None:
        """Take and change nothing from now on: ``sealed`` to, or ``filling`` from, what ``words`` say. Empty ends that."""

    @abstractmethod
    def last(self) -> int:
        """The highest number that was given so far."""

    @abstractmethod
    def numbers(self, after: int, upto: int) -> list[int]:
        """The numbers that are there above ``after``, up to ``upto``."""

    @abstractmethod
    def several(self, ids: Sequence[int]) -> list[Received]:
        """The payloads with these numbers, whatever their state."""

    @abstractmethod
    def load(self, received: Sequence[Received], gone: Sequence[int] = ()) -> None:
        """Keep payloads under the numbers they have, and none under ``gone``. ``Store.settle`` says later what they are."""

    @abstractmethod
    def close(self) -> None:
        """Close what was opened."""
