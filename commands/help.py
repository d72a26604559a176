"""Topics that concern every command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from careline.errors import Exit, NotFound
from careline.settings_keys import KEYS
from cli.cells import pad
from cli.runtime import runtime
from commands import WORDS

app = typer.Typer()

EXITS: dict[Exit, tuple[str, str]] = {
    Exit.DONE: ("done; nothing to do is done, too", ""),
    Exit.FAILED: ("failed", "look first"),
    Exit.USAGE: ("usage: the command line, a missing flag", "no"),
    Exit.PARTLY: ("partly done; the result says what failed", "only the failed ones"),
    Exit.CREDENTIALS: ("credentials missing or refused", "no"),
    Exit.NOT_FOUND: ("not found", "no"),
    Exit.REFUSED: ("refused by the platform", "no"),
    Exit.OUTSIDE_WINDOW: ("outside the window, or its quota is gone", "no"),
    Exit.NOT_SENT: ("not sent: rate limit, service or network", "yes, as it stands"),
    Exit.CONFIGURATION: ("configuration, or an unusable store", "no"),
    Exit.BUSY: ("another run holds the lock", "later"),
    Exit.ATTENTION: ("worked; what it found needs a person", ""),
    Exit.NOT_SETTLED: ("not settled: perhaps it was sent", "only with the same --key"),
    Exit.INTERRUPTED: ("interrupted", "yes; a message: look first"),
}

OUTPUT = """\
Data goes to stdout, everything else to stderr. -o says in which shape:

  table   for people: header, colour, relative times; what a terminal gets
  tsv     no header, whole values between tabs; what a pipe gets
  csv     a header and RFC 4180
  json    one object for one record, one array for a list
  jsonl   one object a line
  ids     only the names, one a line; - reads such lines in place of names

--columns a,b chooses fields and their order; --columns help lists them.
On a terminal a list has 30 rows and says how many there are; --limit N and
--all say otherwise. In a pipe it is whole.

In data every time is UTC, RFC 3339, and its field ends in _at; every length
is whole seconds and ends in _s; ids are strings; what is unknown is null in
JSON and empty in tsv and csv. In tsv a tab, line end or backslash inside a
value is written \\t, \\n, \\r, \\\\, and control characters are shown.

With -o json or jsonl an error is one line of JSON at the end of stderr, with
code, message, hint, exit, platform_code, trace_id and retry_after_s in
{"error": {...}}."""

TIMES = """\
A DURATION is 90s, 30m, 2h, 3d, 2w, or joined: 1h30m. A bare number is
refused.

A TIME is one of
  2026-03-06T16:55:00Z   RFC 3339
  2026-03-06T16:55       in your zone; 2026-03-06 is its midnight
  17:30, mon             the next one; after --since the last one
  today, yesterday, tomorrow, now
  2h                     after --since only: that long ago

A range is --since (included) to --until (not included), or --period today,
yesterday, last-week, last-month or 2026-03. The zone is --tz, else the
setting tz, else the machine's."""

NAMES = """\
  CHANNEL    as registered: small letters, digits, dashes    shop-it
  CHAT       a conversation: its number, bare                41
  CONTACT    a person: c and a number                        c17
  MESSAGE    m and a number                                  m902
  TEMPLATE   NAME or NAME/LANGUAGE                           order_update/it
  SCENE      the scene of a QR code                          shop-012
  ID         in send --to: a phone with its country code,    +39 333 1234567
             an OpenID or BSUID, or c17

A person's name is never an address. - in place of names reads them from
stdin, one a line; -o ids prints them so. --channel may be left out where the
profile has one channel that can do it."""

WINDOWS = """\
A customer's message opens the customer service window. While it is open you
may write freely. careline works it out from what customers did and when, by
the platform's own times, and refuses to send outside it: exit 7, and nothing
has left.

  WhatsApp   24 hours after the customer's last message, any number of
             messages
  WeChat     48 hours and 5 messages after a message; 1 minute and 3 messages
             after a follow, a scan or a menu tap
  WeCom      48 hours and 5 messages after a message, while no servicer has
             the session and it has not ended

Outside WhatsApp's window an approved template may be sent: careline send with
--template NAME, or with --outside template:NAME, which uses it only when it
must. `careline queue list` shows each window and what is left of it,
`careline windows show c17` what each act of a customer opened.

WeChat has changed its numbers before: the settings wechat_window_message,
_menu_tap, _follow, _scan and _payment say what each act allows from now on,
as 5/48h, none/48h (no limit) or off."""


def exit_codes() -> str:
    """The table of exit codes."""
    rows = [(str(int(code)), *EXITS[code]) for code in Exit]
    room = max(len(says) for _, says, _ in rows)
    lines = [f"{number:>5}  {pad(says, room)}  {again}".rstrip() for number, says, again in rows]
    return "\n".join([f"{'':5}  {pad('what it says', room)}  run it again?", *lines, "", "Any other code is a failure."])


def environment() -> str:
    """The variables that are read."""
    room = max(len(key.variable) for key in KEYS.values())
    lines = [f"  {pad(key.variable, room)}  {key.says}" for key in KEYS.values()]
    return "\n".join(
        [
            "A flag beats the environment, which beats careline.toml in the working",
            "directory, which beats the user's file (careline config path), which beats",
            "the default. `careline config show --sources` tells where each is from.",
            "",
            *lines,
            "",
            "A secret is CARELINE_SECRET_CHANNEL_KEY in capitals, with _ for -:",
            "CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN. First the environment is asked, then",
            "secrets_command, then secrets_file and systemd's credential `careline`, and",
            "last the keyring, which is given three seconds.",
            "",
            "Also heeded: NO_COLOR, CLICOLOR_FORCE, TERM=dumb, TZ, VISUAL, EDITOR.",
        ]
    )


TOPICS: dict[str, Callable[[], str]] = {
    "exit-codes": exit_codes,
    "output": lambda: OUTPUT,
    "times": lambda: TIMES,
    "names": lambda: NAMES,
    "environment": environment,
    "windows": lambda: WINDOWS,
}


@app.command()
def show_topic(
    ctx: typer.Context,
    topic: Annotated[
        str | None, typer.Argument(metavar="TOPIC", help="What to read about; none: what careline can do.")
    ] = None,
) -> None:
    """Explain what concerns every command: exit-codes, output, times, names, environment, windows.

    Example: careline help exit-codes
    """
    run = runtime(ctx)
    if topic is None:
        run.tell(ctx.find_root().get_help())
    elif topic in TOPICS:
        run.tell(TOPICS[topic]())
    else:
        raise NotFound(
            f"There is no topic {topic!r}.",
            code="unknown_topic",
            hint="There are: " + ", ".join(TOPICS),
            run=f"careline {topic} --help" if topic in WORDS else "",
        )
