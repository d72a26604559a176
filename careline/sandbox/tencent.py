"""What WeChat's and WeCom's APIs have in common on this side: calls in JSON, and an ``errcode`` in every answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Container

from msgspec import Struct

from careline.sandbox.asgi import Request
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox

OK: Json = {"errcode": 0, "errmsg": "ok"}
ONLY_GET, ONLY_POST, EMPTY, NO_JSON = 43001, 43002, 44002, 47001

Refusal = Callable[[int], Exception]
"""Makes the platform's own error of a number."""


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
    def now(self) -> int:
        """The instant now."""
        return self.sandbox.now()


def sent(request: Request, refusal: Refusal, *, may_be_empty: bool = False) -> Json:
    """The JSON of a call. Raises the refusal of what is none."""
    if request.method == "GET" or request.headers.get("content-type", "").startswith("multipart/form-data"):
        return {}
    if not request.body.strip():
        if may_be_empty:
            return {}
        raise refusal(EMPTY)
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        raise refusal(NO_JSON) from None
    if not isinstance(found, dict):
        raise refusal(NO_JSON)
    return found


def wrong_method(path: str, routes: Container[tuple[str, str]], refusal: Refusal) -> Exception | None:
    """The refusal of a path that answers to the other method; None where it answers to neither."""
    for method, number in (("GET", ONLY_GET), ("POST", ONLY_POST)):
        if (method, path) in routes:
            return refusal(number)
    return None
