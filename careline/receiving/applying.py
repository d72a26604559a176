"""The process that applies, beside the one that answers: a long transaction never makes a platform wait.

It is woken through its standard input and ends when that is closed, so it never outlives its receiver by more than a batch. Of
several receivers on one store one applies; when that one dies, the kernel or the server frees its lock and another goes on.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO

import msgspec
from msgspec import Struct

from careline.errors import STORE_CHANGED, Busy, CarelineError, Exit
from careline.receiving.apply import Applied, Applier
from careline.receiving.log import Log, Say
from careline.store.base import Store

LOCK = "apply"
LOOK_S = 0.05  # how soon what another receiver took is seen
RETRY_S = 0.5
TIDY_S = 3600.0
CLEAR_S = 0.2
NICE = 5  # answering comes before applying when there is not enough of the machine for both
ENDING_S = 30.0


class Report(Struct, frozen=True):
    """What one batch came to, as the applying process tells its receiver: a line of JSON."""

    channels: Mapping[str, Applied]


def apply_until_closed(
    store: Store, applier: Applier, wake: int, tell: Callable[[Report], None], say: Say, *, keep: int
) -> None:
    """Apply whatever comes until the pipe ``wake`` is closed and nothing is left. A store that is down is waited for.

    What was applied is forgotten once it was received ``keep`` microseconds ago.

    Raises Misconfigured when the store has become another one. A signal that is meant for the receiver does not end it before
    its work is done.
    """
    os.nice(NICE)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    open_ = True
    while True:
        try:
            with store.lock(LOCK, wait=False):
                _apply_while_locked(store, applier, wake, tell, keep)
                return
        except CarelineError as error:
            if error.code in STORE_CHANGED:
                raise
            if error.code != Busy.code:
                say(Log("warning", "applying_waits", error.message))
        if not open_:
            return  # tried once more after the end was told; the next start goes on from here
        open_ = _woken(wake, RETRY_S, drain=False)


def _apply_while_locked(store: Store, applier: Applier, wake: int, tell: Callable[[Report], None], keep: int) -> None:
    open_, tidied_at, cleared_at = True, float("-inf"), float("-inf")
    while open_:
        open_ = _woken(wake, LOOK_S)
        while done := applier.apply_some():
            tell(Report(done))
            if time.monotonic() - cleared_at > CLEAR_S:
                cleared_at = time.monotonic()
                store.inbound.checkpoint()
        if open_ and time.monotonic() - tidied_at > TIDY_S:
            tidied_at = time.monotonic()
            store.inbound.forget(store.now() - keep)


def _woken(wake: int, seconds: float, *, drain: bool = True) -> bool:
    """Wait for news or for that long; False when the pipe is closed."""
    if not select.select([wake], [], [], seconds)[0]:
        return True
    if not drain:
        time.sleep(seconds)
    return bool(os.read(wake, 65536))


class Applying:
    """Keeps the applying process alive: ``argv`` starts one, ``counted`` hears its reports.

    ``refused`` is called, once, when the process says that the store is none that it can work on.
    """

    def __init__(self, argv: Sequence[str], counted: Callable[[Report], None], say: Say, refused: Callable[[], None]) -> None:
        self._argv = argv
        self._counted = counted
        self._say = say
        self._refused = refused
        self._ending = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="careline-applying", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier receiver left."""
        self._thread.start()

    def wake(self) -> None:
        """There is news. Callable from any thread, and never waits."""
        child = self._child
        if child is not None and child.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # full: it is awake anyway; closed: the next one begins by looking
                os.write(child.stdin.fileno(), b"\n")

    def alive(self) -> bool:
        """True while somebody of ours applies, or stands by for it."""
        child = self._child
        return child is not None and child.poll() is None

    def stop(self) -> None:
        """Let it apply what was accepted, then end."""
        self._ending.set()
        self._close()
        self._thread.join(ENDING_S)

    def _run(self) -> None:
        while not self._ending.is_set():
            child = self._child = subprocess.Popen(self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert child.stdin is not None
            assert child.stdout is not None
            os.set_blocking(child.stdin.fileno(), False)
            if self._ending.is_set():
                self._close()
            self._listen(child.stdout)
            code = child.wait()
            if code == Exit.CONFIGURATION:
                self._refused()
                return
            if not self._ending.is_set():
                self._say(Log("error", "applying_ended", f"the process that applies ended ({code}); another is started"))
                self._ending.wait(RETRY_S)

    def _listen(self, reports: IO[bytes]) -> None:
        decode = msgspec.json.Decoder(Report).decode
        with reports:
            for line in reports:
                with contextlib.suppress(msgspec.DecodeError):  # half a line of a process that was killed
                    self._counted(decode(line))

    def _close(self) -> None:
        child = self._child
        if child is not None and child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.close()
