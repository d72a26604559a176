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
from careline.receiving.log import Log, Say, Sparing
from careline.store.base import Store

LOCK = "apply"
LOOK_S = 0.05  # how soon what another receiver took is seen
RETRY_S = 0.5
TIDY_S = 3600.0
ABSENT_S = 5.0  # a new process is there in less
SAID_S = 60.0
OPEN_S = 5.0
CLEAR_S = 0.2
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
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    sparing = Sparing(say, quiet_s=SAID_S)
    chores = (
        _Chore(CLEAR_S, store.inbound.checkpoint),
        _Chore(OPEN_S, store.check),
        _Chore(TIDY_S, lambda: store.inbound.forget(store.now() - keep)),
    )
    open_, waiting = True, False
    while True:
        try:
            with store.lock(LOCK, wait=False):
                if waiting:
                    say(Log("info", "applying_goes_on", "the store answers again; applying goes on"))
                    waiting = False
                _apply_while_locked(applier, wake, tell, chores)
                return
        except CarelineError as error:
            if error.code in STORE_CHANGED:
                raise
            if error.code != Busy.code:
                waiting = True
                sparing(Log("warning", "applying_waits", f"applying waits: {error.message}"))
        if not open_:
            return  # tried once more after the end was told; the next start goes on from here
        time.sleep(RETRY_S)
        open_ = _woken(wake, 0)


class _Chore:
    """Something to be done now and then."""

    def __init__(self, every_s: float, do: Callable[[], object]) -> None:
        self._every_s = every_s
        self._do = do
        self._done_at = float("-inf")

    def when_due(self) -> None:
        if time.monotonic() - self._done_at > self._every_s:
            self._do()
            self._done_at = time.monotonic()


def _apply_while_locked(applier: Applier, wake: int, tell: Callable[[Report], None], chores: Sequence[_Chore]) -> None:
    open_ = True
    while open_:
        open_ = _woken(wake, LOOK_S)
        while done := applier.apply_some():
            tell(Report(done))
            chores[0].when_due()
        for chore in chores if open_ else ():
            chore.when_due()


def _woken(wake: int, seconds: float) -> bool:
    """Wait for news or for that long; False when the pipe is closed."""
    if not select.select([wake], [], [], seconds)[0]:
        return True
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
        self._seen_at = time.monotonic()
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
        """True while somebody of ours applies, or stands by for it, or is being started again."""
        child = self._child
        if child is not None and child.poll() is None:
            self._seen_at = time.monotonic()
        return time.monotonic() - self._seen_at < ABSENT_S

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
