"""Whether a customer wants marketing: what they said last counts, in whatever order it comes, and a refusal tells it too."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from careline.clock import HOUR, MINUTE
from careline.errors import Refused
from careline.heard import HeardAct, HeardStatus
from careline.model import Identity, Problem, Template
from careline.rules.decide import outgoing
from careline.rules.marketing import check_wanted
from careline.store.rebuild import rebuild
from tests.careline.world import ANNA, NOON, World, wrote

STOPPED = Problem("refused", "User has stopped receipt of marketing messages", 6, "131050")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.hear("shop-it", wrote(1))
    yield made
    made.store.close()


def anna(world: World) -> Identity:
    """Anna's row, after a look that folding again gives the same."""
    assert not rebuild(world.store, check=True).differing
    found = world.store.get(Identity, "shop-it", ANNA.handle)
    assert found is not None
    return found


def said(word: str, at: int) -> HeardAct:
    return HeardAct(key=f"{word}{at}", at=at, who=ANNA, kind=f"marketing_messages_{word}")


def test_what_they_said_last_counts_in_whatever_order_it_comes(tmp_path: Path) -> None:
    news = [said("stop", NOON), said("resume", NOON + HOUR), said("stop", NOON + 2 * HOUR), said("signup", NOON + 3 * HOUR)]
    for number, some in enumerate(permutations(news)):
        folder = tmp_path / str(number)
        folder.mkdir()
        world = World(folder)
        world.now = NOON + 9 * HOUR
        world.hear("shop-it", wrote(1), *some)
        found = world.store.get(Identity, "shop-it", ANNA.handle)
        assert found is not None
        assert (found.wants_marketing, found.wants_at) == (False, NOON + 2 * HOUR)
        world.store.close()


def test_nobody_who_never_said_anything_has_stopped_it(world: World) -> None:
    assert anna(world).wants_marketing is None


@pytest.mark.parametrize("way", ["at once", "by a status", "by a status before the answer was noted"])
def test_a_refusal_for_it_tells_it_and_they_may_resume_it_within_the_same_second(world: World, way: str) -> None:
    world.now = NOON + MINUTE + 700_000
    message = world.send("shop-it", ANNA, "text")
    status = HeardStatus(key="s", id="wamid.out", at=world.now, state="failed", error=STOPPED)
    if way == "at once":
        world.record(outgoing.failed(message, Refused("no", platform_code="131050"), world.now))
    else:
        accepted = outgoing.accepted(message, "wamid.out", world.now)
        first, then = (lambda: world.record(accepted), lambda: world.hear("shop-it", status))
        if way != "by a status":
            first, then = then, first
        first()
        then()
    assert anna(world).wants_marketing is False
    world.hear("shop-it", said("resume", NOON + MINUTE))
    assert anna(world).wants_marketing is True


def test_another_refusal_says_nothing_about_it(world: World) -> None:
    message = world.send("shop-it", ANNA, "text")
    world.record(outgoing.failed(message, Refused("no", platform_code="131049"), world.now))
    assert anna(world).wants_marketing is None


@pytest.mark.parametrize("category", ["utility", "authentication", "service", ""])
def test_only_marketing_is_held_back(world: World, category: str) -> None:
    world.hear("shop-it", said("stop", NOON))
    with pytest.raises(Refused) as refusal:
        check_wanted(anna(world), Template(account="1", name="sale", language="it", category="marketing"))
    assert refusal.value.code == "opted_out"
    check_wanted(anna(world), Template(account="1", name="order", language="it", category=category))
    check_wanted(None, Template(account="1", name="sale", language="it", category="marketing"))
