"""The options of every command, before or after the words.

Each command and each group carries them as parameters of its own, so that ``--text -n`` stays a text. What is given lands in
the runtime's flags; given twice, the later one holds.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperOption

from careline.errors import Usage
from careline.rules.times import parse_duration
from careline.settings_keys import COLORS, OUTPUTS, problem_of

BUSY = ("fail", "wait", "skip")


@cache
def shared_options() -> tuple[TyperOption, ...]:
    """The options of every command, in the order of help."""
    return (
        _option(
            "profile", "--profile", metavar="PROFILE", help="One brand or environment: its own store, channels and settings."
        ),
        _option(
            "output",
            "-o",
            "--output",
            metavar="|".join(OUTPUTS),
            help="The shape of stdout: on a terminal table, in a pipe tsv.",
        ),
        _option("columns", "--columns", metavar="a,b", help="Which fields, in this order; --columns help lists them."),
        _flag("dry_run", "-n", "--dry-run", help="Say what would be done; store and send nothing."),
        _flag("yes", "-y", "--yes", help="Ask nothing."),
        _option(
            "if_busy", "--if-busy", metavar="|".join(BUSY), help="When another run holds the lock: exit 10, wait, or exit 0."
        ),
        _option("timeout", "--timeout", metavar="DURATION", help="How long to wait, wherever something is waited for."),
        _option("tz", "--tz", metavar="ZONE", help="The time zone that times are read and shown in."),
        _flag("quiet", "-q", "--quiet", help="No words on stderr but errors."),
        _flag("verbose", "-v", "--verbose", help="More words on stderr; the traceback of a defect."),
        _option("trace", "--trace", metavar="FILE", help="Write each request to FILE, without secrets; texts are in it."),
        _option("color", "--color", metavar="|".join(COLORS), help="Colour, whatever the terminal."),
        _flag("help", "-h", "--help", help="Show this and exit.", eager=True),
    )


@cache
def list_options() -> tuple[TyperOption, ...]:
    """The options of every command named ``list``."""
    return (
        _option("limit", "--limit", metavar="N", help="At most N rows; on a terminal 30."),
        _flag("all", "--all", help="All rows, on a terminal too."),
    )


def with_shared(own: list[Any], *, lists: bool) -> list[Any]:
    """``own`` parameters and behind them the shared ones, less those whose name the command uses itself."""
    taken = {name for param in own for name in param.opts}
    extra = (*list_options(), *shared_options()) if lists else shared_options()
    return [*own, *(option for option in extra if taken.isdisjoint(option.opts))]


def is_shared(param: Any) -> bool:
    """True for an option that every command has."""
    return param in shared_options()


def _option(name: str, *decls: str, metavar: str, help: str) -> TyperOption:
    return TyperOption(
        param_decls=[name, *decls], metavar=metavar, help=help, expose_value=False, callback=_keep, show_default=False, type=str
    )


def _flag(name: str, *decls: str, help: str, eager: bool = False) -> TyperOption:
    return TyperOption(
        param_decls=[name, *decls], is_flag=True, help=help, expose_value=False, callback=_keep, is_eager=eager, default=False
    )


def _keep(ctx: Any, param: Any, value: Any) -> None:
    """Put a value that was given into the runtime's flags; ``--help`` is answered here."""
    if value in (None, False) or ctx.resilient_parsing:
        return
    if param.name == "help":
        ctx.obj.write(ctx.get_help() + "\n")
        raise typer.Exit
    ctx.obj.flags[param.name] = _read(param.name, value)


def _read(name: str, value: Any) -> Any:
    if name in ("profile", "output", "tz", "color") and (problem := problem_of(name, value)):
        raise Usage(f"--{name} is {value!r}: {problem}.", code="bad_option")
    if name == "timeout":
        return parse_duration(value)
    if name == "trace":
        return Path(value)
    if name == "if_busy" and value not in BUSY:
        raise Usage(f"--if-busy is {value!r}.", code="bad_option", hint="It is one of " + ", ".join(BUSY) + ".")
    if name == "limit":
        if not (value.isascii() and value.isdigit() and 0 < int(value) < 10**9):
            raise Usage(
                f"--limit is {value!r}.", code="bad_option", hint="It is a number of rows, at least 1; --all has no limit."
            )
        return int(value)
    return value
