"""Typing commands for somebody who watches: each runs in a terminal of its own, as if a person had typed it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLUMNS, ROWS = 100, 40
MOST_S = 60.0


class Ran(Struct, frozen=True):
    """A command that ran: its exit code, and what a terminal showed."""

    typed: str
    exit: int
    shown: str

    @property
    def plain(self) -> str:
        """What was shown, without colours."""
        return ANSI.sub("", self.shown)


class Shell:
    """Runs ``careline`` commands in ``folder`` with an environment that grows by ``export``."""

    def __init__(self, folder: Path, env: Mapping[str, str], *, color: bool) -> None:
        self.folder = folder
        self.env = {**env, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "PYTHONIOENCODING": "utf-8"}
        self.env["CLICOLOR_FORCE" if color else "NO_COLOR"] = "1"
        self._running: list[subprocess.Popen[bytes]] = []

    def run(self, typed: str) -> Ran:
        """Run ``careline …`` in a terminal and wait for its end, a minute at most."""
        screen, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        try:
            process = subprocess.Popen(
                self._argv(typed), cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=end, stderr=end
            )
        finally:
            os.close(end)
        try:
            shown = _read(screen, process)
        finally:
            os.close(screen)
            if process.poll() is None:
                process.kill()
        return Ran(typed, process.wait(), shown.replace("\r\n", "\n"))

    def ask(self, typed: str) -> str:
        """The stdout of ``careline …`` in a pipe; empty when it failed."""
        ran = subprocess.run(
            self._argv(typed), cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=MOST_S
        )
        return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else ""

    def start(self, typed: str, log: str) -> None:
        """Start ``careline …`` in the background; ``close`` ends it."""
        with (self.folder / log).open("ab") as file:
            self._running.append(
                subprocess.Popen(
                    self._argv(typed), cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=file, stderr=file
                )
            )

    def until(self, true: Callable[[], bool], seconds: float = 10.0) -> bool:
        """Wait until ``true()``; False when it did not become so in time."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def close(self) -> None:
        """End what was started, the last first."""
        for process in reversed(self._running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _argv(self, typed: str) -> list[str]:
        words = shlex.split(typed)
        assert words[0] == "careline"
        return [sys.executable, "-P", "-m", "careline", *words[1:]]


def _read(screen: int, process: subprocess.Popen[bytes]) -> str:
    shown, end = bytearray(), time.monotonic() + MOST_S
    with contextlib.suppress(OSError):  # the other side of a terminal closes with an error
        while time.monotonic() < end:
            ready, _, _ = select.select([screen], [], [], 0.05)
            if ready:
                data = os.read(screen, 65536)
                if not data:
                    break
                shown += data
            elif process.poll() is not None:
                break
    return shown.decode("utf-8", "replace")
