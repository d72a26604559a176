"""Sends messages for one business number."""

from __future__ import annotations

import msgspec

from careline.channels.ports import Accepted, Outgoing, Request
from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.loose import as_fields, as_id, as_list
from careline.channels.whatsapp.media import MediaCalls
from careline.channels.whatsapp.messages import body
from careline.channels.whatsapp.people import digits
from careline.errors import Unknown


class WhatsAppClient:
    """One business number's messages. ``media`` takes and gives their files."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.media = MediaCalls(graph)

    def request(self, message: Outgoing) -> Request:
        """The request that would send ``message``. Pure. Raises Usage for what WhatsApp would refuse by its form."""
        return Request("POST", f"{self._graph.number}/messages", msgspec.json.encode(body(message)).decode())

    async def send(self, request: Request) -> Accepted:
        """Hand it to WhatsApp, which repeats nothing and knows no request twice: never call this again after Unknown.

        Raises NotSent (safe to try again), Refused or OutsideWindow (never unchanged), CredentialsRefused, or Unknown (it may
        have gone out).
        """
        answer = await self._graph.call(request.method, request.path, content=request.body.encode())
        message = as_fields(next(iter(as_list(answer.get("messages"))), None))
        if not as_id(message.get("id")):
            raise Unknown("WhatsApp took the message, but gave no id for it.")
        contact = as_fields(next(iter(as_list(answer.get("contacts"))), None))
        others = {"wa_id": digits(as_id(contact.get("wa_id"))), "wa_bsuid": as_id(contact.get("user_id"))}
        note = as_id(message.get("message_status")).lower()
        return Accepted(
            id=as_id(message.get("id")),
            note="" if note == "accepted" else note,
            others=tuple((kind, value) for kind, value in others.items() if value),
        )

    async def read(self, message_id: str, *, typing: bool) -> None:
        """Show the customer that everything up to their message was read, and perhaps that somebody types.

        Harmless when it happens twice. Meta: of the last 30 days; typing ends with the next message, or after 25 seconds.
        """
        wanted: dict[str, object] = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
        if typing:
            wanted["typing_indicator"] = {"type": "text"}
        path = f"{self._graph.number}/messages"
        await self._graph.call("POST", path, content=msgspec.json.encode(wanted), may_change=False)
