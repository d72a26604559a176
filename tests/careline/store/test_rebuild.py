"""The projections are what the journal says, however they came about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from careline.clock import MINUTE, SECOND
from careline.events import Entry
from careline.heard import HeardMessage, Who
from careline.model import ROWS, Conversation, Row
from careline.rules.fold import fold, keys
from careline.store.base import Store
from careline.store.columns import columns_of
from careline.store.rebuild import rebuild
from tests.careline.store.worlds import NOON, begin, histories, live
from tests.stores import Opener

Open = Callable[[], Store]


@pytest.fixture
def stores(opener: Opener) -> Open:
    def make() -> Store:
        ticks = iter(range(10**9))
        return opener.fresh(lambda: NOON + next(ticks) * MINUTE)

    return make


def tables(store: Store) -> dict[str, list[Any]]:
    return {kind.table: sorted(map(repr, store.select(kind))) for kind in ROWS}


def play(store: Store, steps: list[Any], batch: int) -> None:
    store.change(begin)
    for start in range(0, len(steps), batch):
        store.change(lambda change, part=steps[start : start + batch]: [live(change, step) for step in part])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=histories)
def test_after_any_history_a_rebuild_gives_the_same_rows(stores: Open, steps: list[Any]) -> None:
    store = stores()
    play(store, steps, 3)
    assert rebuild(store, check=True).differing == {}
    before = tables(store)
    rebuild(store, check=False)
    assert tables(store) == before


@pytest.mark.parametrize("batch", [1, 3, 50])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=histories)
def test_live_batches_of_any_size_give_what_a_rebuild_gives(stores: Open, batch: int, steps: list[Any]) -> None:
    store = stores()
    play(store, steps, batch)
    assert rebuild(store, check=True).differing == {}


def test_a_fold_that_is_wrong_on_purpose_is_caught(stores: Open) -> None:
    store = stores()
    who = Who("o1", "wechat_openid")
    play(store, [HeardMessage(key="k1", id="p1", at=NOON, who=who, kind="text", text="hi")], 1)

    def wrong(entry: Entry, get: Callable[..., Any]) -> list[Row]:
        return [replace(r, messages_in=r.messages_in + 1) if isinstance(r, Conversation) else r for r in fold(entry, get)]

    assert rebuild(store, check=True, folding=wrong).differing == {"conversation": 1}
    assert rebuild(store, check=True).differing == {}


def test_a_row_changed_behind_the_journals_back_is_found_and_repaired(stores: Open) -> None:
    store = stores()
    who = Who("o1", "wechat_openid")
    play(store, [HeardMessage(key="k1", id="p1", at=NOON, who=who, kind="text", text="hi")], 1)
    with store.transaction() as writing:
        writing.script("UPDATE conversation SET agent = 'nobody'")
    found = rebuild(store, check=True)
    assert (found.differing, found.examples) == ({"conversation": 1}, {"conversation": ["1"]})
    rebuild(store, check=False)
    assert rebuild(store, check=True).differing == {}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=histories)
def test_a_fold_touches_only_the_few_rows_it_names(stores: Open, steps: list[Any]) -> None:
    store = stores()
    play(store, steps, 5)
    rows: dict[tuple[Any, ...], Row] = {}
    for entry in store.entries():
        named = set(keys(entry))
        assert len(named) <= 8

        def get(kind: type[Row], *key: Any, named: set[Any] = named) -> Row | None:
            assert (kind, *key) in named
            return rows.get((kind, *key))

        for row in fold(entry, get):
            full = (type(row), *columns_of(type(row)).key_of(row))
            assert full in named
            rows[full] = row


def test_hearing_everything_again_changes_nothing(stores: Open) -> None:
    store = stores()
    who = Who("o1", "wechat_openid")
    steps = [HeardMessage(key=f"k{n}", id=f"p{n}", at=NOON + n * SECOND, who=who, kind="text", text="hi") for n in range(5)]
    play(store, steps, 2)
    before, seq = tables(store), store.last_seq()
    store.change(lambda change: [live(change, step) for step in steps])
    assert (tables(store), store.last_seq()) == (before, seq)
