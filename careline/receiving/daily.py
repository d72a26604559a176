"""What is done once a day beside applying, in a thread of its own: a platform that is slow holds up nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable

from careline.errors import CarelineError
from careline.receiving.log import Log, Say

FIRST_S = 3600.0  # whoever starts a receiver ten times in an hour asks nobody anything
EVERY_S = 24 * 3600.0


class Daily:
    """Does it an hour after the start and then every day. A failure is said as a warning ``code``: ``words`` and why."""

    def __init__(
        self, do: Callable[[], None], code: str, words: str, say: Say, *, first_s: float = FIRST_S, every_s: float = EVERY_S
    ) -> None:
        self._do = do
        self._code = code
        self._words = words
        self._say = say
        self._waits_s = first_s, every_s
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"careline-{code}", daemon=True)

    def start(self) -> None:
        """Begin to wait. The thread ends with its process, at any point: what it does must bear that."""
        self._thread.start()

    def stop(self) -> None:
        """End as soon as what is being done is done."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        wait_s, every_s = self._waits_s
        while not self._ending.wait(wait_s):
            wait_s = every_s
            try:
                self._do()
            except CarelineError as error:
                self._say(Log("warning", self._code, f"{self._words}: {error.message}"))
