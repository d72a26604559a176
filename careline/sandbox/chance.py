"""Chance, as everything in the sandbox draws it: real, or the same every time for a scenario that is played.

Each sandbox has a source of its own, which follows the work that a request begins.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextvars import ContextVar
from random import Random, SystemRandom
from typing import TypeVar

T = TypeVar("T")

SOURCE: ContextVar[Random] = ContextVar("chance", default=SystemRandom())  # noqa: B039 - it has no state


def seeded(text: str) -> Random:
    """A source that draws the same for the same text."""
    return Random(text)  # noqa: S311 - to be foreseeable is what it is for


def token_bytes(count: int) -> bytes:
    """So many bytes."""
    return SOURCE.get().randbytes(count)


def token_hex(count: int) -> str:
    """So many bytes in hex."""
    return token_bytes(count).hex()


def token_urlsafe(count: int) -> str:
    """So many bytes in base64 for addresses."""
    return base64.urlsafe_b64encode(token_bytes(count)).rstrip(b"=").decode()


def randbelow(limit: int) -> int:
    """A number from 0 to ``limit``, without it."""
    return SOURCE.get().randrange(limit)


def choice(options: Sequence[T]) -> T:
    """One of them."""
    return SOURCE.get().choice(options)
