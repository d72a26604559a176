"""Whom a number has blocked. Meta: only people who wrote within the last 24 hours; a list holds 64,000."""

from __future__ import annotations

import msgspec

from careline.channels.whatsapp.graph import Graph


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


def _body(handle: str, kind: str) -> bytes:
    user = {"user": f"+{handle}"} if kind == "wa_phone" else {"user_id": handle}
    return msgspec.json.encode({"messaging_product": "whatsapp", "block_users": [user]})
