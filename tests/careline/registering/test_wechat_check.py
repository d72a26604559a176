"""What a check of an Official Account says of the ledger, on both kinds of stores."""

from __future__ import annotations

from careline.events import CodeCreated, Entry
from careline.model import Channel
from careline.registering.wechat_check import codes
from tests.stores import NOON, Opener


def test_permanent_codes_are_counted_and_others_are_not(opener: Opener) -> None:
    store = opener()
    made = [CodeCreated(scene_key=f"s:{n}", scene=str(n), permanent=n < 2, url="http://w", ticket="t") for n in range(3)]
    store.change(lambda change: change.record([Entry(event=one, channel="cn", occurred_at=NOON) for one in made]))
    found = codes(Channel(name="cn", kind="wechat"), store)
    assert (found.code, found.observed) == ("codes", "2")
