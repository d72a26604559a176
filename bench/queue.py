"""One page of a long queue: 100,000 chats wait, each with a history."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bench.house import CHANNEL, House, house
from bench.payloads import phone
from bench.table import Job, Row
from careline.clock import DAY
from careline.model import Contact, Conversation, Identity, Message, Opening, Unanswered
from careline.model import Row as Kept
from careline.queue.waiting import Filters, waiting
from careline.store.columns import columns_of

CHATS = 100_000
PAGE = 30
AT_ONCE = 100_000

QUEUE = Job(name="a queue page of 100,000 open chats", unit="ms", bound=5.0, at_least=False, has_peer=False)
JOBS = (QUEUE,)


def measure(quick: bool) -> Iterator[Row]:
    """The row of the embedded store."""
    with house() as home:
        yield measured(home, QUEUE, quick)


def measured(home: House, job: Job, quick: bool) -> Row:
    """The row of a store, filled for it."""
    messages = 200_000 if quick else 5_000_000
    fill(home, messages)
    store, now = home.line.store, home.line.store.now()
    took: list[float] = []
    for _ in range(30 if quick else 200):
        began = time.perf_counter()
        page = list(waiting(store, Filters(), now, limit=PAGE))
        took.append((time.perf_counter() - began) * 1000)
        if len(page) != PAGE:
            raise RuntimeError(f"the page has {len(page)} rows")
    return job.row(took, quick=quick, note=f"{messages:,} messages")


def fill(home: House, messages: int) -> None:
    """Rows as if each of the chats had its share of ``messages``, all of them from customers, a day long and a day ago."""
    base = home.line.store.now() - 2 * DAY
    whose = f"((i - 1) % {CHATS} + 1)"
    at, last = f"({base} + i * {DAY // messages})", f"({messages - CHATS} + i)"
    last_at = at.replace("i *", f"{last} *")
    person = Identity(channel=CHANNEL, handle="", kind="wa_phone", contact=0, openings=(Opening("message", 111, 222, None),))
    chat = Conversation(id=0, channel=CHANNEL, contact=0, handle="", unanswered=(Unanswered(111, 222),))
    said = Message(
        id=0, conversation=0, channel=CHANNEL, contact=0, handle="", direction="in", kind="text", state="received", text="Ciao"
    )
    _insert(home, CHATS, Contact(id=0), id="i", name="'Cliente ' || i")
    _insert(
        home,
        CHATS,
        person,
        handle=_handle("i"),
        contact="i",
        conversation="i",
        last_in_at=last_at,
        openings=_blanks(person, "openings", last_at, f"{last_at} + {DAY}"),
    )
    _insert(
        home,
        CHATS,
        chat,
        id="i",
        contact="i",
        handle=_handle("i"),
        unanswered=_blanks(chat, "unanswered", last_at, last),
        last_message=last,
        **dict.fromkeys(("waiting_since_at", "enqueued_at", "created_at", "last_at"), last_at),
    )
    _insert(
        home,
        messages,
        said,
        id="i",
        conversation=whose,
        contact=whose,
        handle=_handle(whose),
        platform_id="'wamid.' || i",
        occurred_at=at,
        recorded_at=at,
    )


def _insert(home: House, many: int, sample: Kept, **computed: str) -> None:
    """``many`` rows like ``sample``, but for the columns computed from ``i`` in SQL that both databases understand."""
    values = _columns(sample)
    wanted = ", ".join(computed.get(name) or _literal(value) for name, value in values.items())
    for done in range(0, many, AT_ONCE):
        first, last = done + 1, min(many, done + AT_ONCE)
        numbers = f"WITH RECURSIVE n (i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
        with home.line.store.transaction() as transaction:
            transaction.script(f"INSERT INTO {sample.table} ({', '.join(values)}) {numbers} SELECT {wanted} FROM n")


def _columns(sample: Kept) -> dict[str, Any]:
    columns = columns_of(type(sample))
    return dict(zip(columns.names, columns.values(sample), strict=True))


def _handle(number: str) -> str:
    return f"'{phone(0)[:-8]}' || substr('00000000' || {number}, length('00000000' || {number}) - 7)"


def _blanks(sample: Kept, column: str, first: str, second: str) -> str:
    """The sample's JSON with its 111 and 222 computed."""
    json = _literal(_columns(sample)[column])
    return json.replace("111", f"' || ({first}) || '").replace("222", f"' || ({second}) || '")


def _literal(value: object) -> str:
    return "NULL" if value is None else str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
