"""Rate limits as the platforms count them: so many at once, then one more every so often."""

from __future__ import annotations

from careline.sandbox.graph.errors import GraphError


class Bucket:
    """Holds ``size`` sends and wins one back every ``every`` microseconds of the virtual clock."""

    def __init__(self, size: int, every: int) -> None:
        self.size = size
        self.every = every
        self._left = float(size)
        self._at: int | None = None

    def spend(self, now: int, code: int) -> None:
        """Take one. Raises GraphError ``code`` when there is none."""
        if self._at is not None:
            self._left = min(self.size, self._left + max(0, now - self._at) / self.every)
        self._at = now
        if self._left < 1:
            raise GraphError(code)
        self._left -= 1
