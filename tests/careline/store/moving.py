"""A store with something of everything in it, and what two stores must have in common when one was moved into the other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from careline.events import AccountNoticed, Content, Entry
from careline.model import ROWS, Notice
from careline.rules.decide import outgoing
from careline.store.base import Change, Store
from tests.careline.world import ANNA, LIWEI, NOON, World, wrote


def note(change: Change, words: str = "x") -> int:
    number = change.rows.new_id(Notice)
    event = AccountNoticed(notice=number, kind="test", content=Content(raw=words))
    change.record([Entry(event=event, channel="shop-it", occurred_at=NOON)])
    return number


def furnish(store: Store, folder: Path, notes: int = 0) -> World:
    """Chats, a message on its way out, an access token, and webhooks in every state: 1 applied, 2 dead, 3 and 4 new."""
    world = World(folder, store)
    world.hear("shop-it", wrote(1, ANNA), wrote(2, ANNA, NOON + 1))
    world.hear("brand-cn", wrote(3, LIWEI, NOON + 2))
    world.settle(outgoing.accepted(world.send("shop-it", ANNA, "Ünï 🍋"), "wamid.9", NOON))
    store.change(lambda change: [note(change, f"words {n}") for n in range(notes)])
    store.keep_token("brand-cn", "token-that-stays-behind", NOON)
    store.inbound.put([("shop-it", NOON + n, bytes([n, 0, 255])) for n in range(4)])
    first, second, *_ = store.inbound.take(9)
    store.change(lambda change: change.mark_applied([first.id]))
    store.inbound.bury(second.id, "no JSON")
    return world


def contents(store: Store) -> dict[str, Any]:
    """Everything that goes along."""
    found: dict[str, Any] = {kind.table: sorted(map(repr, store.select(kind))) for kind in ROWS}
    found["event"] = list(store.query("SELECT * FROM event ORDER BY seq"))
    found["inbound"] = list(store.inbound.walk())
    return found


def process(*words: str, crash: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run careline as a process of its own, which dies where ``crash`` says."""
    everything = {**os.environ, **env} | ({"CARELINE_CRASHPOINT": crash} if crash else {})
    return subprocess.run(
        [sys.executable, "-m", "careline", *words], env=everything, capture_output=True, text=True, timeout=60
    )
