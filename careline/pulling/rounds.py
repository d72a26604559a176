"""When to pull: at once what was nudged, everything at the start, and everything every few minutes, for nudges get lost.

In a thread of its own beside applying. It may be killed at any point: what it does bears that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from careline.errors import CarelineError, Failed, NotSent

EVERY_S = 180.0
AGAIN_S = 15.0  # after a pull that failed

Target = tuple[str, str]  # the channel, and the account (empty: all of its accounts)


class Rounds:
    """``everything`` gives the targets of a round, ``pull`` does one of them with the token of its nudge.

    ``failed`` hears of what went wrong.
    """

    def __init__(
        self,
        everything: Callable[[], Iterable[Target]],
        pull: Callable[[Target, str], None],
        failed: Callable[[Target, CarelineError], None],
        *,
        every_s: float = EVERY_S,
        again_s: float = AGAIN_S,
    ) -> None:
        self._everything = everything
        self._pull = pull
        self._failed = failed
        self._every_s = every_s
        self._again_s = again_s
        self._nudged: dict[Target, str] = {}
        self._again: dict[Target, float] = {}
        self._news = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="careline-pulling", daemon=True)

    def start(self) -> None:
        """Begin with a round of everything."""
        self._thread.start()

    def nudge(self, channel: str, account: str, token: str) -> None:
        """There is something to pull. One that comes while the account is pulled makes it pulled again."""
        with self._news:
            self._nudged[channel, account] = token
            self._news.notify()

    def stop(self) -> None:
        """End after what is being pulled."""
        with self._news:
            self._ending = True
            self._news.notify()
        self._thread.join()

    def _run(self) -> None:
        due, waiting = time.monotonic(), list[Target]()
        while True:
            with self._news:
                if not self._nudged and not waiting:
                    self._news.wait(max(0.0, min([due, *self._again.values()]) - time.monotonic()))
                if self._ending:
                    return
                nudged, self._nudged = self._nudged, {}
            for target, token in nudged.items():
                self._try(target, token)
            if time.monotonic() >= due:
                due = time.monotonic() + self._every_s
                waiting = self._round()
            waiting += [target for target, at in self._again.items() if at <= time.monotonic() and target not in waiting]
            if waiting and not self._nudged:
                self._try(waiting.pop(0), "")

    def _round(self) -> list[Target]:
        try:
            return list(self._everything())
        except Exception as error:  # noqa: BLE001 - a thread that ended would pull nothing more, and say nothing
            self._failed(("", ""), _in_words(error))
            return []

    def _try(self, target: Target, token: str) -> None:
        self._again.pop(target, None)
        try:
            self._pull(target, token)
        except Exception as error:  # noqa: BLE001 - the same
            if isinstance(error, NotSent):  # it passes by itself; what does not waits for the next round
                self._again[target] = time.monotonic() + max(self._again_s, error.retry_after_s or 0)
            self._failed(target, _in_words(error))


def _in_words(error: Exception) -> CarelineError:
    return error if isinstance(error, CarelineError) else Failed(f"{type(error).__name__}: {error}", code="defect")
