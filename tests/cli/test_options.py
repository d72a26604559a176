"""Names and ranges as people type them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from careline.clock import HOUR, MINUTE, SECOND, Clock
from careline.errors import Usage
from cli import options
from cli.runtime import Runtime
from cli.streams import Streams

NOON = int(datetime(2026, 3, 6, 12, tzinfo=UTC).timestamp()) * SECOND


class Stopped(Clock):
    """A clock that stands at noon."""

    def now(self) -> int:
        return NOON


@pytest.fixture
def run(tmp_path: Path) -> Runtime:
    streams = Streams(io.StringIO(), io.StringIO(), io.StringIO())
    env = {"CARELINE_HOME": str(tmp_path), "CARELINE_TZ": "Europe/Rome", "CARELINE_PROFILE": "shop"}
    return Runtime(streams, env, tmp_path, clock=Stopped())


def test_a_range_is_since_to_until_or_a_period(run: Runtime) -> None:
    midnight = NOON - 13 * HOUR
    assert options.time_range(run, None, None, None) == (None, None)
    assert options.time_range(run, "2h", None, None) == (NOON - 2 * HOUR, None)
    assert options.time_range(run, "yesterday", "today", None) == (midnight - 24 * HOUR, midnight)
    assert options.time_range(run, "17:30", "17:30", None) == (NOON - 19 * HOUR - 30 * MINUTE, NOON + 4 * HOUR + 30 * MINUTE)
    assert options.time_range(run, None, None, "today") == (midnight, midnight + 24 * HOUR)


@pytest.mark.parametrize(
    "given", [("2h", None, "today"), ("today", "yesterday", None), ("now", "now", None), (None, None, "week")]
)
def test_a_range_that_is_none_is_refused(run: Runtime, given: tuple[str | None, str | None, str | None]) -> None:
    with pytest.raises(Usage):
        options.time_range(run, *given)


def test_numbers_of_chats_messages_and_people() -> None:
    assert options.chat_number("41") == options.chat_number("#41") == 41
    assert options.message_number("m902") == options.message_number("M902") == 902


@pytest.mark.parametrize("text", ["", "c41", "4 1", "-1", "٤١", "9" * 30, "41;"])
def test_what_is_no_chat_is_refused_with_how_to_find_one(text: str) -> None:
    with pytest.raises(Usage) as refused:
        options.chat_number(text)
    assert refused.value.run == "careline chats list"


@pytest.mark.parametrize("text", ["902", "mm902", "m"])
def test_a_message_needs_its_letter(text: str) -> None:
    with pytest.raises(Usage, match="m902"):
        options.message_number(text)


def test_parameters_keep_their_order_and_everything_after_the_first_equals_sign() -> None:
    assert options.params(["2=b", "1=a=c", "name="]) == [("2", "b"), ("1", "a=c"), ("name", "")]
    assert options.params(None) == []


@pytest.mark.parametrize("given", [["1"], ["=a"], ["1=a", "1=b"]])
def test_a_parameter_without_a_name_or_given_twice_is_refused(given: list[str]) -> None:
    with pytest.raises(Usage):
        options.params(given)


def test_a_comma_is_or() -> None:
    assert options.names_option("shop-it, brand-cn,") == ("shop-it", "brand-cn")
    assert options.names_option(None) == ()


def test_date_time_and_names_are_filled_in_by_the_runs_own_clock_and_zone(run: Runtime) -> None:
    assert options.filled_in(run, "{profile}-{date}-{channel}.csv", channel="shop-it") == "shop-2026-03-06-shop-it.csv"
    assert options.filled_in(run, "at {time}, {{date}}") == "at 13:00, {date}"
    assert options.filled_in(run, "plain") == "plain"


def test_an_unknown_placeholder_is_refused_with_the_list(run: Runtime) -> None:
    with pytest.raises(Usage) as refused:
        options.filled_in(run, "{dat}", to="c17")
    assert "{date}, {time}, {profile}, {to}" in refused.value.hint
