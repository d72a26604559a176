"""The sandbox's clock: the machine's plus an offset in a file, which careline's commands read too."""

from __future__ import annotations

import os
from pathlib import Path

from careline.clock import Clock


class VirtualClock(Clock):
    """A clock that can be moved. Its file always holds a whole offset: it is replaced, never rewritten."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.file = file
        self._held: int | None = None
        if not file.exists():
            self._write(0)

    def now(self) -> int:
        """The instant now; while it is held, the same each time."""
        return super().now() if self._held is None else self._held

    def advance(self, length: int) -> None:
        """Move on by ``length`` microseconds (back, if negative)."""
        if self._held is None:
            self._write(self._offset() + length)
        else:
            self.hold(self._held + length)

    def hold(self, at: int) -> None:
        """Let it be ``at``, and stay so here. Other processes see it go on from there."""
        self._held = None
        self.set(at)
        self._held = at

    def go_on(self) -> None:
        """Let it run again from where it was held."""
        if self._held is not None:
            held, self._held = self._held, None
            self.set(held)

    def set(self, at: int) -> None:
        """Let it be ``at`` now."""
        self.advance(at - self.now())

    def ahead(self) -> int:
        """How far it stands from the machine's clock, in microseconds."""
        return self._offset()

    def _write(self, offset: int) -> None:
        new = self.file.with_name(self.file.name + ".new")
        new.write_text(str(offset), "ascii")
        os.replace(new, self.file)
