"""How the history of a desk elsewhere is read, which gives its lines no ids: in days, each line once.

A line is known by what it says: who, when, which way, with whom, what. Two that are alike in the same second are told apart by
their order. Everything here is a pure function; instants are microseconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from careline.clock import DAY, MINUTE, SECOND
from careline.heard import HeardRecord
from careline.model import History, Message

SETTLES = 10 * MINUTE  # what was read sooner after it happened is read again: lines may come late
NEAR = 2  # seconds between what the desk and a push say of the same message
KEPT_TAIL = 1000

Counts = dict[str, int]


class Slice(Struct, frozen=True):
    """A part of one day to read: from ``since`` up to ``until``, going on after ``cursor``."""

    day: int
    since: int
    until: int
    cursor: int = 1
    tail: str = ""


def slices(since: int, until: int, known: Iterable[History]) -> list[Slice]:
    """What must be read for all from ``since`` up to ``until`` to be here, the oldest first.

    A day that was read whole, after it was over, is left out; one that was cut off goes on where it stopped.
    """
    rows = {row.day: row for row in known}
    found: list[Slice] = []
    day = since - since % DAY
    while day < until:
        found += _of_day(day, max(since, day), min(until, day + DAY), rows.get(day))
        day += DAY
    return found


def _of_day(day: int, since: int, until: int, row: History | None) -> list[Slice]:
    since, until = since - since % SECOND, -(-until // SECOND) * SECOND
    if row is None or not (row.since_at <= since < row.until_at):
        return [Slice(day, since, until)]
    if not row.done:
        rest = Slice(day, row.since_at, row.until_at, row.cursor, row.tail)
        return [rest] if row.until_at >= until else [rest, Slice(day, row.until_at - SETTLES, until)]
    if row.until_at >= until and row.read_at >= until + SETTLES:
        return []
    return [Slice(day, since, until)]


def keyed(records: Sequence[HeardRecord], tail: str) -> tuple[list[tuple[str, int]], str]:
    """For each record its name and which of those alike it is (1 is the first); and the tail to give with the next page.

    ``tail`` counts the lines of the second in which the page before ended.
    """
    counts: Counts = msgspec.json.decode(tail, type=Counts) if tail else {}
    named: list[tuple[str, int]] = []
    for record in records:
        name = _name(record)
        counts[name] = counts.get(name, 0) + 1
        named.append((name, counts[name]))
    if not records:
        return named, tail
    last = max(record.at_s for record in records)
    ending = {_name(record) for record in records if record.at_s == last}
    kept = {name: counts[name] for name in sorted(ending)[:KEPT_TAIL]}
    return named, msgspec.json.encode(kept).decode()


def _name(record: HeardRecord) -> str:
    said = (record.openid, str(record.at_s), str(record.opercode), record.worker, record.kind, record.text)
    return hashlib.sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def told_before(records: Sequence[tuple[HeardRecord, int]], known: Iterable[Message]) -> set[int]:
    """Which of one person's records (with which of those alike each is) were pushed to us: their places.

    Such a message has the platform's id. First those of the same second count, then one within two seconds of what is left.
    """
    pushed = [message for message in known if message.platform_id and message.direction == "in"]
    found: set[int] = set()
    taken: set[int] = set()
    for place, (record, nth) in enumerate(records):
        alike = [m for m in pushed if _alike(record, m) and m.occurred_at // SECOND == record.at_s]
        if nth <= len(alike):
            found.add(place)
            taken.add(alike[nth - 1].id)
    for place, (record, _) in enumerate(records):
        if place in found:
            continue
        near = [m for m in pushed if m.id not in taken and _alike(record, m) and _apart(record, m) <= NEAR]
        if near:
            found.add(place)
            taken.add(min(near, key=lambda m: _apart(record, m)).id)
    return found


def _alike(record: HeardRecord, message: Message) -> bool:
    if record.direction != message.direction or record.kind != message.kind:
        return False
    return record.kind != "text" or record.text == message.text


def _apart(record: HeardRecord, message: Message) -> int:
    return abs(message.occurred_at // SECOND - record.at_s)
