"""Opening a connection to PostgreSQL as careline wants it, and its errors in words a person can act on."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import quote

from careline.errors import Busy, CarelineError, Failed, Misconfigured, StoreUnreachable

try:
    import psycopg
    from psycopg import conninfo
    from psycopg.types.numeric import Int8Dumper
except ImportError:
    raise Misconfigured(
        "A PostgreSQL store needs the driver psycopg, which is not installed here.",
        code="driver_missing",
        hint="It comes with the extra `postgres`: pip install 'careline[postgres]'",
    ) from None

BUSY_MS = 5000
CONNECT_S = 5
ANSWER_MS = 30_000  # a server that hangs is given up; whatever takes longer on purpose says so
SILENT_S = 2.0  # how much later a network is given up that swallows what the server says
IDLE_MS = 30_000  # a process that stops in the middle of writing lets the others go on
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
_SERVER_ALIVE = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
_BESIDE = ("\t", "DETAIL:", "HINT:")  # lines that explain another one
_GONE = ("57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006", "53300")


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """Gives up after ``patience_s`` without an answer (None: never), also where a proxy in between keeps the line open."""

    patience_s: float | None = CONNECT_S

    def wait(self, gen: Generator[Any, Any, Any], *options: Any, **named: Any) -> Any:
        """What psycopg does at each turn: wait for the server."""
        if self.patience_s is not None:
            gen = self._until(monotonic() + self.patience_s, gen)
        return super().wait(gen, *options, **named)

    def unhurried(self) -> None:
        """Let a statement take as long as it takes."""
        self.execute("SET statement_timeout = 0")
        self.patience_s = None

    def _until(self, ends: float, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        try:
            waited_for = next(steps)
            while True:
                ready = yield waited_for
                if not ready and monotonic() > ends:
                    self.pgconn.finish()
                    raise psycopg.OperationalError("the server is silent")
                waited_for = steps.send(ready)
        except StopIteration as done:
            return done.value


def connect(url: str, *, writing: bool = False) -> Connection:
    """A connection that commits each statement by itself, unless a transaction is begun.

    Raises StoreUnreachable when nobody answers within five seconds, Misconfigured when the address or a right is wrong.
    """
    try:
        connection = Connection.connect(
            url,
            autocommit=True,
            connect_timeout=CONNECT_S,
            application_name="careline",
            **_ALIVE,  # type: ignore[arg-type]
        )
    except psycopg.Error as error:
        raise _not_reached(error, shown(url)) from error
    with in_words(url):
        connection.adapters.register_dumper(int, Int8Dumper)  # one type for all numbers: a statement is prepared once
        limits = f"SET lock_timeout = {BUSY_MS}; SET statement_timeout = {ANSWER_MS}; {_SERVER_ALIVE}"
        if writing:
            limits += f"SET idle_in_transaction_session_timeout = {IDLE_MS}; SET synchronous_commit = on;"
        connection.execute(limits)
        connection.patience_s = ANSWER_MS / 1000 + SILENT_S
    return connection


@cache
def marked(sql: str) -> bytes:
    """The statement with PostgreSQL's marks for values."""
    return sql.replace("%", "%%").replace("?", "%s").encode()


@cache
def shown(url: str) -> str:
    """The address without its password."""
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        return "postgresql://…"
    host, port, name, user = (str(parts.get(k) or "") for k in ("host", "port", "dbname", "user"))
    beside = {"host": host if host.startswith("/") else "", "port": "" if host else port, "options": parts.get("options") or ""}
    net = "" if host.startswith("/") else f"{host}:{port}" if host and port else host
    query = "&".join(f"{k}={quote(str(v), safe='/')}" for k, v in beside.items() if v)
    return f"postgresql://{quote(user)}{'@' if user else ''}{net}/{quote(name)}{'?' if query else ''}{query}"


@contextmanager
def in_words(url: str) -> Iterator[None]:
    """Turns what PostgreSQL and the network say into careline's errors."""
    try:
        yield
    except psycopg.Error as error:
        raise _worded(error, shown(url)) from error


def _reason(error: psycopg.Error) -> str:
    lines = [line for line in str(error).splitlines() if line and not line.startswith(_BESIDE)]
    return (error.diag.message_primary or (lines or ["no reason given"])[-1]).rstrip(".")


def _not_reached(error: psycopg.Error, where: str) -> CarelineError:
    reason = _reason(error)
    if isinstance(error, psycopg.ProgrammingError):
        return Misconfigured(f"{where} is no address of a PostgreSQL database: {reason}.", code="bad_setting")
    if "does not exist" in reason:
        return Misconfigured(
            f"{where} is not there: {reason}.",
            code="store_refused",
            hint="Nothing was written. Create it first, or name another one in CARELINE_STORE.",
            run="careline config show --sources",
        )
    if any(word in reason for word in ("authentication failed", "no password supplied", "pg_hba.conf", "not permitted")):
        return Misconfigured(
            f"{where} does not let careline in: {reason}.",
            code="store_refused",
            hint="Nothing was written. Passwords belong into PGPASSWORD, a ~/.pgpass or the address in CARELINE_STORE.",
            run="careline config show --sources",
        )
    return StoreUnreachable(
        f"{where} does not answer: {reason}.",
        hint="Nothing was written. Is the server up, and is that its address?",
        run="careline config show --sources",
    )


def _worded(error: psycopg.Error, where: str) -> CarelineError:
    state, reason = error.sqlstate or "", _reason(error)
    if state in ("55P03", "40001", "40P01"):
        return Busy(
            f"Another process has held the store for {BUSY_MS // 1000} seconds.",
            code="store_locked",
            hint="Nothing was changed. Wait for it, then run the same command again.",
            run="careline store info",
        )
    if state in ("53000", "53100", "53200", "53400"):
        return Failed(
            f"The server's disk or memory is full: {reason}.",
            code="disk_full",
            hint="Nothing was changed. Make room on the server, then run the same command again.",
        )
    if state == "58030":
        return Failed(f"The server's disk refused: {reason}.", code="disk_failed", hint="Nothing was changed.")
    if state[:2] in ("58", "XX"):
        return Failed(f"The server failed: {reason}.", code="server_failed", hint="Nothing was changed. Its own log says more.")
    if state == "25006":
        return Misconfigured(
            f"{where} takes no writes: {reason}.",
            code="store_not_writable",
            hint="It may be a replica. CARELINE_STORE names the primary.",
        )
    if state == "3F000":
        return Misconfigured(
            f"{where} names a schema that is not there: {reason}.",
            code="store_refused",
            hint="Nothing was written. CREATE SCHEMA makes one.",
            run="careline config show --sources",
        )
    if state == "42501":
        return Misconfigured(
            f"{where} does not allow it: {reason}.",
            code="store_refused",
            hint="Nothing was written. careline owns its tables: GRANT its role what it needs.",
            run="careline config show --sources",
        )
    if (
        state in _GONE
        or state in ("57014", "25P03")
        or (isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and not state)
    ):
        return StoreUnreachable(
            f"{where} does not answer: {reason}.",
            hint="What was being written when it went away may or may not be kept: look before you repeat it.",
            run="careline outbox list",
        )
    return Failed(
        f"The store {where} failed: {reason}.", code="store_failed", hint="Nothing was changed.", run="careline store info"
    )
