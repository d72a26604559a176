"""Times and lengths as people type and read them.

Everything here is a pure function: the instant and the time zone come in as arguments. Instants and lengths are microseconds.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from careline.clock import DAY, HOUR, MINUTE, SECOND, WEEK
from careline.errors import Usage

UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PERIODS = "today, yesterday, last-week, last-month or a month like 2026-03"

LONGEST = 100 * 366 * DAY
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DURATION = r"(?:[0-9]{1,9}[smhdw])+"
CLOCK = r"([01][0-9]|2[0-3]):([0-5][0-9])"
DAY_OR_MINUTE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?"
RFC3339 = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
MONTH = r"([0-9]{4})-([0-9]{2})"


def parse_duration(text: str) -> int:
    """The length that ``90s``, ``30m``, ``2h``, ``3d``, ``2w`` or ``1h30m`` means, in microseconds.

    Raises Usage for a bare number, which could be seconds or minutes, and for anything else.
    """
    plain = text.strip().lower()
    if plain.isascii() and plain.isdigit():
        raise Usage(
            f"{plain} of what? A duration has a unit.", code="bad_duration", hint=f"{plain}s, {plain}m, {plain}h or {plain}d"
        )
    if not re.fullmatch(DURATION, plain, re.ASCII):
        raise Usage(f"{text!r} is not a duration.", code="bad_duration", hint="90s, 30m, 2h, 3d, 2w, or joined: 1h30m")
    total = sum(int(number) * UNITS[unit] for number, unit in re.findall(r"([0-9]+)([smhdw])", plain))
    if total > LONGEST:
        raise Usage(f"{text} is more than a hundred years.", code="bad_duration", hint="90s, 30m, 2h, 3d, 2w, or joined: 1h30m")
    return total


def parse_time(text: str, now: int, zone: tzinfo, *, past: bool = False) -> int:
    """The instant that ``text`` means at ``now`` in ``zone``.

    A time of day or a weekday is the next one, or the last one with ``past`` (as after ``--since``), where a duration is also
    understood and means that long ago. Raises Usage.
    """
    plain = text.strip().lower()
    today = _local(now, zone).date()
    if plain == "now":
        return now
    if plain in ("today", "yesterday", "tomorrow"):
        return _midnight(today + timedelta(days=("yesterday", "today", "tomorrow").index(plain) - 1), zone)
    if plain in WEEKDAYS:
        return _midnight(_weekday(WEEKDAYS.index(plain), today, past=past), zone)
    if match := re.fullmatch(CLOCK, plain, re.ASCII):
        return _time_of_day(int(match[1]), int(match[2]), now, zone, past=past)
    if past and re.fullmatch(DURATION, plain, re.ASCII):
        return now - parse_duration(plain)
    return _written_out(text.strip(), zone)


def period(name: str, now: int, zone: tzinfo) -> tuple[int, int]:
    """From (included) and to (not included) of ``today``, ``yesterday``, ``last-week``, ``last-month`` or ``2026-03``.

    Weeks begin on Monday. Raises Usage for any other name.
    """
    today = _local(now, zone).date()
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    if name == "today":
        days = today, today + timedelta(days=1)
    elif name == "yesterday":
        days = today - timedelta(days=1), today
    elif name == "last-week":
        days = monday - timedelta(days=7), monday
    elif name == "last-month":
        days = (first - timedelta(days=1)).replace(day=1), first
    elif (match := re.fullmatch(MONTH, name, re.ASCII)) and 1 <= int(match[2]) <= 12 and 1970 <= int(match[1]) < 9999:
        start = date(int(match[1]), int(match[2]), 1)
        days = start, (start + timedelta(days=31)).replace(day=1)
    else:
        raise Usage(f"{name!r} is not a period.", code="bad_period", hint=PERIODS)
    return _midnight(days[0], zone), _midnight(days[1], zone)


def rfc3339(at: int) -> str:
    """``2026-03-06T16:38:00Z``, with microseconds only where there are any."""
    moment = _utc(at)
    return moment.isoformat(timespec="microseconds" if at % SECOND else "seconds").replace("+00:00", "Z")


def say_duration(length: int) -> str:
    """A length for a sentence: ``45 s``, ``3 min 10 s``, ``24 h 3 min``, and from three days on ``30 days``."""
    seconds = max(0, length) // SECOND
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return _two(seconds // 60, "min", seconds % 60, "s")
    if seconds < 72 * 3600:
        return _two(seconds // 3600, "h", seconds % 3600 // 60, "min")
    return _two(seconds // 86400, "days", seconds % 86400 // 3600, "h")


def compact(length: int) -> str:
    """A length for a narrow column: ``45s``, ``38m``, ``2h 12m``, ``1d 02h``."""
    if length >= DAY:
        hours = length // HOUR
        return f"{hours // 24}d {hours % 24:02d}h"
    return compact_hours(length)


def compact_hours(length: int) -> str:
    """The same counted in hours however many there are: ``47h 58m``, as windows are said."""
    seconds = max(0, length) // SECOND
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m"
    return f"{seconds // 3600}h {seconds % 3600 // 60:02d}m"


def ago(at: int, now: int) -> str:
    """How far an instant is from now: ``3 min ago``, ``in 1 h 5 min``, ``now``."""
    distance = abs(now - at)
    if distance < SECOND:
        return "now"
    if distance >= MINUTE:
        distance -= distance % MINUTE
    if distance >= 3 * DAY:
        distance -= distance % DAY
    return f"{say_duration(distance)} ago" if at < now else f"in {say_duration(distance)}"


def say_when(at: int, zone: tzinfo, now: int) -> str:
    """``Fri 6 Mar 16:38`` in ``zone``, with the year where it is not this one."""
    moment = _local(at, zone)
    year = "" if moment.year == _local(now, zone).year else f" {moment.year}"
    weekday = WEEKDAYS[moment.weekday()].capitalize()
    return f"{weekday} {moment.day} {MONTHS[moment.month - 1]}{year} {moment:%H:%M}"


def city(zone: tzinfo) -> str:
    """What people call the zone: ``Rome`` for Europe/Rome."""
    return str(zone).rsplit("/", 1)[-1].replace("_", " ")


def _two(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big} {big_unit} {small} {small_unit}" if small else f"{big} {big_unit}"


def _local(at: int, zone: tzinfo) -> datetime:
    return _utc(at).astimezone(zone)


def _utc(at: int) -> datetime:
    """The moment, held between the years 1900 and 9900: a platform's absurd timestamp must not stop a list."""
    return EPOCH + timedelta(microseconds=min(max(at, -70 * 365 * DAY), 7930 * 365 * DAY))


def _instant(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _midnight(day: date, zone: tzinfo) -> int:
    return _instant(datetime(day.year, day.month, day.day, tzinfo=zone))


def _weekday(index: int, today: date, *, past: bool) -> date:
    behind = (today.weekday() - index) % 7
    return today - timedelta(days=behind) if past else today + timedelta(days=7 - behind)


def _time_of_day(hour: int, minute: int, now: int, zone: tzinfo, *, past: bool) -> int:
    today = _local(now, zone).date()
    days = (today + timedelta(days=step) for step in ((0, -1) if past else (0, 1)))
    moments = [_instant(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)) for day in days]
    return next((at for at in moments if (at <= now if past else at > now)), moments[-1])


def _written_out(text: str, zone: tzinfo) -> int:
    wrong = Usage(
        f"{text!r} is not a time.",
        code="bad_time",
        hint="2026-03-06, 2026-03-06T16:55, 2026-03-06T16:55:00Z, 17:30, mon, today, yesterday, tomorrow or now",
    )
    try:
        if re.fullmatch(RFC3339, text, re.ASCII):
            return _instant(datetime.fromisoformat(text.upper()))
        if re.fullmatch(DAY_OR_MINUTE, text.upper(), re.ASCII):
            return _instant(datetime.fromisoformat(text.upper()).replace(tzinfo=zone))
    except (ValueError, OverflowError):
        raise wrong from None
    raise wrong
