"""Options and arguments that mean the same everywhere, and the names people type, read into what the engine knows.

A metavar says what kind of name a parameter takes: ``CHANNEL``, ``CHAT``, ``TEMPLATE``… TAB goes by it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import typer

from careline.clock import SECOND
from careline.errors import Usage
from careline.rules.times import parse_time, period
from cli.runtime import Runtime

ChannelOption = Annotated[str | None, typer.Option("--channel", metavar="CHANNEL", help="The channel, by its name.")]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="TIME", help="From then on, or from so long ago (2h).")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Up to then, not included.")]
PeriodOption = Annotated[
    str | None,
    typer.Option("--period", metavar="today|yesterday|last-week|last-month|YYYY-MM", help="Instead of --since and --until."),
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="SLOT=VALUE", help="A value of the template: 1, name, header.link, button0, card0.1…"),
]

ChannelArgument = Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's name.")]
ChatArgument = Annotated[str, typer.Argument(metavar="CHAT", help="The conversation's number.")]


def time_range(run: Runtime, since: str | None, until: str | None, named: str | None) -> tuple[int | None, int | None]:
    """The instants from (included) and to (not included) that --since, --until or --period mean; None where open."""
    if named is not None and (since is not None or until is not None):
        raise Usage("--period stands alone: it is --since and --until in one.", code="bad_period")
    if named is not None:
        return period(named, run.now(), run.tz)
    start = None if since is None else parse_time(since, run.now(), run.tz, past=True)
    end = None if until is None else parse_time(until, run.now(), run.tz)
    if start is not None and end is not None and start >= end:
        raise Usage(f"--since {since} is not before --until {until}.", code="bad_period")
    return start, end


def chat_number(text: str) -> int:
    """The conversation meant by ``41`` (also ``#41``, where a shell lets it through). Raises Usage."""
    return _number(text, "#?", "chat", "41", "careline chats list")


def message_number(text: str) -> int:
    """The message meant by ``m902``. Raises Usage."""
    return _number(text, "m", "message", "m902", "careline outbox list")


def contact_number(text: str) -> int:
    """The person meant by ``c17``. Raises Usage."""
    return _number(text, "c", "contact", "c17", "careline contacts list")


def params(given: list[str] | None) -> list[tuple[str, str]]:
    """The (slot, value) pairs of ``--param SLOT=VALUE``, in their order. Raises Usage for one without ``=`` or given twice."""
    pairs: dict[str, str] = {}
    for text in given or []:
        slot, equals, value = text.partition("=")
        if not equals or not slot.strip():
            raise Usage(f"--param {text!r} is no SLOT=VALUE.", code="bad_param", hint="--param 1=Anna, or --param name=Anna")
        if slot.strip() in pairs:
            raise Usage(f"--param {slot.strip()} is given twice.", code="bad_param")
        pairs[slot.strip()] = value
    return list(pairs.items())


def names_option(given: str | None) -> tuple[str, ...]:
    """The names of an option in which a comma is "or"; none where the option was not given."""
    return tuple(name.strip() for name in (given or "").split(",") if name.strip())


def filled_in(run: Runtime, text: str, **known: str) -> str:
    """``text`` with {date}, {time}, {profile} and what is ``known`` filled in, by the clock and in the zone of this run.

    A crontab cannot hold ``$(date +%F)``: cron turns % into a line end. ``{{`` is a brace. Raises Usage for any other name.
    """
    if "{" not in text:
        return text
    local = datetime.fromtimestamp(run.now() // SECOND, run.tz)
    values = {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", "profile": run.settings.profile, **known}

    def fill(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[1] not in values:
            hint = "There are: " + ", ".join(f"{{{name}}}" for name in values) + "; {{ is a brace."
            raise Usage(f"{match[0]} cannot be filled in.", code="bad_placeholder", hint=hint)
        return values[match[1]]

    return re.sub(r"\{\{|\}\}|\{([^{}]*)\}", fill, text)


def _number(text: str, sign: str, what: str, example: str, run: str) -> int:
    match = re.fullmatch(rf"{sign}([0-9]{{1,18}})", text.strip(), re.ASCII | re.IGNORECASE)
    if match is None:
        raise Usage(f"{text!r} is no {what}: one is written {example}.", code=f"bad_{what}", run=run)
    return int(match[1])
