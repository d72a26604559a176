"""Whom a number has blocked. Meta: only people who wrote within the last 24 hours; a list holds 64,000."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.loose import as_id


class Blocking:
    """The block list of one business number."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._path = f"{graph.number}/block_users"

    async def block(self, handle: str, kind: str) -> None:
        """Block somebody (``wa_phone`` or ``wa_bsuid``); done already is no error. Raises Refused."""
        await self._graph.call("POST", self._path, content=_body(handle, kind))

    async def unblock(self, handle: str, kind: str) -> None:
        """Let somebody write again; done already is no error. Raises Refused."""
        await self._graph.call("DELETE", self._path, content=_body(handle, kind))

    async def blocked(self) -> AsyncIterator[str]:
        """Everybody on the list, by phone digits or user id. Meta wraps each page's people in ``block_users``, or not."""
        async for item in self._graph.all(self._path):
            for one in item.get("block_users") or [item]:
                yield as_id(one.get("wa_id")) or as_id(one.get("user_id"))


def _body(handle: str, kind: str) -> bytes:
    user = {"user": f"+{handle}"} if kind == "wa_phone" else {"user_id": handle}
    return msgspec.json.encode({"messaging_product": "whatsapp", "block_users": [user]})
