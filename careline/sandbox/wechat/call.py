"""One call of WeChat's API, and the tables that say who answers it.

Each module that answers calls has a table of its own, ``ROUTES``: (method, path) → what answers. A path that answers to both
GET and POST stands there twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from careline.sandbox import tencent
from careline.sandbox.tencent import OK
from careline.sandbox.wechat.state import WeChat

__all__ = ["OK", "Call", "Routes"]


class Call(tencent.Call):
    """One call on the Official Account."""

    @property
    def account(self) -> WeChat:
        """The Official Account."""
        return self.sandbox.world.wechat


Routes = dict[tuple[str, str], Callable[[Call], Any]]  # what answers may have to be awaited
