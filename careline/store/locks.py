"""Locks among processes on one machine, freed by the kernel when their holder dies, even by kill -9."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from careline.errors import Busy
from careline.store.sqlite_file import in_words


@contextmanager
def locked(folder: Path, name: str, *, wait: bool) -> Iterator[None]:
    """Hold the lock ``name``. Raises Busy at once when somebody else has it, unless ``wait``."""
    path = folder / (re.sub(r"[^A-Za-z0-9._-]", "_", name) + ".lock")
    with in_words(path):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise Busy(f"Another run holds the lock {name!r}.", hint="Wait for it, then run the same command again.") from None
        yield
    finally:
        os.close(handle)
