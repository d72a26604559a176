"""Named places at which a test may kill the process, as a power cut would. Only a checkout can."""

from __future__ import annotations

try:
    from careline.armed import reached
except ImportError:

    def reached(name: str) -> None:
        """Nothing happens here."""


__all__ = ["reached"]
