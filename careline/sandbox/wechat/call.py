"""One call of WeChat's API, and the tables that say who answers it.

Each module that answers calls has a table of its own, ``ROUTES``: (method, path) → what answers. A path that answers to both
GET and POST stands there twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from careline.sandbox.asgi import Request
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat.state import WeChat


class Call(Struct):
    """One call: its ``query``, and the JSON that was ``sent`` ({} with GET and with a file)."""

    sandbox: Sandbox
    request: Request
    sent: Json

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address."""
        return dict(self.request.query)

    @property
    def account(self) -> WeChat:
        """The Official Account."""
        return self.sandbox.world.wechat

    @property
    def now(self) -> int:
        """The instant now."""
        return self.sandbox.now()


Routes = dict[tuple[str, str], Callable[[Call], Any]]  # what answers may have to be awaited
OK: Json = {"errcode": 0, "errmsg": "ok"}
