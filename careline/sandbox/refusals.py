"""What the sandbox itself says no to, as against a platform's refusals."""

from __future__ import annotations


class NotEmulated(Exception):
    """The platform has this, the sandbox has not: never a made-up success."""


class Impossible(Exception):
    """The customer, or whoever plays the platform, cannot do that now. ``run`` is the command that helps."""

    def __init__(self, message: str, run: str = "", kind: str = "configuration") -> None:
        super().__init__(message)
        self.message = message
        self.run = run
        self.kind = kind
