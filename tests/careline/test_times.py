"""Times and lengths as people type and read them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from careline.clock import DAY, HOUR, MINUTE, SECOND
from careline.errors import Exit, Usage
from careline.rules import times

ROME = ZoneInfo("Europe/Rome")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * SECOND


FRIDAY = at("2026-03-06T16:41:00+01:00")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", 90 * SECOND),
        ("30m", 30 * MINUTE),
        ("2h", 2 * HOUR),
        ("3d", 3 * DAY),
        ("2w", 14 * DAY),
        ("1h30m", 90 * MINUTE),
        ("0s", 0),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, length: int) -> None:
    assert times.parse_duration(text) == length


def test_a_bare_number_is_refused_and_told_the_right_form() -> None:
    with pytest.raises(Usage) as refused:
        times.parse_duration("30")
    assert refused.value.exit == Exit.USAGE
    assert "30m" in refused.value.hint


@pytest.mark.parametrize("text", ["", "h", "1.5h", "-1h", "8bh", "1h 30m", "١h", "5000w5000w", "999999999w"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Usage):
        times.parse_duration(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", "2026-03-06T16:41:00+01:00"),
        ("2026-03-06", "2026-03-06T00:00:00+01:00"),
        ("2026-03-06T16:55", "2026-03-06T16:55:00+01:00"),
        ("2026-07-01T09:00", "2026-07-01T09:00:00+02:00"),
        ("2026-03-06T16:55:30Z", "2026-03-06T17:55:30+01:00"),
        ("2026-03-06t16:55:30+08:00", "2026-03-06T09:55:30+01:00"),
        ("today", "2026-03-06T00:00:00+01:00"),
        ("yesterday", "2026-03-05T00:00:00+01:00"),
        ("tomorrow", "2026-03-07T00:00:00+01:00"),
    ],
)
@pytest.mark.parametrize("past", [False, True])
def test_a_written_time_means_the_same_in_both_directions(text: str, meant: str, past: bool) -> None:
    assert times.parse_time(text, FRIDAY, ROME, past=past) == at(meant)


@pytest.mark.parametrize(
    ("text", "last", "following"),
    [
        ("17:30", "2026-03-05T17:30:00+01:00", "2026-03-06T17:30:00+01:00"),
        ("09:00", "2026-03-06T09:00:00+01:00", "2026-03-07T09:00:00+01:00"),
        ("16:41", "2026-03-06T16:41:00+01:00", "2026-03-07T16:41:00+01:00"),
        ("mon", "2026-03-02T00:00:00+01:00", "2026-03-09T00:00:00+01:00"),
        ("fri", "2026-03-06T00:00:00+01:00", "2026-03-13T00:00:00+01:00"),
        ("sun", "2026-03-01T00:00:00+01:00", "2026-03-08T00:00:00+01:00"),
    ],
)
def test_a_time_of_day_or_weekday_is_the_last_after_since_and_the_next_elsewhere(text: str, last: str, following: str) -> None:
    assert times.parse_time(text, FRIDAY, ROME, past=True) == at(last)
    assert times.parse_time(text, FRIDAY, ROME) == at(following)


def test_a_duration_is_that_long_ago_only_after_since() -> None:
    assert times.parse_time("2h", FRIDAY, ROME, past=True) == FRIDAY - 2 * HOUR
    with pytest.raises(Usage):
        times.parse_time("2h", FRIDAY, ROME)


def test_a_time_of_day_across_the_change_of_clocks_keeps_the_wall_time() -> None:
    saturday_evening = at("2026-03-28T20:00:00+01:00")
    assert times.parse_time("09:00", saturday_evening, ROME) == at("2026-03-29T09:00:00+02:00")


@pytest.mark.parametrize("text", ["", "6 March", "2026-13-01", "2026-02-30", "25:00", "17:60", "2026-3-6", "monday"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Usage):
        times.parse_time(text, FRIDAY, ROME)


def test_seconds_without_a_zone_are_understood_in_ours() -> None:
    assert times.parse_time("2026-03-06T16:55:30", FRIDAY, ROME) == at("2026-03-06T16:55:30+01:00")


@pytest.mark.parametrize(
    ("name", "since", "until"),
    [
        ("today", "2026-03-06T00:00:00+01:00", "2026-03-07T00:00:00+01:00"),
        ("yesterday", "2026-03-05T00:00:00+01:00", "2026-03-06T00:00:00+01:00"),
        ("last-week", "2026-02-23T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
        ("last-month", "2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"),
        ("2026-03", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"),
        ("2025-12", "2025-12-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00"),
    ],
)
def test_a_period_runs_from_midnight_to_midnight_in_the_zone(name: str, since: str, until: str) -> None:
    assert times.period(name, FRIDAY, ROME) == (at(since), at(until))


@pytest.mark.parametrize("name", ["", "week", "2026-00", "2026-13", "9999-12", "2026-3"])
def test_an_unknown_period_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(Usage) as refused:
        times.period(name, FRIDAY, ROME)
    assert "last-week" in refused.value.hint


def test_rfc3339_has_microseconds_only_where_there_are_any() -> None:
    assert times.rfc3339(at("2026-03-06T16:38:00+00:00")) == "2026-03-06T16:38:00Z"
    assert times.rfc3339(at("2026-03-06T16:38:00+00:00") + 25) == "2026-03-06T16:38:00.000025Z"


def test_an_absurd_instant_is_still_said() -> None:
    assert times.rfc3339(10**30).endswith("Z")
    assert times.rfc3339(-(10**30)).endswith("Z")
    assert times.say_when(10**30, ROME, FRIDAY)


@pytest.mark.parametrize(
    ("length", "said", "narrow", "in_hours"),
    [
        (0, "0 s", "0s", "0s"),
        (45 * SECOND, "45 s", "45s", "45s"),
        (3 * MINUTE + 10 * SECOND, "3 min 10 s", "3m", "3m"),
        (38 * MINUTE, "38 min", "38m", "38m"),
        (3 * HOUR + 12 * MINUTE, "3 h 12 min", "3h 12m", "3h 12m"),
        (24 * HOUR + 3 * MINUTE, "24 h 3 min", "1d 00h", "24h 03m"),
        (26 * HOUR, "26 h", "1d 02h", "26h 00m"),
        (48 * HOUR - SECOND, "47 h 59 min", "1d 23h", "47h 59m"),
        (30 * DAY, "30 days", "30d 00h", "720h 00m"),
    ],
)
def test_a_length_is_said_in_a_sentence_and_in_a_column(length: int, said: str, narrow: str, in_hours: str) -> None:
    assert times.say_duration(length) == said
    assert times.compact(length) == narrow
    assert times.compact_hours(length) == in_hours


def test_an_instant_is_said_as_far_from_now() -> None:
    assert times.ago(FRIDAY - 3 * MINUTE - 20 * SECOND, FRIDAY) == "3 min ago"
    assert times.ago(FRIDAY - 24 * HOUR - 3 * MINUTE, FRIDAY) == "24 h 3 min ago"
    assert times.ago(FRIDAY + 65 * MINUTE, FRIDAY) == "in 1 h 5 min"
    assert times.ago(FRIDAY - 9 * DAY - HOUR, FRIDAY) == "9 days ago"
    assert times.ago(FRIDAY, FRIDAY) == "now"


def test_an_instant_is_said_in_the_zone_with_another_year_named() -> None:
    assert times.say_when(FRIDAY, ROME, FRIDAY) == "Fri 6 Mar 16:41"
    assert times.say_when(at("2025-12-31T23:30:00+00:00"), ROME, FRIDAY) == "Thu 1 Jan 00:30"
    assert times.say_when(at("2025-12-31T12:00:00+00:00"), ROME, FRIDAY) == "Wed 31 Dec 2025 13:00"
    assert times.city(ROME) == "Rome"
    assert times.city(ZoneInfo("America/New_York")) == "New York"
