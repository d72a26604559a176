"""Windows: what each act opens, what each message of ours uses up, and that order does not matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careline.channels.wechat.policy import GRANTS as WECHAT
from careline.channels.whatsapp.policy import GRANTS as WHATSAPP
from careline.clock import HOUR, MINUTE, SECOND
from careline.errors import Usage
from careline.model import Identity, Opening, Spent
from careline.rules.window import KEPT_SPENT, Grant, best, grant, usable, windows, with_opening, with_spent, without_spent

NOON = 1_772_798_400 * SECOND


def person(
    acts: list[tuple[str, int]], sends: list[int], shut_at: int | None = None, grants: dict[str, Grant] | None = None
) -> Identity:
    openings: tuple[Opening, ...] = ()
    for kind, at in acts:
        grant = (grants or WECHAT)[kind]
        openings = with_opening(openings, Opening(kind, at, at + grant.lasting, grant.messages))
    spent: tuple[Spent, ...] = ()
    for number, at in enumerate(sends):
        spent = with_spent(spent, Spent(at, number))
    return Identity(channel="c", handle="o", kind="wechat_openid", contact=1, openings=openings, spent=spent, shut_at=shut_at)


def left(who: Identity, now: int) -> int | None:
    window = best(windows(who), now)
    return 0 if window is None else window.left


def test_whatsapp_is_open_for_a_day_after_the_last_message_and_closed_at_its_end() -> None:
    who = person([("message", NOON)], [], grants=dict(WHATSAPP))
    assert left(who, NOON + 24 * HOUR - 1) is None
    assert best(windows(who), NOON + 24 * HOUR) is None


def test_a_message_gives_five_and_the_sixth_has_none() -> None:
    sends = [NOON + n * SECOND for n in range(1, 6)]
    assert [left(person([("message", NOON)], sends[:n]), NOON + MINUTE) for n in range(6)] == [5, 4, 3, 2, 1, 0]


def test_after_two_answers_a_tap_adds_nothing_to_the_three_that_are_left() -> None:
    tapped = NOON + HOUR
    who = person([("message", NOON), ("menu_tap", tapped)], [NOON + 1, NOON + 2])
    assert left(who, tapped) == 3


def test_after_four_answers_a_tap_lends_three_for_a_minute() -> None:
    tapped = NOON + HOUR
    who = person([("message", NOON), ("menu_tap", tapped)], [NOON + n for n in range(1, 5)])
    assert left(who, tapped + 1) == 3
    assert left(who, tapped + MINUTE) == 1


def test_after_five_answers_a_tap_lends_three_for_a_minute_and_then_none() -> None:
    tapped = NOON + HOUR
    who = person([("message", NOON), ("menu_tap", tapped)], [NOON + n for n in range(1, 6)])
    assert left(who, tapped + 1) == 3
    assert left(who, tapped + MINUTE) == 0


def test_a_message_sent_in_the_taps_minute_lowers_both_windows() -> None:
    tapped = NOON + HOUR
    who = person([("message", NOON), ("menu_tap", tapped)], [NOON + 1, NOON + 2, tapped + SECOND])
    assert [w.left for w in windows(who)] == [2, 2]


def test_no_limit_beats_any_count() -> None:
    who = person([("message", NOON), ("payment", NOON)], [NOON + n for n in range(1, 9)])
    assert left(who, NOON + HOUR) is None


def test_an_unfollow_closes_everything_before_it_and_nothing_after() -> None:
    assert left(person([("message", NOON), ("follow", NOON)], [], shut_at=NOON + 1), NOON + 2) == 0
    assert left(person([("message", NOON + 2)], [], shut_at=NOON + 1), NOON + 3) == 5


def test_a_message_that_never_went_out_uses_nothing_up() -> None:
    who = person([("message", NOON)], [NOON + 1, NOON + 2])
    assert len(without_spent(who.spent, 0)) == 1


def test_two_minutes_before_the_end_of_a_long_window_and_five_seconds_before_that_of_a_short_one_it_is_too_late() -> None:
    day = windows(person([("message", NOON)], [], grants=dict(WHATSAPP)))
    assert usable(day, NOON + 24 * HOUR - 120 * SECOND - 1) is not None
    assert usable(day, NOON + 24 * HOUR - 120 * SECOND) is None
    minute = windows(person([("follow", NOON)], []))
    assert usable(minute, NOON + 55 * SECOND - 1) is not None
    assert usable(minute, NOON + 55 * SECOND) is None


kinds = st.sampled_from(sorted(WECHAT))
instants = st.integers(0, 60 * 72).map(lambda minutes: NOON + minutes * MINUTE)
histories = st.lists(st.tuples(kinds, instants), max_size=12)


@given(acts=histories, sends=st.lists(instants, max_size=12), data=st.data())
def test_any_order_of_arrival_gives_the_same_windows(
    acts: list[tuple[str, int]], sends: list[int], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(acts))
    assert windows(person(acts, sends)) == windows(person(list(shuffled), sends))


@given(acts=histories, sends=st.lists(instants, max_size=12), now=instants)
def test_what_is_left_agrees_with_counting_by_hand(acts: list[tuple[str, int]], sends: list[int], now: int) -> None:
    most: float = 0
    for kind in WECHAT:
        times = [at for name, at in acts if name == kind]
        if not times or now >= max(times) + WECHAT[kind].lasting:
            continue
        quota = WECHAT[kind].messages
        used = len([at for at in sends if at >= max(times)])
        most = max(most, float("inf") if quota is None else max(0, quota - used))
    expected = None if most == float("inf") else most
    assert left(person(acts, sends), now) == expected


grants = st.dictionaries(
    kinds,
    st.builds(Grant, st.none() | st.integers(1, KEPT_SPENT), st.integers(1, 48 * 60).map(lambda m: m * MINUTE)),
    min_size=1,
)
deeds = st.sampled_from(["send", "send", "send", "unfollow", *sorted(WECHAT)])


@given(allowed=grants, story=st.lists(st.tuples(deeds, st.integers(1, 600)), max_size=60), later=st.integers(0, 3000))
def test_a_story_told_step_by_step_leaves_what_the_ledger_says(
    allowed: dict[str, Grant], story: list[tuple[str, int]], later: int
) -> None:
    """By hand: an act fills its own window, a message takes one from every open window, an unfollow empties them all."""
    by_hand: dict[str, list[float]] = {}  # act: messages left, end
    acts: list[tuple[str, int]] = []
    sends: list[int] = []
    shut_at, now = None, NOON
    for deed, minutes in story:
        now += minutes * MINUTE
        if deed == "send":
            sends.append(now)
            for window in by_hand.values():
                window[0] -= now < window[1]
        elif deed == "unfollow":
            by_hand, shut_at = {}, now
        elif deed in allowed:
            acts.append((deed, now))
            count = allowed[deed].messages
            by_hand[deed] = [float("inf") if count is None else count, now + allowed[deed].lasting]
    now += later * MINUTE
    most = max((max(0.0, window[0]) for window in by_hand.values() if now < window[1]), default=0.0)
    assert left(person(acts, sends, shut_at, allowed), now) == (None if most == float("inf") else most)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5/48h", Grant(5, 48 * HOUR)),
        ("3/1m", Grant(3, MINUTE)),
        ("none/48h", Grant(None, 48 * HOUR)),
        ("40/1h30m", Grant(40, 90 * MINUTE)),
        ("off", None),
    ],
)
def test_a_grant_is_written_as_messages_and_a_length(text: str, expected: Grant | None) -> None:
    assert grant(text) == expected


@pytest.mark.parametrize("text", ["", "5", "41/1h", "0/1h", "5/48", "x/1h", "٥/1h", "none", "/1h"])
def test_what_grants_nothing_is_refused(text: str) -> None:
    with pytest.raises(Usage):
        grant(text)
