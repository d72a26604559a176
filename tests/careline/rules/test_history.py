"""How a desk's history is read: in days, each line once, whatever pages it comes in."""

from __future__ import annotations

from itertools import pairwise

import pytest

from careline.clock import DAY, HOUR, MINUTE, SECOND
from careline.heard import HeardRecord
from careline.model import Conversation, History, Message
from careline.rules.decide.history import chat_of
from careline.rules.history import SETTLES, Slice, keyed, slices, told_before
from tests.careline.world import NOON

MIDNIGHT = NOON - NOON % DAY


def line(at: int = 0, text: str = "hello", **more: object) -> HeardRecord:
    return HeardRecord("oLiwei", NOON // SECOND + at, 2003, "in", "text", text, "mei", **more)  # type: ignore[arg-type]


def pushed(at: int, text: str = "hello", number: int = 1, **more: object) -> Message:
    fields = {"direction": "in", "kind": "text", "state": "received", "platform_id": f"id{number}"} | more
    occurred = NOON + at * SECOND
    return Message(
        id=number, conversation=1, channel="c", contact=1, handle="oLiwei", text=text, occurred_at=occurred, **fields
    )  # type: ignore[arg-type]


def row(since: int, until: int, **more: object) -> History:
    return History(channel="c", day=since - since % DAY, since_at=since, until_at=until, **more)  # type: ignore[arg-type]


# Slices


def test_a_range_is_read_in_parts_of_one_day_that_meet() -> None:
    found = slices(NOON, NOON + 3 * DAY + HOUR, [])
    assert (found[0].since - NOON, found[0].until - NOON) == (0, DAY // 2)
    assert all(one.until - one.since <= DAY and one.since // DAY * DAY == one.day for one in found)
    assert all(before.until == after.since for before, after in pairwise(found))
    assert found[-1].until == NOON + 3 * DAY + HOUR


def test_a_day_that_was_read_after_it_was_over_is_not_read_again() -> None:
    over = row(MIDNIGHT, MIDNIGHT + DAY, done=True, read_at=MIDNIGHT + DAY + SETTLES)
    assert slices(MIDNIGHT, MIDNIGHT + DAY, [over]) == []
    early = row(MIDNIGHT, MIDNIGHT + DAY, done=True, read_at=MIDNIGHT + DAY + MINUTE)
    assert slices(MIDNIGHT, MIDNIGHT + DAY, [early]) == [Slice(MIDNIGHT, MIDNIGHT, MIDNIGHT + DAY)]


def test_a_day_that_was_cut_off_goes_on_where_it_stopped_and_then_up_to_now() -> None:
    cut = row(MIDNIGHT, NOON, cursor=1001, tail="{}", read_at=NOON)
    first, rest = slices(MIDNIGHT, NOON + HOUR, [cut])
    assert first == Slice(MIDNIGHT, MIDNIGHT, NOON, 1001, "{}")
    assert rest == Slice(MIDNIGHT, NOON - SETTLES, NOON + HOUR)


# Lines


def test_lines_that_are_alike_in_one_second_are_told_apart_by_their_order() -> None:
    named, _ = keyed([line(), line(), line(1), line(text="other")], "")
    assert [nth for _, nth in named] == [1, 2, 1, 1]
    assert len({name for name, _ in named}) == 3


@pytest.mark.parametrize("cut", range(7))
def test_the_names_of_lines_do_not_depend_on_where_pages_are_cut(cut: int) -> None:
    lines = [line(0), line(0), line(1), line(1, "x"), line(1), line(1)]
    whole, _ = keyed(lines, "")
    first, tail = keyed(lines[:cut], "")
    second, _ = keyed(lines[cut:], tail)
    assert first + second == whole


def test_the_tail_of_a_page_holds_no_more_than_its_last_second() -> None:
    _, tail = keyed([line(at, f"text {at}") for at in range(500)], "")
    assert len(tail) < 100


def test_what_a_push_brought_is_not_brought_again() -> None:
    assert told_before([(line(), 1)], [pushed(0)]) == {0}
    assert told_before([(line(), 1)], [pushed(2)]) == {0}
    assert told_before([(line(), 1)], [pushed(3)]) == set()
    assert told_before([(line(), 1)], [pushed(0, "another text")]) == set()


def test_one_push_stands_for_one_line() -> None:
    twice = [(line(), 1), (line(), 2)]
    assert told_before(twice, [pushed(0)]) == {0}
    assert told_before(twice, [pushed(0), pushed(0, number=2)]) == {0, 1}
    assert told_before([(line(0), 1), (line(1), 1)], [pushed(0)]) == {0}


def test_what_an_import_brought_before_is_no_push() -> None:
    assert told_before([(line(), 1)], [pushed(0, platform_id="")]) == set()


def test_a_picture_is_known_by_its_time() -> None:
    picture = HeardRecord("oLiwei", NOON // SECOND, 2003, "in", "image", "", "mei", "[image]")
    assert told_before([(picture, 1)], [pushed(1, "", kind="image")]) == {0}
    assert told_before([(picture, 1)], [pushed(1, "", kind="audio")]) == set()


# Chats


def chat(number: int, began: int, ended: int | None = None) -> Conversation:
    state = "resolved" if ended is not None else "open"
    return Conversation(
        id=number, channel="c", contact=1, handle="o", state=state, created_at=began, resolved_at=ended, last_at=began
    )


def test_a_line_belongs_to_the_chat_that_went_on_then() -> None:
    old, new = chat(1, NOON, NOON + HOUR), chat(2, NOON + 3 * DAY)

    def found(at: int) -> int | None:
        one = chat_of([old, new], at, DAY)
        return one.id if one else None

    assert [found(NOON - HOUR), found(NOON), found(NOON + 20 * HOUR)] == [None, 1, 1]
    assert [found(NOON + 2 * DAY), found(NOON + 3 * DAY), found(NOON + 9 * DAY)] == [None, 2, 2]
