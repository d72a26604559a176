"""Processes that the figures are taken of: started, waited for, ended; what they said is kept for when they fail."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).absolute().parent.parent
START_S = 20.0


def environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that would make careline another one than a user has."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("CARELINE_", "PYTHONDONTWRITE", "PYTHONPYCACHE"))}
    null = "keyring.backends.null.Keyring"
    return kept | {"PYTHONPATH": str(ROOT), "PYTHON_KEYRING_BACKEND": null} | more


class Server:
    """A process that listens. ``started_s`` is how long that took."""

    def __init__(self, words: list[str], env: Mapping[str, str]) -> None:
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *words], stderr=subprocess.PIPE, text=True, env=dict(env), cwd=ROOT
        )
        self.said: deque[str] = deque(maxlen=40)
        self._heard = threading.Event()
        self.port = 0
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if not self._heard.wait(START_S) or not self.port:
            self.stop()
            raise RuntimeError(f"{' '.join(words)} does not listen: {''.join(self.said)[-800:]}")
        self.started_s = time.perf_counter() - began

    def stop(self) -> None:
        """End it in order; by force after a while."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._listener.join(timeout=5)

    def _listen(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.said.append(line)
                if not self.port and (found := re.search(r"http://127\.0\.0\.1:(\d+)", line)):
                    self.port = int(found[1])
                    self._heard.set()
        self._heard.set()


@contextmanager
def serving(words: list[str], env: Mapping[str, str]) -> Iterator[Server]:
    """A process that listens, ended when the block ends."""
    server = Server(words, env)
    try:
        yield server
    finally:
        server.stop()
