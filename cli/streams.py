"""The only place that touches stdin, stdout and stderr: what they are, how wide, whether a person looks at them, their colour.

Everything is written as UTF-8 whatever the locale says, and a closed pipe ends the program quietly.
"""

from __future__ import annotations

import io
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from cli.cells import clean

MAX_INPUT = 16 * 1024 * 1024
PIPE_WIDTH = 80
TONES = {"good": "32", "warn": "33", "bad": "31", "dim": "2", "bold": "1"}
PAINTED = r"(\x1b\[(?:0|1|2|31|32|33)m)"


class Streams:
    """The three streams and what is known of them. Tests build one over ``StringIO`` with the terminal flags they want."""

    def __init__(
        self,
        stdin: IO[str],
        stdout: IO[str],
        stderr: IO[str],
        *,
        in_terminal: bool = False,
        out_terminal: bool = False,
        err_terminal: bool = False,
        width: int = PIPE_WIDTH,
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.in_terminal = in_terminal
        self.out_terminal = out_terminal
        self.err_terminal = err_terminal
        self.width = width
        self.color = "auto"
        self._real = False

    @classmethod
    def real(cls) -> Streams:
        """The process's own streams, made to carry any text. One that was closed at the start counts as a closed pipe."""
        _fill_closed_descriptors()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
        streams = cls(
            sys.stdin,
            sys.stdout,
            sys.stderr,
            in_terminal=sys.stdin.isatty(),
            out_terminal=sys.stdout.isatty(),
            err_terminal=sys.stderr.isatty(),
            width=_width(sys.stdout),
        )
        streams._real = True
        return streams

    def out(self, text: str) -> None:
        """Write to stdout as it is."""
        self.stdout.write(text)

    def out_bytes(self, data: bytes) -> None:
        """Write bytes to stdout as they are, after whatever text went before."""
        raw = getattr(self.stdout, "buffer", None)
        if raw is None:
            self.stdout.write(data.decode("utf-8", "backslashreplace"))
            return
        self.stdout.flush()
        raw.write(data)

    def err(self, text: str) -> None:
        """Write to stderr as it is, after what stdout holds back, so that a person reads both in order.

        When nobody listens any more the words are lost, and the work they were about goes on.
        """
        if self.out_terminal:
            self.stdout.flush()
        try:
            self.stderr.write(text)
            self.stderr.flush()
        except OSError:
            self.hush(2)

    def flush(self) -> None:
        """Hand over what stdout has held back."""
        self.stdout.flush()

    def hush(self, descriptor: int = 1) -> None:
        """Point the process's stdout (2: stderr) at nothing, or at its end the interpreter would complain of what is unsaid."""
        if self._real:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, descriptor)
            os.close(nothing)

    def read(self, limit: int = MAX_INPUT) -> str | None:
        """All of stdin, or None when there are more than ``limit`` characters."""
        text = self.stdin.read(limit + 1)
        return None if len(text) > limit else text

    def lines(self) -> Iterator[str]:
        """The lines of stdin without their ends, one at a time."""
        for line in self.stdin:
            yield line.rstrip("\r\n")

    def ask(self, question: str) -> str:
        """What a person at the terminal answers to ``question``; empty at the end of input. Ctrl-C ends it at once."""
        self.err(question)
        with _interrupted_at_once():
            return self.stdin.readline().strip()

    def colored(self, *, err: bool = False) -> bool:
        """True where colour is wanted: on a terminal, unless ``color`` says always or never."""
        if self.color != "auto":
            return self.color == "always"
        return self.err_terminal if err else self.out_terminal

    def paint(self, text: str, tone: str, *, err: bool = False) -> str:
        """``text`` in the colour of ``tone`` (good, warn, bad, dim, bold) where colour is wanted, else as it is."""
        return f"\x1b[{TONES[tone]}m{text}\x1b[0m" if text and self.colored(err=err) else text


def visible(text: str) -> str:
    """Text for a terminal: our own colours stay, whatever else could act on it is made visible."""
    return "".join(part if re.fullmatch(PAINTED, part) else clean(part, keep="\n\t") for part in re.split(PAINTED, text))


@contextmanager
def _interrupted_at_once() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt inside an event loop, too, whose own way is to wait for us first."""
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _fill_closed_descriptors() -> None:
    """Open what was closed at the start (``>&-``): else the next file opened, a store, would become stdout."""
    names: tuple[tuple[str, str], ...] = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
    for descriptor, (name, mode) in enumerate(names):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != descriptor:
                os.dup2(nothing, descriptor)
                os.close(nothing)
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _width(stdout: Any) -> int:
    try:
        return os.get_terminal_size(stdout.fileno()).columns or PIPE_WIDTH
    except (OSError, ValueError):
        return PIPE_WIDTH
