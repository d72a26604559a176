"""kill -9 at random moments under load, 25 times a store. ``python -m bench.crash`` does it as often as you like."""

from __future__ import annotations

import pytest

from bench import payloads
from bench.crash import LAP, Findings, examine, lap
from bench.house import CHANNEL, House
from careline.model import Conversation, Message
from careline.store.columns import columns_of


@pytest.mark.parametrize("seed", [1])
def test_after_25_kills_nothing_is_lost_doubled_damaged_or_left_behind(house: House, seed: int) -> None:
    found = lap(house, LAP, seed, pause_s=0.005)
    assert found.clean, found
    assert (found.kills, found.words) == (LAP, [])
    assert found.acknowledged > 10 * LAP


def message(number: int) -> Message:
    """One of several rows for the same message of the platform's."""
    return Message(
        id=number,
        conversation=1,
        channel=CHANNEL,
        contact=1,
        handle="x",
        direction="in",
        kind="text",
        state="received",
        platform_id=payloads.wamid(9),
        occurred_at=0,
        recorded_at=0,
    )


def test_the_examination_sees_what_is_lost_doubled_unapplied_and_untrue(house: House) -> None:
    found = Findings()
    examine(house, set(), found)
    assert found.clean, found
    store = house.line.store
    store.inbound.put([(CHANNEL, 0, payloads.text(1))])
    twice = [message(n) for n in (1, 2)]
    with store.transaction() as writing:
        writing.insert(columns_of(Message).table, [columns_of(Message).values(row) for row in twice])
    examine(house, {1, 9}, found)
    assert (found.lost, found.duplicates) == (1, 1)
    assert len(found.words) == found.corrupt == 2  # a payload that is not applied, rows that are not the journal's
    assert not store.count(Conversation)
