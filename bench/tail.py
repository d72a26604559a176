"""From an insert to its line in ``careline queue tail``, through a pipe; and what the waiting costs."""

from __future__ import annotations

import queue
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from bench.house import CHANNEL, House, house
from bench.payloads import text
from bench.servers import ROOT
from bench.table import Job, Row
from careline.rules.decide.inbound import decide

PATIENCE_S = 10.0

LINE = Job(name="insert → line in `queue tail`, p99", unit="ms", bound=50.0, at_least=False, has_peer=False)
IDLE = Job(name="`queue tail` while nothing happens, CPU", unit="%", bound=1.0, at_least=False, has_peer=False)
JOBS = (LINE, IDLE)


def measure(quick: bool) -> Iterator[Row]:
    """The rows of the embedded store."""
    with house() as home:
        yield from measured(home, JOBS, quick)


def measured(home: House, jobs: tuple[Job, Job], quick: bool) -> Iterator[Row]:
    """The rows of a store: messages come one by one, at no rhythm that polling could keep step with."""
    numbers = count()
    _insert(home, next(numbers))
    took: list[float] = []
    rhythm = random.Random(7)  # noqa: S311 - for timing
    with _tail(home) as (process, lines):
        lines.get(timeout=PATIENCE_S)  # who waits already: it follows from here on
        for _ in range(40 if quick else 500):
            time.sleep(rhythm.uniform(0.005, 0.025))
            began = time.perf_counter()
            _insert(home, next(numbers))
            took.append((lines.get(timeout=PATIENCE_S) - began) * 1000)
        took.sort()
        p99 = took[int(len(took) * 0.99)]
        cost = [_cpu(process.pid, 1.0 if quick else 20.0)] if sys.platform == "linux" else []
    yield jobs[0].row([p99], quick=quick, note=f"median {took[len(took) // 2]:.1f} ms of {len(took)}")
    yield jobs[1].row(cost, quick=quick)


def _insert(home: House, number: int) -> None:
    """A customer's message into the journal, in a transaction of its own."""
    store, channel = home.line.store, home.line.channel(CHANNEL)
    heard = home.line.hear(channel, text(number), store.now())
    policy = home.line.policy(channel)
    store.change(lambda c: [c.record(decide(one, channel, c.rows, policy, store.store_id, c.now)) for one in heard])


@contextmanager
def _tail(home: House) -> Iterator[tuple[subprocess.Popen[bytes], queue.SimpleQueue[float]]]:
    """The process, and the instants at which its lines came."""
    words = [sys.executable, "-m", "careline", "queue", "tail", "-o", "jsonl"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=home.env, cwd=ROOT)
    lines: queue.SimpleQueue[float] = queue.SimpleQueue()

    def listen() -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for _ in output:
                lines.put(time.perf_counter())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield process, lines
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)
        listener.join(timeout=PATIENCE_S)


def _cpu(pid: int, seconds: float) -> float:
    """Percent of one core that a process used meanwhile."""
    time.sleep(0.3)
    before, began = _on_cpu_s(pid), time.perf_counter()
    time.sleep(seconds)
    return (_on_cpu_s(pid) - before) / (time.perf_counter() - began) * 100


def _on_cpu_s(pid: int) -> float:
    """Seconds that all threads of a process have run; Linux counts nanoseconds there, and hundredths where others look."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
