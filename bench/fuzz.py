"""A million spoiled webhooks through everything that reads them: nothing may be thrown, nothing forged believed, nothing lost.

``fuzz`` says what came of any number of them; ``python -m bench fuzz`` runs a million, which takes a few minutes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from msgspec.structs import replace

from bench.fuzz_senders import Case, WeChat, WhatsApp
from bench.table import Job, Row
from careline.channels.ports import Reply
from careline.events import ChannelRegistered, Entry
from careline.heard import Heard
from careline.rules.decide.inbound import decide
from careline.store.sqlite import SqliteStore
from careline.store.working import Working

NOW = 1_790_000_001_000_000
BATCH = 250  # applied together, to rows of their own
STORED = 8  # every eighth batch goes into a database
HEAVY = 4_000  # every so many payloads one of each platform as large as may be
SETTLED = 2_000  # payloads after which the process has its size; the heavy ones come later

_MOST = 2**63

FAULTS = Job(name="spoiled webhooks: exceptions, forgeries, losses", unit="faults", bound=0, at_least=False, has_peer=False)
MEMORY = Job(name="the same: growth of memory", unit="MiB", bound=64, at_least=False, has_peer=False)
LONGEST = Job(name="the same: longest hold of the event loop", unit="ms", bound=50, at_least=False, has_peer=False)
JOBS = (FAULTS, MEMORY, LONGEST)


def measure(quick: bool) -> Iterator[Row]:
    """The rows of hostile input."""
    found = fuzz(40_000 if quick else 1_000_000, seed=1, report=lambda line: print(line, file=sys.stderr))
    note = f"{found.payloads} payloads, of which {found.kept} were kept, in {found.seconds:.0f} s"
    yield FAULTS.row([found.uncaught + found.forgeries + found.lost], quick=quick, note=note)
    yield MEMORY.row([found.memory_growth_mib], quick=quick)
    yield LONGEST.row([found.longest_answer_ms], quick=quick)


class Figures(msgspec.Struct):
    """What came of it. ``longest_answer_ms`` is the time of this thread alone: others on the machine do not count.

    ``memory_growth_mib`` is the peak since the process has its size, above that size.
    """

    payloads: int = 0
    kept: int = 0
    heard: int = 0
    unreadable: int = 0
    uncaught: int = 0
    forgeries: int = 0
    lost: int = 0
    memory_growth_mib: float = 0.0
    longest_answer_ms: float = 0.0
    longest_hear_ms: float = 0.0
    seconds: float = 0.0


def fuzz(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Push ``n`` payloads; the same ``seed`` makes the same ones. ``report`` hears what went wrong, and how far it is."""
    platforms: Sequence[WhatsApp | WeChat] = (WhatsApp(), WeChat())
    figures, die, began = Figures(), Random(), time.perf_counter()  # noqa: S311 - a die
    batch: list[tuple[WhatsApp | WeChat, Heard]] = []
    before = 0.0
    for number in range(n):
        die.seed(seed * 2**40 + number)
        platform = platforms[number % 2]
        case = platform.case(die, large=number % HEAVY in (HEAVY - 2, HEAVY - 1))
        figures.payloads += 1
        try:
            heard = _pushed(platform, case, figures)
        except _Wrong as wrong:
            report(f"payload {number} of seed {seed}: {wrong}")
            continue
        except Exception as error:  # noqa: BLE001 - which is what is looked for
            figures.uncaught += 1
            report(f"payload {number} of seed {seed}: {type(error).__name__}: {error}")
            continue
        figures.heard += len(heard)
        batch += ((platform, one) for one in heard)
        if number % BATCH == BATCH - 1 or number == n - 1:
            try:
                _apply(batch, stored=number // BATCH % STORED == 0)
            except Exception as error:  # noqa: BLE001
                figures.uncaught += 1
                report(f"applying payloads up to {number} of seed {seed}: {type(error).__name__}: {error}")
            batch = []
            if number <= SETTLED:
                before = _memory_mib("VmRSS")
                Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak is counted from now on
            figures.memory_growth_mib = _memory_mib("VmHWM") - before
        if number % 100_000 == 99_999:
            report(f"{number + 1} payloads, {time.perf_counter() - began:.0f} s")
    figures.seconds = time.perf_counter() - began
    return figures


class _Wrong(Exception):
    """A promise that was not kept."""


def _pushed(platform: WhatsApp | WeChat, case: Case, figures: Figures) -> list[Heard]:
    began = time.thread_time()
    reply = platform.webhook.answer(case.push, platform.secrets, NOW)
    figures.longest_answer_ms = max(figures.longest_answer_ms, (time.thread_time() - began) * 1000)
    _judge(case, reply, figures)
    if reply.keep is None:
        return []
    figures.kept += 1
    began = time.thread_time()
    try:
        heard = platform.webhook.hear(reply.keep, NOW)
    except ValueError:
        figures.unreadable += 1
        return []
    finally:
        figures.longest_hear_ms = max(figures.longest_hear_ms, (time.thread_time() - began) * 1000)
    for one in heard:
        _check_storable(msgspec.to_builtins(one))
    return heard


def _judge(case: Case, reply: Reply, figures: Figures) -> None:
    if reply.keep is not None and reply.keep not in case.may:
        figures.forgeries += 1
        raise _Wrong(f"kept {reply.keep[:80]!r}, which nobody with the secrets made")
    if case.owed is not None and reply.keep != case.owed:
        figures.lost += 1
        raise _Wrong(f"{reply.status} for what the platform made: {reply.reason}")


def _check_storable(value: Any) -> None:
    """Raises ValueError for what PostgreSQL refuses: NUL, half characters, whole numbers of more than 64 bits."""
    match value:
        case str():
            value.encode()
            if "\x00" in value:
                raise ArithmeticError("NUL in a text")
        case int() if not -_MOST <= value < _MOST:
            raise ArithmeticError("a number that no column holds")
        case dict():
            for inner in value.values():
                _check_storable(inner)
        case list() | tuple():
            for inner in value:
                _check_storable(inner)


def _apply(batch: list[tuple[WhatsApp | WeChat, Heard]], *, stored: bool) -> None:
    """Decide and fold what was heard: in memory, or in a database that is new each time."""
    opening = [
        Entry(event=ChannelRegistered(name=p.channel.name, kind=p.channel.kind), channel=p.channel.name, occurred_at=NOW)
        for p in (WhatsApp, WeChat)
    ]

    def into(rows: Working, record: Callable[[Iterable[Entry]], object]) -> None:
        record(opening)
        for platform, one in batch:
            record(decide(one, platform.channel, rows, platform.policy, "5f1c0d8e", NOW))

    if not stored:
        rows, seq = Working(_nothing), count(1)

        def record(entries: Iterable[Entry]) -> None:
            for entry in entries:
                rows.apply(replace(entry, seq=next(seq), recorded_at=NOW))

        into(rows, record)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        store = SqliteStore(path / "careline.db", path / "inbound.db", path / "locks", lambda: NOW)
        try:
            store.change(lambda change: into(change.rows, change.record))
        finally:
            store.close()


def _nothing(sql: str, values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    return iter(())


def _memory_mib(name: str) -> float:
    """The resident memory of this process: ``VmRSS`` now, ``VmHWM`` at its peak."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
