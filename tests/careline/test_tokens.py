from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from careline.clock import DAY, HOUR, MINUTE, SECOND, Clock
from careline.errors import CredentialsRefused
from careline.store.base import Store
from careline.tokens import FORCED_A_DAY, SharedToken, Token, kept
from tests.stores import NOON, Opener

CHANNEL = "brand-cn"


class Still(Clock):
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        super().__init__(None)
        self.at = NOON

    def now(self) -> int:
        return self.at


class Stable:
    """WeChat's stable_token: the same one until its last five minutes, another by force."""

    def __init__(self, clock: Still) -> None:
        self.clock = clock
        self.asked: list[bool] = []
        self.tokens = [("t1", NOON + 2 * HOUR)]

    async def __call__(self, force: bool) -> tuple[str, int]:
        self.asked.append(force)
        if force or self.clock.at >= self.tokens[-1][1] - 5 * MINUTE:
            self.tokens.append((f"t{len(self.tokens) + 1}", self.clock.at + 2 * HOUR))
        token, ends_at = self.tokens[-1]
        return token, (ends_at - self.clock.at) // SECOND


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Opener.at(str(tmp_path / "store.db"))
    yield store
    store.close()


@pytest.fixture
def clock() -> Still:
    return Still()


@pytest.fixture
def stable(clock: Still) -> Stable:
    return Stable(clock)


@pytest.fixture
def shared(store: Store, clock: Still, stable: Stable) -> SharedToken:
    return SharedToken(store, clock, CHANNEL, stable)


def get(shared: SharedToken) -> str:
    return asyncio.run(shared.get())


def renew(shared: SharedToken, refused: str) -> str:
    return asyncio.run(shared.renew(refused))


def test_a_token_is_asked_for_once_and_then_in_its_last_minutes(shared: SharedToken, clock: Still, stable: Stable) -> None:
    assert (get(shared), get(shared)) == ("t1", "t1")
    clock.at = NOON + 2 * HOUR - 4 * MINUTE - SECOND
    assert get(shared) == "t1"
    assert stable.asked == [False]
    clock.at += SECOND
    assert (get(shared), get(shared)) == ("t2", "t2")
    assert stable.asked == [False, False]


@pytest.mark.parametrize("seconds", [1, 59, 200, 299, 7200])
def test_however_short_a_token_lives_it_is_not_asked_for_at_every_call(store: Store, clock: Still, seconds: int) -> None:
    asked = []

    async def fetch(force: bool) -> tuple[str, int]:
        asked.append(force)
        return f"t{len(asked)}", seconds

    shared = SharedToken(store, clock, CHANNEL, fetch)
    assert {get(shared) for _ in range(5)} == {"t1"}
    clock.at += seconds * SECOND
    assert get(shared) == "t2"


def test_a_token_that_another_program_replaced_is_taken_over_without_force(
    shared: SharedToken, clock: Still, stable: Stable
) -> None:
    get(shared)
    asyncio.run(stable(True))  # the other program's
    stable.asked.clear()
    assert renew(shared, "t1") == "t2"
    assert stable.asked == [False]
    assert renew(shared, "t1") == "t2"
    assert stable.asked == [False]


def test_force_is_for_a_token_that_wechat_refuses_and_gives_again(shared: SharedToken, store: Store, stable: Stable) -> None:
    get(shared)
    assert renew(shared, "t1") == "t2"
    assert stable.asked == [False, False, True]
    token = kept(store, CHANNEL)
    assert token is not None
    assert (token.forced, token.forced_at) == (True, (NOON,))


def test_force_is_used_once_in_half_a_minute_and_twenty_times_a_day(shared: SharedToken, clock: Still, stable: Stable) -> None:
    get(shared)
    for n in range(FORCED_A_DAY):
        assert renew(shared, f"t{n + 1}") == f"t{n + 2}"
        with pytest.raises(CredentialsRefused, match="has just given"):
            renew(shared, f"t{n + 2}")
        clock.at += 31 * SECOND
    with pytest.raises(CredentialsRefused):
        renew(shared, f"t{FORCED_A_DAY + 1}")
    assert stable.asked.count(True) == FORCED_A_DAY
    clock.at = NOON + DAY + HOUR
    last = get(shared)
    renew(shared, last)
    assert stable.asked.count(True) == FORCED_A_DAY + 1


def test_of_eight_who_are_refused_at_once_one_asks_by_force(opener: Opener, clock: Still, stable: Stable) -> None:
    stores = [opener() for _ in range(8)]
    get(SharedToken(stores[0], clock, CHANNEL, stable))
    stable.asked.clear()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda store: renew(SharedToken(store, clock, CHANNEL, stable), "t1"), stores))
    assert found == {"t2"}
    assert stable.asked == [False, True]


def test_the_classic_call_is_never_forced(store: Store, clock: Still) -> None:
    asked = []

    async def fetch(force: bool) -> tuple[str, int]:
        asked.append(force)
        return f"t{len(asked)}", 7200

    shared = SharedToken(store, clock, CHANNEL, fetch, came="classic", by_force=False)
    assert get(shared) == "t1"
    assert renew(shared, "t1") == "t2"
    assert asked == [False, False]
    token = kept(store, CHANNEL)
    assert token is not None
    assert token.came == "classic"


def test_a_token_that_an_earlier_careline_kept_is_used_to_its_end(
    shared: SharedToken, store: Store, clock: Still, stable: Stable
) -> None:
    store.keep_token(CHANNEL, "42_token-of-before", NOON + HOUR)
    assert get(shared) == "42_token-of-before"
    assert stable.asked == []
    clock.at = NOON + HOUR
    assert get(shared) == "t1"


def test_a_fingerprint_tells_tokens_apart_and_gives_none_away() -> None:
    one, other = Token("90_abcdefgh", 1), Token("90_abcdefgi", 1)
    assert one.fingerprint != other.fingerprint
    assert one.fingerprint == Token("90_abcdefgh", 2).fingerprint
    assert len(one.fingerprint) == 12
    assert "90_" not in one.fingerprint


def test_what_is_kept_says_when_and_how_it_came(shared: SharedToken, store: Store) -> None:
    get(shared)
    found = store.token(CHANNEL)
    assert found is not None
    assert found[1] == NOON + 2 * HOUR
    assert msgspec.json.decode(found[0])["fetched_at"] == NOON


def test_those_who_are_cancelled_while_they_wait_for_another_leave_the_lock_free(store: Store, clock: Still) -> None:
    fetching = asyncio.Event()

    async def fetch(force: bool) -> tuple[str, int]:
        fetching.set()
        await asyncio.sleep(3600)
        return "never", 7200

    errors = []  # with what they hold, so that nothing is left to the garbage collector

    async def interrupted() -> None:
        shared = SharedToken(store, clock, CHANNEL, fetch)
        all_of_them = [asyncio.create_task(shared.get()) for _ in range(5)]
        await fetching.wait()
        await asyncio.sleep(0.05)  # the others wait in their threads
        for one in all_of_them:
            one.cancel()
        for one in all_of_them:
            try:
                await one
            except asyncio.CancelledError as error:
                errors.append(error)

    asyncio.run(interrupted())  # which ends only when no thread waits any more
    assert len(errors) == 5
    with store.lock(f"token:{CHANNEL}", wait=False):
        pass
