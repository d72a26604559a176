"""The account's message templates on the platform."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.loose import Fields

_FIELDS = "id,name,language,status,category,components,parameter_format,quality_score,rejected_reason"


class TemplateCalls:
    """The templates of one business account."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def create(self, definition: Mapping[str, Any]) -> Fields:
        """Submit a template for review: ``id``, ``status`` and the ``category`` Meta chose, which may be another one."""
        return await self._graph.post(f"{self._graph.account}/message_templates", dict(definition), "id")

    async def list(self, name: str | None = None) -> AsyncIterator[Fields]:
        """The account's templates as Meta has them, in all languages; with ``name`` only those of exactly that name."""
        wanted = {"fields": _FIELDS} | ({"name": name} if name else {})
        async for template in self._graph.all(f"{self._graph.account}/message_templates", **wanted):
            if name in (None, template.get("name")):
                yield template
