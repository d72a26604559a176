"""A list of Graph's in pages: ``limit``, ``after``, ``before``, and the addresses of the pages beside this one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import TypeVar

from careline.sandbox.graph.call import Call
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.phone import Json

USUAL = 25
T = TypeVar("T")


def page(call: Call, items: Sequence[T], key: Callable[[T], str], row: Callable[[T], Json]) -> Json:
    """One page of ``items``; ``key`` names an item in cursors. An empty list has no paging, as Graph's have none."""
    limit = _limit(call.sent)
    keys = [_cursor(key(item)) for item in items]
    start = 0
    if "after" in call.sent:
        start = _position(keys, str(call.sent["after"])) + 1
    elif "before" in call.sent:
        start = max(0, _position(keys, str(call.sent["before"])) - limit)
    shown, marks = items[start : start + limit], keys[start : start + limit]
    answer: Json = {"data": [row(item) for item in shown]}
    if marks:
        url = f"{call.sandbox.url}{call.request.path}?limit={limit}"
        paging: Json = {"cursors": {"before": marks[0], "after": marks[-1]}}
        if start + limit < len(items):
            paging["next"] = f"{url}&after={marks[-1]}"
        if start:
            paging["previous"] = f"{url}&before={marks[0]}"
        answer["paging"] = paging
    return answer


def _limit(sent: Json) -> int:
    given = str(sent.get("limit", USUAL))
    if not given.isascii() or not given.isdigit() or len(given) > 6 or int(given) < 1:
        raise GraphError(100, "(#100) Param limit must be a positive number.")
    return int(given)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _position(keys: list[str], cursor: str) -> int:
    if cursor not in keys:
        raise GraphError(100, "(#100) Invalid cursor")
    return keys.index(cursor)
