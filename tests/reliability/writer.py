"""A process that writes: ``python -m tests.reliability.writer ADDRESS THREADS CHANGES``."""

from __future__ import annotations

import random
import sys
import threading

from careline.events import AccountNoticed, Content, Entry
from careline.model import Notice
from careline.store.base import Change
from tests.stores import NOON, Opener


def main(address: str, threads: int, changes: int) -> None:
    """Record one to three notices a change, from several threads with a connection each."""

    def write(number: int) -> None:
        chance = random.Random(number)
        store = Opener.at(address)

        def record(change: Change) -> None:
            for _ in range(chance.randint(1, 3)):
                event = AccountNoticed(notice=change.rows.new_id(Notice), kind="test", content=Content(raw="x"))
                change.record([Entry(event=event, channel="shop-it", occurred_at=NOON)])

        try:
            for _ in range(changes):
                store.change(record)
        finally:
            store.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
