"""The queue as it moves: the journal's entries in the words of a support lead."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from careline.clock import SECOND
from careline.errors import Busy, StoreUnreachable
from careline.events import (
    ConversationReopened,
    ConversationResolved,
    ConversationTaken,
    Entry,
    MessageAccepted,
    MessageReceived,
)
from careline.model import Conversation, Message
from careline.queue.waiting import Filters, count, row_of, waiting
from careline.rules.records import Record, preview
from careline.store.base import Store, Watch

LOOK_S = 0.5  # how long nobody looks whether it is to end
BATCH = 200
RETRY_S = 2.0


class Tail:
    """Follows the journal. ``cursor`` is the seq up to which everything was shown."""

    def __init__(self, store: Store, filters: Filters, now: Callable[[], int]) -> None:
        self._store = store
        self._filters = filters
        self._now = now
        self.cursor = store.last_seq()

    def begin(self) -> Iterator[Record]:
        """Who waits at this moment, as ``waiting`` events; what happens later is left to ``follow``."""
        self.cursor = self._store.last_seq()
        now = self._now()
        for row in waiting(self._store, self._filters, now):
            yield {"seq": self.cursor, "at": now, "event": "waiting", "actor": None, "row": row}

    def since(self, instant: int) -> None:
        """Begin with what was recorded at ``instant`` or later instead."""
        self.cursor = self._store.seq_at(instant)

    def follow(self, *, beat_us: int, until: Callable[[], bool] = lambda: False) -> Iterator[Record]:
        """Events as they happen, and a ``beat`` whenever ``beat_us`` passed in silence. Looks once, and ends only by ``until``.

        While the store does not answer it says ``gap``, tries again and then shows all that was missed.
        """
        quiet_since, lost = time.monotonic(), False
        watch: Watch | None = None
        try:
            while True:
                try:
                    watch = watch or self._store.watch()
                    for record in self._news():
                        if lost:
                            lost = False
                            yield self._gap("back; the events missed follow")
                        quiet_since = time.monotonic()
                        yield record
                    lost = False
                    if (time.monotonic() - quiet_since) * SECOND >= beat_us:
                        quiet_since = time.monotonic()
                        row = {"waiting": count(self._store, self._filters)}
                        yield {"seq": self.cursor, "at": self._now(), "event": "beat", "actor": None, "row": row}
                    if until():
                        return
                    watch.wait(min(LOOK_S, max(0.0, quiet_since + beat_us / SECOND - time.monotonic())))
                except (Busy, StoreUnreachable):
                    if not lost:
                        yield self._gap(f"store not answering, trying again in {RETRY_S:.0f} s")
                    lost = True
                    if watch is not None:
                        watch.close()
                        watch = None
                    if until():
                        return
                    time.sleep(RETRY_S)
        finally:
            if watch is not None:
                watch.close()

    def _news(self) -> Iterator[Record]:
        while entries := list(self._store.entries(self.cursor, limit=BATCH)):
            for entry in entries:
                record = self._told(entry)
                self.cursor = entry.seq
                if record is not None:
                    yield record

    def _told(self, entry: Entry) -> Record | None:
        """The entry as a queue event; None when it moves nobody in the queue."""
        word, message = self._word(entry)
        conversation = self._store.get(Conversation, entry.conversation) if word and entry.conversation is not None else None
        if conversation is None or not self._filters.match(conversation):
            return None
        row = row_of(self._store, conversation, self._now())
        actor = entry.actor
        if message is not None:
            row["preview"], actor = preview(message), message.actor
        return {"seq": entry.seq, "at": entry.recorded_at, "event": word, "actor": actor, "row": row}

    def _word(self, entry: Entry) -> tuple[str, Message | None]:
        match entry.event:
            case MessageReceived(message=number):
                return "message", self._store.get(Message, number)
            case MessageAccepted(message=number):
                message = self._store.get(Message, number)
                answers = message is not None and message.actor.startswith("human:")
                return ("replied", message) if answers else ("", None)
            case ConversationTaken():
                return "claimed", None
            case ConversationResolved():
                return "resolved", None
            case ConversationReopened():
                return "reopened", None
        return "", None

    def _gap(self, words: str) -> Record:
        return {"seq": self.cursor, "at": self._now(), "event": "gap", "actor": None, "row": {"preview": words}}
