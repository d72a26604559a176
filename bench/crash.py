"""``python -m bench.crash --kills N [--store sqlite|postgres|both] [--seed S]``: kill -9 under load, and what it cost.

Platforms push without pause and repeat what was not answered 200, while the receiver, the process that applies, or both are
killed at random moments. Twenty-five kills, then everything that was answered 200 is looked for.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from msgspec import Struct, field

from bench import payloads
from bench._postgres import Databases, running
from bench.house import PATH, House
from bench.servers import Server
from careline.errors import CarelineError
from careline.model import Conversation, Message
from careline.store.rebuild import rebuild

LAP = 25
CUSTOMERS = 40
CLIENTS = 4
REPEATED = 0.05  # of what is pushed was answered 200 before
SETTLED_S = 60.0
GONE_S = 5.0


class Findings(Struct):
    """What kills cost. All but ``kills``, ``acknowledged`` and ``restarts_s`` should be 0."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    duplicates: int = 0
    corrupt: int = 0
    left_behind: int = 0  # processes, locks, sessions and transactions of the dead
    restarts_s: list[float] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Count what another lap found, too."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def clean(self) -> bool:
        """True when nothing was lost, doubled, damaged or left behind."""
        return not (self.lost or self.duplicates or self.corrupt or self.left_behind)


class Pushing:
    """Clients that push messages to whatever port is set, each again and again until it is answered 200."""

    def __init__(self, seed: int, *, pause_s: float = 0.0) -> None:
        self.port = 0
        self.acknowledged: set[int] = set()
        self._next = 0
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._clients = [threading.Thread(target=self._push, args=(f"{seed}.{n}",)) for n in range(CLIENTS)]

    def __enter__(self) -> Pushing:
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ending.set()
        for client in self._clients:
            client.join()

    def _push(self, seed: str) -> None:
        chance = random.Random(seed)  # noqa: S311 - nothing secret
        number, answered = 0, True
        while not self._ending.is_set():
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                while not self._ending.is_set():
                    if answered:
                        number = self._another(number, chance)
                    answered = False
                    connection.sendall(request(number))
                    answered = _status(connection) == 200
                    if answered:
                        self.acknowledged.add(number)
                    time.sleep(self._pause_s)
            time.sleep(0.005)

    def _another(self, number: int, chance: random.Random) -> int:
        if number in self.acknowledged and chance.random() < REPEATED:
            return number
        with self._lock:
            self._next += 1
            return self._next


def request(number: int) -> bytes:
    """The push of a message, as Meta sends it."""
    body = payloads.text(number, customers=CUSTOMERS)
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    return f"{head}X-Hub-Signature-256: {payloads.signature(body)}\r\n\r\n".encode() + body


def _status(connection: socket.socket) -> int:
    """The status of the one answer that is on its way; 0 when none comes."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = connection.recv(4096)
        if not part:
            return 0
        answer += part
    status = int(answer.split(maxsplit=2)[1])
    if status != 200:
        raise ConnectionAbortedError  # its text is not read: another connection is simpler
    return status


def lap(house: House, kills: int, seed: int, *, pause_s: float = 0.0) -> Findings:
    """Kill that often, while each client pauses between its pushes, then look at the store."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    found = Findings()
    server = _start(house, found)
    with Pushing(seed, pause_s=pause_s) as pushing:
        pushing.port = server.port
        for _ in range(kills):
            time.sleep(chance.uniform(0.02, 0.4))
            victim = chance.choice(("receiver", "receiver", "applying", "both"))
            theirs = children(server.process.pid)
            if victim != "receiver":
                for process in theirs:
                    with suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
            if victim != "applying" or not theirs:
                server.process.kill()
                server.process.wait()
                server = _start(house, found)
                pushing.port = server.port
                _count_outlived(theirs, found)
            found.kills += 1
    settle(house)
    server.stop()
    found.acknowledged = len(pushing.acknowledged)
    examine(house, pushing.acknowledged, found)
    return found


def _start(house: House, found: Findings) -> Server:
    server = Server(["careline", "receive", "--port", "0"], house.env)
    found.restarts_s.append(server.started_s)
    return server


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    with suppress(FileNotFoundError):
        return [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return []


def _count_outlived(processes: list[int], found: Findings) -> None:
    ends = time.monotonic() + GONE_S
    while left := [p for p in processes if Path(f"/proc/{p}").exists()]:
        if time.monotonic() > ends:
            found.left_behind += len(left)
            found.words.append(f"processes {left} outlived their receiver")
            return
        time.sleep(0.01)


def settle(house: House) -> None:
    """Wait until everything that was received is applied."""
    ends = time.monotonic() + SETTLED_S
    while house.line.store.inbound.counts()["new"] and time.monotonic() < ends:
        time.sleep(0.05)


def examine(house: House, acknowledged: set[int], found: Findings) -> None:
    """Look for everything that was answered 200, and for everything that should not be there. Nothing may be running."""
    store = house.line.store
    kept = Counter(m.platform_id for m in store.select(Message, "WHERE direction = 'in'"))
    found.lost += sum(1 for number in acknowledged if not kept[payloads.wamid(number)])
    found.duplicates += kept.total() - len(kept)
    for trouble in _damage(house):
        found.corrupt += 1
        found.words.append(trouble)
    for trouble in _left_behind(house):
        found.left_behind += 1
        found.words.append(trouble)


def _damage(house: House) -> Iterator[str]:
    store = house.line.store
    if sum(store.inbound.counts()[state] for state in ("new", "dead")):
        yield f"payloads that are not applied: {store.inbound.counts()}"
    if store.count(Conversation) > CUSTOMERS:
        yield f"{store.count(Conversation)} chats of {CUSTOMERS} customers"
    if [entry.seq for entry in store.entries()] != list(range(1, store.last_seq() + 1)):
        yield "the journal has gaps"
    if differing := rebuild(store, check=True).differing:
        yield f"the rows are not what the journal says: {differing}"
    yield from _unsound_files(house) if not house.line.settings.store.url else _unsound_tables(house)


def _unsound_files(house: House) -> Iterator[str]:
    import apsw

    address = house.line.settings.store
    for path in (address.path, address.inbound):
        connection = apsw.Connection(str(path))
        said = connection.pragma("integrity_check")
        connection.close()
        if said != "ok":
            yield f"{path.name}: {said}"


def _unsound_tables(house: House) -> Iterator[str]:
    import psycopg

    with psycopg.connect(house.line.settings.store.url, autocommit=True) as connection:
        every = "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
        for (table,) in connection.execute(every.encode()).fetchall():
            counts = set()
            for scan in ("on", "off"):
                connection.execute(f"SET enable_seqscan = {scan}".encode())
                counts.add(connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone())
            if len(counts) > 1:
                yield f"{table} and its index disagree: {counts}"
            try:
                connection.execute(f"REINDEX TABLE {table}".encode())  # reads every row, with its checksum
            except psycopg.Error as error:
                yield f"{table}: {error}"


def _left_behind(house: House) -> Iterator[str]:
    store = house.line.store
    if of_home := _processes_of(house.folder):
        yield f"processes {of_home} are still there"
    if unsettled := store.count(Message, "WHERE state IN ('queued', 'sending')"):
        yield f"{unsettled} messages are still being sent by somebody"
    try:
        with store.lock("apply", wait=False):
            store.change(lambda change: None)
    except CarelineError as error:
        yield f"a lock is held: {error.message}"
    if house.line.settings.store.url and (sessions := _sessions(house)):
        yield f"sessions in the middle of a transaction: {sessions}"


def _processes_of(home: Path) -> list[int]:
    """The processes that were started with that home, this one aside."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"CARELINE_HOME={home}\0".encode() in (process / "environ").read_bytes() and int(process.name) != os.getpid():
                found.append(int(process.name))
    return found


def _sessions(house: House) -> int:
    """Transactions that nobody goes on with. Others use the server too: theirs end within a moment."""
    import psycopg

    idle = (
        "SELECT pid, xact_start FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
    )
    with psycopg.connect(house.line.settings.store.url, autocommit=True) as connection:
        found = set(connection.execute(idle.encode()).fetchall())
        for _ in range(20 if found else 0):
            time.sleep(0.1)
            found &= set(connection.execute(idle.encode()).fetchall())
        return len(found)


@contextmanager
def shop(folder: Path, url: str = "") -> Iterator[House]:
    """A house with its channel, in a folder that is there; ``url`` is an empty PostgreSQL database or schema."""
    made = House(folder, url)
    try:
        made.open_shop()
        yield made
    finally:
        made.line.close()


def measure(kills: int, seed: int, databases: Databases | None) -> Findings:
    """Laps of twenty-five kills, each over a store of its own, until there were that many."""
    found = Findings()
    for number in range(0, kills, LAP):
        with (
            tempfile.TemporaryDirectory(prefix="careline-crash-") as folder,
            shop(Path(folder), databases.new() if databases else "") as house,
        ):
            found.add(lap(house, min(LAP, kills - number), seed + number))
        print(f"{found.kills} kills, {found.acknowledged} acknowledged, {found.lost} lost", file=sys.stderr)
    return found


def main(words: list[str]) -> int:
    """Print what the kills cost. 0, or 1 when anything was lost, doubled, damaged or left behind."""
    parser = argparse.ArgumentParser("python -m bench.crash", description="kill -9 under load, and what it cost.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(words)
    kinds = ("sqlite", "postgres") if asked.store == "both" else (asked.store,)
    print("store     kills  acknowledged  lost  duplicates  corrupt  left behind  restart → listening: median, p99, worst")
    clean = True
    for kind in kinds:
        with running() if kind == "postgres" else nullcontext() as databases:
            found = measure(asked.kills, asked.seed, databases)
        starts = sorted(found.restarts_s)
        print(
            f"{kind:8} {found.kills:6} {found.acknowledged:13,} {found.lost:5} {found.duplicates:11} {found.corrupt:8} "
            f"{found.left_behind:12}  "
            + ", ".join(f"{s:.2f} s" for s in (statistics.median(starts), starts[len(starts) * 99 // 100], starts[-1]))
        )
        for said in found.words:
            print(f"  {said}")
        clean &= found.clean
    return int(not clean)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
