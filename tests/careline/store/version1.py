"""A store as the first released version made it: its tables, frozen, and something of everything in them."""

from __future__ import annotations

from pathlib import Path

import apsw
from msgspec.structs import replace

from careline.events import AccountNoticed, Content, Entry
from careline.rules.decide import outgoing
from careline.store.sqlite import SqliteStore
from tests.careline.world import ANNA, LIWEI, NOON, World, wrote

STORE = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  channel TEXT NOT NULL,
  conversation INTEGER,
  contact INTEGER,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  key TEXT,
  data TEXT NOT NULL,
  content TEXT
);
CREATE UNIQUE INDEX event_key ON event (channel, key) WHERE key IS NOT NULL;
CREATE INDEX event_conversation ON event (conversation, seq) WHERE conversation IS NOT NULL;
CREATE INDEX event_contact ON event (contact, seq) WHERE contact IS NOT NULL;
CREATE TABLE token (channel TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE channel (name TEXT, kind TEXT, state TEXT, address TEXT, account_id TEXT, phone_number_id TEXT, app_id
  TEXT, api_url TEXT, public_url TEXT, title TEXT, steps TEXT, created_at INTEGER, last_inbound_at INTEGER, PRIMARY KEY
  (name)) WITHOUT ROWID;
CREATE TABLE contact (id INTEGER, name TEXT, language TEXT, first_seen_at INTEGER, last_seen_at INTEGER, PRIMARY KEY
  (id));
CREATE TABLE identity (channel TEXT, handle TEXT, kind TEXT, contact INTEGER, name TEXT, username TEXT, phone TEXT,
  conversation INTEGER, openings TEXT, spent TEXT, shut_at INTEGER, following INTEGER, follow_at INTEGER, code TEXT,
  code_at INTEGER, last_in_at INTEGER, PRIMARY KEY (channel, handle)) WITHOUT ROWID;
CREATE TABLE alias (channel TEXT, value TEXT, handle TEXT, PRIMARY KEY (channel, value)) WITHOUT ROWID;
CREATE TABLE conversation (id INTEGER, channel TEXT, contact INTEGER, handle TEXT, state TEXT, priority TEXT, agent
  TEXT, source TEXT, scene TEXT, category TEXT, summary TEXT, unanswered TEXT, waiting_since_at INTEGER, enqueued_at
  INTEGER, created_at INTEGER, first_response_at INTEGER, resolved_at INTEGER, reopened INTEGER, messages_in INTEGER,
  messages_out INTEGER, previous INTEGER, last_message INTEGER, last_at INTEGER, PRIMARY KEY (id));
CREATE TABLE message (id INTEGER, conversation INTEGER, channel TEXT, contact INTEGER, handle TEXT, direction TEXT, kind
  TEXT, state TEXT, text TEXT, media TEXT, template TEXT, action TEXT, actor TEXT, send_key TEXT, reply_to TEXT,
  platform_id TEXT, error TEXT, request TEXT, raw TEXT, answered TEXT, window_ends_at INTEGER, window_left INTEGER,
  owner TEXT, lease_until_at INTEGER, occurred_at INTEGER, recorded_at INTEGER, accepted_at INTEGER, sent_at INTEGER,
  delivered_at INTEGER, read_at INTEGER, failed_at INTEGER, PRIMARY KEY (id));
CREATE TABLE early (channel TEXT, platform_id TEXT, states TEXT, error TEXT, PRIMARY KEY (channel, platform_id)) WITHOUT
  ROWID;
CREATE TABLE template (account TEXT, name TEXT, language TEXT, id TEXT, state TEXT, category TEXT, reason TEXT, quality
  TEXT, components TEXT, named INTEGER, submitted_at INTEGER, decided_at INTEGER, updated_at INTEGER, PRIMARY KEY
  (account, name, language)) WITHOUT ROWID;
CREATE TABLE code (channel TEXT, scene_key TEXT, scene TEXT, numeric INTEGER, permanent INTEGER, ticket TEXT, url TEXT,
  text TEXT, file TEXT, campaign TEXT, caption TEXT, expires_at INTEGER, created_at INTEGER, scans INTEGER, follows
  INTEGER, chats INTEGER, PRIMARY KEY (channel, scene_key)) WITHOUT ROWID;
CREATE TABLE notice (id INTEGER, channel TEXT, kind TEXT, summary TEXT, raw TEXT, occurred_at INTEGER, PRIMARY KEY
  (id));
CREATE INDEX message_platform ON message (channel, platform_id) WHERE platform_id <> '';
CREATE INDEX message_send_key ON message (send_key) WHERE send_key <> '';
CREATE INDEX message_conversation ON message (conversation, occurred_at, id);
CREATE INDEX message_unsettled ON message (state, id) WHERE state IN ('queued', 'sending', 'unknown', 'failed');
CREATE INDEX conversation_waiting ON conversation (waiting_since_at, id) WHERE waiting_since_at IS NOT NULL;
CREATE INDEX conversation_contact ON conversation (contact, id);
CREATE INDEX identity_contact ON identity (contact);
CREATE INDEX code_text ON code (channel, text) WHERE text <> '';
PRAGMA user_version = 1;
"""

INBOUND = """
CREATE TABLE inbound (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  body BLOB NOT NULL,
  state TEXT NOT NULL DEFAULT 'new',
  error TEXT
);
CREATE INDEX inbound_open ON inbound (state, id) WHERE state <> 'applied';
PRAGMA user_version = 1;
"""

WEBHOOKS = [  # a receiver was killed before it noted that 3 is in the journal; 5 came before 6 was replayed by hand
    (1, b"one", "applied", None),
    (2, b"two", "applied", None),
    (3, b"three", "new", None),
    (4, b"four", "dead", "no JSON"),
    (5, b"five", "new", None),
    (6, b"six", "applied", None),
    (7, b"seven", "new", None),
]


def make(folder: Path) -> Path:
    """Make one in ``folder``; the path of its first file. Two notices in it have no id of the platform's."""
    today = SqliteStore(folder / "today" / "careline.db", folder / "today" / "inbound.db", folder / "locks", lambda: NOON)
    world = World(folder, today)
    world.hear("shop-it", wrote(1, ANNA), wrote(2, ANNA, NOON + 1))
    world.hear("brand-cn", replace(wrote(3, LIWEI, NOON + 2), text="\\u0000 and a NUL: \0"))
    world.settle(outgoing.accepted(world.send("shop-it", ANNA, "Ünï 🍋"), "wamid.9", NOON))
    for number in (2, 3):
        event = AccountNoticed(notice=number, kind="quality", content=Content(raw="{}"))
        world.record(Entry(event=event, channel="shop-it", occurred_at=NOON, key=f"notice:inbound {number}.0"))
    today.keep_token("brand-cn", "token-of-long-ago", NOON)
    today.close()
    path = folder / "careline.db"
    store, inbound = apsw.Connection(str(path)), apsw.Connection(str(folder / "inbound.db"))
    for connection, script in ((store, STORE), (inbound, INBOUND)):
        connection.pragma("journal_mode", "wal")
        connection.execute(script)
    store.execute("ATTACH ? AS today", (str(folder / "today" / "careline.db"),))
    for (table,) in store.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' AND name <> 'meta'").fetchall():
        names = ", ".join(column[1] for column in store.execute(f"PRAGMA main.table_info({table})"))
        store.execute(f"INSERT INTO main.{table} SELECT {names} FROM today.{table}")
    store.execute("INSERT INTO main.meta SELECT * FROM today.meta WHERE name = 'store_id'")
    inbound.executemany("INSERT INTO inbound VALUES (?, 'shop-it', ?, ?, ?, ?)", [(n, NOON, *rest) for n, *rest in WEBHOOKS])
    store.close()
    inbound.close()
    return path
