"""From raw payloads to the journal. Applying anything twice changes nothing, so a crash at any moment costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

from msgspec import Struct
from msgspec.structs import replace

from careline.errors import STORE_TROUBLE, CarelineError
from careline.heard import Heard, HeardNotice
from careline.model import Channel
from careline.receiving.preload import preload
from careline.rules.decide.inbound import decide
from careline.rules.window import Policy
from careline.store.base import Change, Store
from careline.store.inbound import Received

BATCH = 200
STRANGE = ("other_number", "unknown", "unreadable")

Hear = Callable[[Channel, bytes, int], list[Heard]]
PolicyOf = Callable[[Channel], Policy]


class Applied(Struct):
    """What applying did to the payloads of one channel: new ``events``, news that were ``known``, payloads set aside."""

    payloads: int = 0
    events: int = 0
    known: int = 0
    dead: int = 0
    strange: int = 0  # that said something about another number, or nothing that can be understood


class Applier:
    """Applies inbound payloads, oldest first. ``hear`` and ``policy_of`` know the platforms."""

    def __init__(self, store: Store, hear: Hear, policy_of: PolicyOf, buried: Callable[[Received, str], None]) -> None:
        self._store = store
        self._hear = hear
        self._policy_of = policy_of
        self._buried = buried

    def apply_some(self) -> dict[str, Applied]:
        """Apply the oldest new payloads, by channel; nothing when there are none.

        One that cannot be applied is set aside with its error and holds up nobody. Raises what is wrong with the store itself.
        """
        batch = self._store.inbound.take(BATCH)
        if not batch:
            return {}
        try:
            return self._apply(batch, mark=True)
        except Exception as error:
            if _is_the_stores(error):
                raise
        done: dict[str, Applied] = {}
        for received in batch:
            sum_ = done.setdefault(received.channel, Applied())
            problem, one = self.apply_one(received, mark=True)
            sum_.payloads += 1
            sum_.events += one.events
            sum_.known += one.known
            sum_.strange += one.strange
            if problem:
                self._set_aside(received, problem)
                sum_.dead += 1
        return done

    def apply_one(self, received: Received, *, mark: bool = False) -> tuple[str, Applied]:
        """Apply one payload, whatever its state; why it could not be, if so. ``mark`` it when it is the oldest new one."""
        try:
            return "", self._apply([received], mark=mark).get(received.channel, Applied())
        except Exception as error:
            if _is_the_stores(error):
                raise
            return _in_words(error), Applied()

    def _set_aside(self, received: Received, problem: str) -> None:
        self._store.inbound.bury(received.id, problem)
        self._store.change(lambda change: change.mark_applied([received.id]))
        self._buried(received, problem)

    def _apply(self, batch: Sequence[Received], *, mark: bool) -> dict[str, Applied]:
        channels = {name: self._channel(name) for name in {received.channel for received in batch}}
        heard = [(received.channel, self._listen(channels[received.channel], received)) for received in batch]
        policies = {name: self._policy_of(channel) for name, channel in channels.items()}

        def change(change: Change) -> dict[str, Applied]:
            done = {name: Applied() for name in channels}
            preload(change.rows, [(name, one) for name, news in heard for one in news])
            for name, news in heard:
                sum_ = done[name]
                sum_.payloads += 1
                for one in news:
                    channel = change.rows.get(Channel, name) or channels[name]
                    entries = decide(one, channel, change.rows, policies[name], self._store.store_id, change.now)
                    change.record(entries)
                    sum_.events += len(entries)
                    sum_.known += not entries
                    sum_.strange += isinstance(one, HeardNotice) and one.kind in STRANGE
            if mark:
                change.mark_applied([received.id for received in batch])
            return done

        return self._store.change(change)

    def _channel(self, name: str) -> Channel:
        channel = self._store.get(Channel, name)
        if channel is None:
            raise CarelineError(f"the channel {name} does not exist")
        return channel

    def _listen(self, channel: Channel, received: Received) -> list[Heard]:
        heard = self._hear(channel, received.body, received.received_at)
        if all(one.key for one in heard):
            return heard
        # What has no id of the platform's is known again by the payload it came in: repeated, it is still told once.
        name = blake2b(received.body, digest_size=16).hexdigest()
        return [one if one.key else replace(one, key=f"payload {name}.{n}") for n, one in enumerate(heard)]


def _in_words(error: Exception) -> str:
    if isinstance(error, CarelineError):
        return error.message
    return f"it cannot be read: {error}" if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"


def _is_the_stores(error: Exception) -> bool:
    """True for what is no payload's fault: it passes, or somebody mends it, and the same payloads are applied then."""
    return isinstance(error, MemoryError) or (isinstance(error, CarelineError) and error.code in STORE_TROUBLE)
