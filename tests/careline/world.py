"""A store with one channel of each kind, for tests that need a customer."""

from __future__ import annotations

from pathlib import Path

from careline.channels.wechat.policy import GRANTS as WECHAT
from careline.channels.whatsapp.policy import GRANTS as WHATSAPP
from careline.clock import SECOND
from careline.events import ChannelRegistered, Entry
from careline.heard import Heard, HeardMessage, Who
from careline.model import Channel, Conversation, Message
from careline.rules.decide import inbound, outgoing, people
from careline.rules.window import Policy
from careline.store.base import Change, Store
from careline.store.sqlite import SqliteStore

NOON = 1_772_798_400 * SECOND
ANNA = Who("393331234567", "wa_phone", name="Anna", phone="+393331234567")
LIWEI = Who("oLiwei", "wechat_openid")


class World:
    """A store with one channel of each kind, and a clock that stands until it is moved."""

    def __init__(self, folder: Path, store: Store | None = None) -> None:
        self.now = NOON
        self.store = store or SqliteStore(folder / "careline.db", folder / "inbound.db", folder / "locks", lambda: self.now)
        for name, kind in (("shop-it", "whatsapp"), ("brand-cn", "wechat")):
            event = ChannelRegistered(name=name, kind=kind, account_id=f"account-{kind}")
            self.record(Entry(event=event, channel=name, occurred_at=NOON))

    def record(self, *entries: Entry) -> None:
        self.store.change(lambda change: change.record(entries))

    def hear(self, channel: str, *news: Heard) -> None:
        row = self.store.get(Channel, channel)
        assert row is not None
        policy = Policy(WHATSAPP if row.kind == "whatsapp" else WECHAT)
        for one in news:
            self.store.change(
                lambda change, one=one: change.record(
                    inbound.decide(one, row, change.rows, policy, self.store.store_id, change.now)
                )
            )

    def send(self, channel: str, who: Who, text: str, *, actor: str = "human:mei") -> Message:
        row = self.store.get(Channel, channel)
        assert row is not None

        def decide(change: Change) -> int:
            identity = people.find_identity(change.rows, channel, who.handle)
            recipient = outgoing.Recipient(who.handle, who.kind, identity)
            wish = outgoing.Wish(kind="text", actor=actor, text=text)
            committed = outgoing.decide(wish, recipient, row, change.rows, lambda m: "{}", "h/b/1/1", self.now)
            change.record(committed.entries)
            return committed.message

        return self.message(self.store.change(decide))

    def settle(self, entry: Entry) -> None:
        self.record(entry)

    def message(self, number: int) -> Message:
        found = self.store.get(Message, number)
        assert found is not None
        return found

    def chat(self, number: int) -> Conversation:
        found = self.store.get(Conversation, number)
        assert found is not None
        return found


def wrote(n: int, who: Who = ANNA, at: int = NOON, **more: object) -> HeardMessage:
    return HeardMessage(key=f"wamid.{n}", id=f"wamid.{n}", at=at, who=who, kind="text", text=f"text {n}", **more)  # type: ignore[arg-type]
