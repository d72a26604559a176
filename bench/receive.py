"""WhatsApp webhooks a second: signature checked and durable before the 200, and applied at the same time.

The peers check the same signatures and store nothing; the bare one does not even look. Each run is a burst of 0.6 seconds: a
receiver takes in more than one process applies, so what is left over must be applied within two seconds after the burst. What
both do for as long as you like is another row.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count

from bench.house import APPLIED_WITHIN_S, PATH, House, house
from bench.load import MOST_A_SECOND, Generator, Load, Offer
from bench.peers import PEERS
from bench.servers import Server, environment, serving
from bench.table import Job, Row

CONNECTIONS = 64
CAUTION = 0.7  # of the slower one's most: where latencies are compared
RESERVE = 2  # times the best so far: so many requests are made before a run

ASYNC = Job(name="receive, beside pywa async", unit="requests/s", bound=1.2)
P99 = Job(name="receive, p99 at the same load", unit="ms", bound=1.0, at_least=False)
SYNC = Job(name="receive, beside pywa's default", unit="requests/s", bound=2.5)
BARE = Job(name="receive, beside bare uvicorn", unit="requests/s", bound=0.4)
STEADY = Job(name="receive and apply for ten seconds, beside pywa async's most", unit="requests/s", bound=0.98)
JOBS = (ASYNC, P99, SYNC, BARE, STEADY)


def measure(quick: bool) -> Iterator[Row]:
    """The rows of receiving."""
    rounds, seconds, calm_rounds, calm_s = (3, 0.4, 2, 0.5) if quick else (21, 0.6, 5, 4.0)
    with ExitStack() as stack:
        home = stack.enter_context(house())
        generator = stack.enter_context(Generator())
        starts = {"ours": home.receiving()} | {name: serving(["bench.peers", name], environment()) for name in PEERS}
        with ThreadPoolExecutor() as pool:
            servers = dict(zip(starts, pool.map(stack.enter_context, starts.values()), strict=True))
        arena = Arena(home, servers, generator)
        for name in servers:
            arena.load(name, 0.2)
        speeds: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, speed in speeds.items():
                speed.append(arena.load(name, seconds).a_second)
        beside = [job.row(speeds["ours"], speeds[peer], quick=quick) for job, peer in _BESIDE]
        rate = CAUTION * min(beside[0].ours or 0, beside[0].peer or 0)
        waits: dict[str, list[float]] = {"ours": [], "pywa-async": []}
        for _ in range(calm_rounds):
            for name, wait in waits.items():
                wait.append(arena.load(name, calm_s, rate).p99_ms)
        failure = arena.failure
        steady = [arena.load("ours", 1.0 if quick else 10.0, beside[0].peer or 0.0).a_second]
    note = f"at {rate:,.0f} requests/s"
    calm = P99.row(waits["ours"], waits["pywa-async"], quick=quick, note=note)
    for row in (beside[0], calm, *beside[1:]):
        yield row.failed(failure) if failure else row
    kept_up = STEADY.row(steady, speeds["pywa-async"], quick=quick, note="all of it applied two seconds after the end")
    yield kept_up.failed(arena.failure) if arena.failure != failure else kept_up


class Arena:
    """Our receiver and its peers, all listening, one of them under load at a time. ``failure`` is what went wrong first."""

    def __init__(self, home: House, servers: dict[str, Server], generator: Generator) -> None:
        self._home = home
        self._servers = servers
        self._generator = generator
        self._most: dict[str, float] = {}
        self._numbers = count()
        self._received = 0
        self.failure = ""

    def load(self, name: str, seconds: float, rate: float = 0.0) -> Load:
        """One run; after ours, what was applied must equal what was received two seconds later."""
        offer = Offer(
            port=self._servers[name].port,
            path=PATH,
            first=next(self._numbers) * 10_000_000,  # runs never share a number
            connections=CONNECTIONS,
            seconds=seconds,
            rate=rate,
            most=self._most.get(name, MOST_A_SECOND),
        )
        done = self._generator.send(offer)
        self._most[name] = max(RESERVE * done.a_second, self._most.get(name, 0.0))
        if name == "ours":
            self._received += done.answered
            if late := self._home.missing(self._received):
                self._fail(f"of {done.answered:,}, {late:,} were not applied {APPLIED_WITHIN_S:.0f} s after the end")
        elif len(self._servers[name].said) > 1:
            raise RuntimeError(f"{name} complains: {''.join(self._servers[name].said)[-800:]}")
        if done.failed:
            self._fail(f"{name} did not answer 200 to {done.failed:,} requests")
        return done

    def _fail(self, words: str) -> None:
        self.failure = self.failure or words


_BESIDE = ((ASYNC, "pywa-async"), (SYNC, "pywa-sync"), (BARE, "bare"))
