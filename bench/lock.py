"""How long a webhook waits for its 200 while a command holds the journal's write lock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from bench.house import APPLIED_WITHIN_S, PATH, House, house
from bench.load import Generator, Load, Offer
from bench.table import Job, Row

HELD_S = 2.0
RATE = 500.0
LOCK = Job(name="a 200 while the write lock is held, p99", unit="ms", bound=50.0, at_least=False, has_peer=False)
JOBS = (LOCK,)


def measure(quick: bool) -> Iterator[Row]:
    """The row of the embedded store."""
    with house() as home:
        yield measured(home, LOCK, quick)


def measured(home: House, job: Job, quick: bool) -> Row:
    """The row of a store: load arrives at a fixed rate for two seconds, all of it within one write transaction."""
    waits, received, failure = [], 0, ""
    numbers = count()
    with home.receiving() as server, Generator() as generator:

        def load(seconds: float) -> Load:
            first = next(numbers) * 100_000
            return generator.send(Offer(port=server.port, path=PATH, first=first, connections=32, seconds=seconds, rate=RATE))

        received += load(0.2).answered  # wakes everything up
        for _ in range(1 if quick else 5):
            held = home.line.store.change(lambda _: load(HELD_S))
            received += held.answered
            waits.append(held.p99_ms)
            if held.failed:
                failure = f"{held.failed:,} requests were not answered 200"
            if late := home.missing(received):
                failure = f"{late:,} were not applied {APPLIED_WITHIN_S:.0f} s after the lock was free"
    row = job.row(waits, quick=quick, note=f"at {RATE:,.0f} requests/s")
    return row.failed(failure) if failure else row
