"""The tables of the embedded store. The journal is written once and kept; projections are made from ``careline.model``."""

from __future__ import annotations

from careline.model import ROWS
from careline.store.columns import columns_of

VERSION = 1

JOURNAL = """
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
"""

WORKINGS = """
CREATE TABLE token (channel TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
"""

INDEXES = """
CREATE INDEX message_platform ON message (channel, platform_id) WHERE platform_id <> '';
CREATE INDEX message_send_key ON message (send_key) WHERE send_key <> '';
CREATE INDEX message_conversation ON message (conversation, occurred_at, id);
CREATE INDEX message_unsettled ON message (state, id) WHERE state IN ('queued', 'sending', 'unknown', 'failed');
CREATE INDEX conversation_waiting ON conversation (waiting_since_at, id) WHERE waiting_since_at IS NOT NULL;
CREATE INDEX conversation_contact ON conversation (contact, id);
CREATE INDEX identity_contact ON identity (contact);
CREATE INDEX code_text ON code (channel, text) WHERE text <> '';
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
"""


def projections(prefix: str = "") -> str:
    """The statements that make empty projections; ``prefix`` is a schema with its dot."""
    return ";\n".join(columns_of(kind).create(prefix) for kind in ROWS) + ";"


def main() -> str:
    """The statements that make a new store."""
    return JOURNAL + WORKINGS + projections() + INDEXES
