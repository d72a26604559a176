"""The number's QR codes on the platform."""

from __future__ import annotations

from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.loose import Fields
from careline.channels.whatsapp.messages import storable
from careline.channels.whatsapp.policy import CODE_CHARACTERS
from careline.errors import Usage


class Codes:
    """The message codes of one business number."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def create_qr(self, prefilled_text: str) -> Fields:
        """Make a code that opens a chat with ``prefilled_text`` typed in: ``code`` and ``deep_link_url``. It never expires."""
        if not prefilled_text.strip():
            raise Usage("The text of the code is empty.", hint="--text says what the customer's message starts with.")
        if len(prefilled_text) > CODE_CHARACTERS:
            raise Usage(f"The text of the code has {len(prefilled_text)} characters; WhatsApp takes {CODE_CHARACTERS}.")
        wanted = {"prefilled_message": storable(prefilled_text, "text")}
        return await self._graph.post(f"{self._graph.number}/message_qrdls", wanted, "deep_link_url")
