"""A profile in a directory of its own with one WhatsApp channel, made through careline's own library."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.payloads import ACCOUNT, APP_SECRET, NUMBER, VERIFY_TOKEN
from bench.servers import Server, environment, serving
from careline.events import ChannelRegistered, Entry
from careline.line import Careline
from careline.model import Message
from careline.settings import Settings

CHANNEL = "shop"
PATH = f"/webhooks/{CHANNEL}"
APPLIED_WITHIN_S = 2.0
DRAINED_WITHIN_S = 120.0


class House:
    """careline in ``folder``; ``store`` names a PostgreSQL database, where it is not the embedded store."""

    def __init__(self, folder: Path, store: str = "") -> None:
        self.folder = folder
        secrets = {"CARELINE_SECRET_SHOP_APP_SECRET": APP_SECRET, "CARELINE_SECRET_SHOP_VERIFY_TOKEN": VERIFY_TOKEN}
        chosen = {"CARELINE_STORE": store} if store else {}
        self.env = environment(CARELINE_HOME=str(folder), CARELINE_PROFILE="bench", TZ="UTC", **secrets, **chosen)
        self.line = Careline.open(Settings.load(self.env, {}, folder))

    def open_shop(self) -> None:
        """Register the channel, as ``channels register`` notes it."""
        event = ChannelRegistered(name=CHANNEL, kind="whatsapp", account_id=ACCOUNT, phone_number_id=NUMBER)
        entry = Entry(event=event, channel=CHANNEL, occurred_at=self.line.clock.now())
        self.line.store.change(lambda change: change.record([entry]))

    def receiving(self) -> AbstractContextManager[Server]:
        """``careline receive`` as a process."""
        return serving(["careline", "receive", "--port", "0"], self.env)

    def heard(self) -> int:
        """How many messages of customers have been applied."""
        return self.line.store.count(Message, "WHERE direction = 'in'")

    def missing(self, received: int) -> int:
        """How many of the messages received so far are not applied within two seconds; then waits for the rest."""
        began = time.monotonic()
        while (late := received - self.heard()) > 0 and time.monotonic() < began + APPLIED_WITHIN_S:
            time.sleep(0.1)
        while self.heard() < received and time.monotonic() < began + DRAINED_WITHIN_S:
            time.sleep(0.1)
        return late


@contextmanager
def house(store: str = "") -> Iterator[House]:
    """A new profile with the channel registered, gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="careline-bench-") as folder:
        made = House(Path(folder), store)
        try:
            made.open_shop()
            yield made
        finally:
            made.line.close()
