"""From raw payloads to the journal. Applying anything twice changes nothing, so a crash at any moment costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable

from msgspec.structs import replace

from careline.errors import Busy, CarelineError
from careline.heard import Heard
from careline.model import Channel
from careline.rules.decide.inbound import decide
from careline.rules.window import Policy
from careline.store.inbound import Received
from careline.store.sqlite import Change, SqliteStore

BATCH = 50
RETRY_S = 1.0

Hear = Callable[[Channel, bytes, int], list[Heard]]
PolicyOf = Callable[[Channel], Policy]


class Applier:
    """Applies inbound payloads, oldest first. ``hear`` and ``policy_of`` know the platforms."""

    def __init__(self, store: SqliteStore, hear: Hear, policy_of: PolicyOf, report: Callable[[str], None]) -> None:
        self._store = store
        self._hear = hear
        self._policy_of = policy_of
        self._report = report

    def apply_all(self) -> int:
        """Apply everything that is new; how many payloads that was. One that cannot be applied is set aside with its error."""
        done = 0
        while batch := self._store.inbound.take(BATCH):
            try:
                self._apply(batch)
            except Busy:
                raise
            except Exception:  # noqa: BLE001 - one of them is the culprit: find it without holding up the others
                for received in batch:
                    self._apply_alone(received)
            done += len(batch)
        return done

    def _apply_alone(self, received: Received) -> None:
        try:
            self._apply([received])
        except Busy:
            raise
        except Exception as error:
            if isinstance(error, CarelineError) and error.code in ("disk_full", "store_not_writable"):
                raise
            words = error.message if isinstance(error, CarelineError) else f"{type(error).__name__}: {error}"
            self._store.inbound.bury(received.id, words)
            self._report(f"inbound {received.id} of {received.channel} could not be applied: {words}")

    def _apply(self, batch: list[Received]) -> None:
        heard = [(received, self._listen(received)) for received in batch]

        def change(change: Change) -> None:
            for received, news in heard:
                channel = change.rows.get(Channel, received.channel)
                if channel is None:
                    continue
                for one in news:
                    change.record(decide(one, channel, change.rows, self._policy_of(channel), self._store.store_id, change.now))

        self._store.change(change)
        self._store.inbound.applied(received.id for received in batch)

    def _listen(self, received: Received) -> list[Heard]:
        channel = self._store.get(Channel, received.channel)
        if channel is None:
            raise CarelineError(f"the channel {received.channel} does not exist")
        heard = self._hear(channel, received.body, received.received_at)
        # What has no id of the platform's is known again by its place here: applied twice, it is still told once.
        return [one if one.key else replace(one, key=f"inbound {received.id}.{n}") for n, one in enumerate(heard)]


class Applying:
    """A thread that applies whenever it is woken, beginning with what an earlier process left."""

    def __init__(self, applier: Applier, report: Callable[[str], None]) -> None:
        self._applier = applier
        self._report = report
        self._news = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="careline-apply", daemon=True)

    def start(self) -> None:
        """Begin with what is there."""
        self._news.set()
        self._thread.start()

    def wake(self) -> None:
        """There is news. Callable from any thread."""
        self._news.set()

    def stop(self) -> None:
        """Apply what was accepted, then end."""
        self._ending = True
        self._news.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while True:
            self._news.wait()
            self._news.clear()
            try:
                self._applier.apply_all()
            except Exception as error:  # noqa: BLE001 - a locked or full disk passes; the payloads are safe
                self._report(f"applying waits: {error}")
                if self._ending:
                    return
                threading.Event().wait(RETRY_S)
                self._news.set()
                continue
            if self._ending and not self._news.is_set():
                return
