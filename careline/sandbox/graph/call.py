"""One call of Graph, and the tables that say who answers it.

Each module that answers calls has a table of its own, ``ROUTES``: (method, kind of node, edge) → what answers. Kinds are
``number``, ``account``, ``app``, ``template``, ``media``, ``upload`` and ``library``; the edge is empty for the node itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from careline.sandbox.asgi import Request
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox


class Call(Struct):
    """One call: its ``node``, what follows the edge (``rest``), and the parameters sent in query or body."""

    sandbox: Sandbox
    request: Request
    node: str
    rest: list[str]
    sent: Json

    @property
    def fields(self) -> str:
        """The fields asked for; empty for the usual ones."""
        return str(self.sent.get("fields", ""))


Routes = dict[tuple[str, str, str], Callable[[Call], Any]]  # what answers may have to be awaited
