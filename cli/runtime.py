"""What a command holds while it runs: the options of every command, the streams, and, once asked for, the engine.

Everything costly is made at first use, so that ``--help`` never opens a store. Tests build one over text buffers.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import typer

from careline.clock import Clock
from careline.errors import Failed, Usage
from careline.settings import Settings
from cli.cells import clean
from cli.streams import Streams, visible

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from careline.line import Careline
    from cli.output import Column
    from cli.printer import Printer
    from cli.progress import Step

ON_A_SCREEN = 30
IN_SETTINGS = ("profile", "output", "tz", "color")

T = TypeVar("T")


def runtime(ctx: typer.Context) -> Runtime:
    """The runtime of the command that ``ctx`` belongs to."""
    return cast("Runtime", ctx.obj)


class Runtime:
    """One run of the program. ``flags`` are the options of every command as they were given, by name."""

    def __init__(self, streams: Streams, env: Mapping[str, str], cwd: Path, *, clock: Clock | None = None) -> None:
        self.streams = streams
        self.env = env
        self.cwd = cwd
        self.flags: dict[str, Any] = {}
        self.cuts_lists = False  # True for commands with --limit and --all
        self._given_clock = clock
        self._line: Careline | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings, with this run's flags on top."""
        return self.load_settings()

    def load_settings(self) -> Settings:
        """The settings as environment and files have them at this moment."""
        chosen: dict[str, str] = {name: self.flags[name] for name in IN_SETTINGS if name in self.flags}
        return Settings.load(self.env, chosen, self.cwd)

    @property
    def line(self) -> Careline:
        """The engine: store, channels and clients of the profile. Opened at first use, closed when the run ends."""
        if self._line is None:
            from careline.line import Careline

            self._line = Careline.open(self.settings, trace=self.flags.get("trace"))
        return self._line

    def close(self) -> None:
        """Close whatever was opened."""
        if self._line is not None:
            self._line.close()
            self._line = None

    @cached_property
    def clock(self) -> Clock:
        """The clock of the run, in a sandbox that of the sandbox."""
        return self._given_clock or self.settings.clock()

    def now(self) -> int:
        """The instant now, in microseconds UTC."""
        return self.clock.now()

    @cached_property
    def tz(self) -> ZoneInfo:
        """The zone that times are read and shown in."""
        return self.settings.tz

    @cached_property
    def output(self) -> str:
        """The format of what is printed: on a terminal a table, in a pipe tsv, unless another was asked for."""
        return self.settings.output or ("table" if self.streams.out_terminal else "tsv")

    @property
    def on_screen(self) -> bool:
        """True where a person looks at a table: a command with a screen of its own draws it with ``tell``."""
        return self.output == "table" and self.streams.out_terminal

    @property
    def width(self) -> int:
        """The width of the terminal in cells; 80 where there is none."""
        return self.streams.width

    @property
    def profile(self) -> str:
        """The profile's name for a title: red where customers are real, green in a sandbox."""
        return self.paint(self.settings.profile, "good" if self.settings.is_sandbox else "bad")

    @property
    def dry_run(self) -> bool:
        """True when nothing may be stored or sent."""
        return bool(self.flags.get("dry_run"))

    @property
    def yes(self) -> bool:
        """True when questions are answered in advance."""
        return bool(self.flags.get("yes"))

    @property
    def quiet(self) -> bool:
        """True when only data and errors are wanted."""
        return bool(self.flags.get("quiet"))

    def actor(self, word: str) -> str:
        """Who does what this command does, for the journal: the agent, or ``auto:`` and the command's word."""
        return f"human:{self.settings.agent}" if self.settings.agent else f"auto:{word}"

    @property
    def verbose(self) -> bool:
        """True when more is wanted on stderr."""
        return bool(self.flags.get("verbose"))

    @property
    def if_busy(self) -> str:
        """What to do when another run holds the lock: ``fail``, ``wait`` or ``skip``."""
        return str(self.flags.get("if_busy", "fail"))

    @property
    def timeout_us(self) -> int | None:
        """How long to wait, in microseconds; None where nothing was said."""
        return self.flags.get("timeout")

    @property
    def limit(self) -> int | None:
        """How many rows a list shows: 30 on a terminal, all of them (None) in a pipe, unless --limit or --all."""
        if self.flags.get("all"):
            return None
        if "limit" in self.flags:
            return int(self.flags["limit"])
        return ON_A_SCREEN if self.cuts_lists and self.on_screen else None

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns. The event loop lives only as long as it."""
        import asyncio

        return asyncio.run(coroutine)

    def say(self, text: str) -> None:
        """A line on stderr for a person; none with -q."""
        if not self.quiet:
            self.streams.err(visible(text) + "\n")

    def tell(self, text: str) -> None:
        """A line of prose on stdout."""
        self.write((visible(text) if self.streams.out_terminal else text) + "\n")

    def write(self, data: str | bytes) -> None:
        """Data to stdout as it is."""
        if isinstance(data, bytes):
            self.streams.out_bytes(data)
        else:
            self.streams.out(data)

    def paint(self, text: str, tone: str) -> str:
        """``text`` in the colour of ``tone`` (good, warn, bad, dim, bold), for ``tell``; as it is where there is no colour."""
        self.streams.color = self.settings.color
        return self.streams.paint(text, tone)

    def show(
        self,
        rows: Iterable[object],
        *,
        columns: Iterable[Column],
        more: int = 0,
        empty: str = "",
        title: str = "",
    ) -> None:
        """Print a list in the format asked for, as it comes. ``more`` is how many rows there are beyond those given.

        On a terminal ``title`` stands above the table, ``empty`` in place of none; a list that was cut says so.
        """
        columns = list(columns)
        self.expect(columns)
        shown, of = self._printer.rows(rows, columns, more=more, title=title if self.on_screen else "")
        if self.output != "table":
            return
        if not shown and empty:
            self.say(empty)
        if shown < of:
            self.say(f"{shown:,} of {of:,}, --all for the rest")

    def show_one(self, record: object, *, columns: Iterable[Column], title: str = "") -> None:
        """Print one record: a field a line, one JSON object, one CSV row under its header, or its id."""
        columns = list(columns)
        self.expect(columns)
        self._printer.one(record, columns, title=title if self.on_screen else "")

    def emit(self, row: object, *, columns: Iterable[Column]) -> None:
        """Print one row of a stream that goes on, at once. A table on a terminal is for the command to draw, with ``tell``."""
        columns = list(columns)
        self.expect(columns)
        self._printer.live(row, columns)

    def expect(self, columns: Iterable[Column]) -> None:
        """Check --columns before something is done whose record is shown afterwards; ``--columns help`` lists them and ends.

        Raises Usage for one that is not there.
        """
        chosen = self.flags.get("columns")
        if chosen == "help":
            for column in columns:
                self.tell(column.field)
            raise typer.Exit
        if chosen is not None:
            from cli.output import choose

            choose(columns, chosen)

    @cached_property
    def _printer(self) -> Printer:
        from cli.printer import Printer

        self.streams.color = self.settings.color
        chosen = str(self.flags.get("columns", ""))
        return Printer(self.streams, self.output, chosen=chosen, limit=self.limit, now=self.now)

    def confirm(self, question: str) -> None:
        """Return when the person says yes, or said so by --yes, or nothing will be done (--dry-run).

        Raises Usage where there is no terminal to ask at, Failed when the answer is no.
        """
        if self.yes or self.dry_run:
            return
        if not (self.streams.in_terminal and self.streams.err_terminal):
            raise Usage(f"{question} There is nobody here to ask.", code="needs_yes", hint="Add --yes to mean it.")
        if self.streams.ask(f"{clean(question)} [y/N] ").lower() not in ("y", "yes"):
            raise Failed("Nothing was done: you did not say yes.", code="declined")

    def progress(self, unit: str, total: int | None = None) -> AbstractContextManager[Step]:
        """What counts the steps of long work: a bar on a terminal, elsewhere a line a minute, with -q nothing.

        ``with run.progress("messages", 412) as step: step(10)``
        """
        from cli import progress

        if self.quiet:
            return progress.silent()
        return progress.bar(self.streams, unit, total) if self.streams.err_terminal else progress.lines(self.say, unit, total)

    def read_stdin(self) -> str:
        """All of stdin as text. Raises Usage when it is a terminal, more than 16 MiB, or no text."""
        if self.streams.in_terminal:
            raise Usage(
                "- reads from stdin, and stdin is the terminal.", code="no_input", hint="Pipe something in, or name a file."
            )
        text = self.streams.read()
        if text is None:
            raise Usage("stdin holds more than 16 MiB.", code="input_too_large")
        if any("\ud800" <= character <= "\udfff" or character == "\0" for character in text):
            raise Usage("stdin is not UTF-8 text.", code="not_text")
        return text

    def names(self, given: Iterable[str]) -> Iterator[str]:
        """The names given, with the lines of stdin in the place of ``-``."""
        for name in given:
            if name == "-":
                yield from (line.strip() for line in self.read_stdin().splitlines() if line.strip())
            else:
                yield name

    def edit(self, text: str = "") -> str:
        """What a person makes of ``text`` in their editor. Raises Usage without a terminal or an editor."""
        from cli.editor import edit

        if not (self.streams.in_terminal and self.streams.out_terminal):
            raise Usage("There is no text, and no terminal to write one at.", code="no_text", hint="Give it, or - for stdin.")
        return edit(self.settings.editor, text)
