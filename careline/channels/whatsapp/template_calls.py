"""The account's message templates on the platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from careline.channels.whatsapp.graph import PAGE, Graph, node
from careline.channels.whatsapp.loose import Fields, as_id, as_text
from careline.errors import NotFound, Refused, Unknown

_FIELDS = (
    "id,name,language,status,category,components,parameter_format,quality_score,rejected_reason,previous_category,"
    "correct_category,message_send_ttl_seconds,last_updated_time"
)
_CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
_AT_ONCE = 8
MANY, MANY_IDS = 250, 1000  # on a page of a long list: Graph refuses pages that come out too large


class TemplateCalls:
    """The templates of one business account. Meta: 100 are created an hour, 5,000 calls an hour altogether."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def create(self, definition: Mapping[str, Any]) -> Fields:
        """Submit a template for review: ``id``, ``status`` and the ``category`` Meta chose, which may be another one."""
        return await self._graph.post(self._all, dict(definition), "id")

    async def edit(self, id: str, changes: Mapping[str, Any]) -> None:
        """Replace ``components``, ``category`` or ``message_send_ttl_seconds``: it is reviewed again.

        Meta: not while it is in review; an approved one once a day and ten times in 30 days, never its category.
        """
        await self._agreed("POST", node(id), content=msgspec.json.encode(dict(changes)))

    async def delete(self, name: str, id: str) -> None:
        """Delete a name in one language. Meta: the name of an approved one is blocked for 30 days."""
        await self._agreed("DELETE", self._all, params={"name": name, "hsm_id": id})

    async def delete_all(self, name: str) -> None:
        """Delete a name in all its languages."""
        await self._agreed("DELETE", self._all, params={"name": name})

    async def unpause(self, id: str) -> None:
        """Let one go out again that pacing paused. Meta: five minutes later at the earliest. Raises Refused, saying why."""
        answer = await self._graph.call("POST", f"{node(id)}/unpause")
        if answer.get("success") is not True:
            raise Refused(as_text(answer.get("reason")) or "WhatsApp did not unpause it, and gives no reason.")

    async def one(self, id: str) -> Fields:
        """A template by its id. Raises NotFound."""
        return await self._graph.get(node(id), fields=_FIELDS)

    async def list(self, name: str | None = None, **filters: str) -> AsyncIterator[Fields]:
        """The account's templates as Meta has them, in all languages; with ``name`` only those of exactly that name."""
        wanted = {"fields": _FIELDS, **filters} | ({"name": name} if name else {})
        async for template in self._graph.all(self._all, **wanted):
            if name in (None, template.get("name")):
                yield template

    async def everything(self, seen: Callable[[int], None] = lambda count: None) -> Sequence[Fields]:
        """All templates of the account, each once. ``seen`` hears how many there are so far.

        A page leads to the next, so a long list is read by category, three at a time, beside a list of mere ids that tells what
        none of the three had.
        """
        first: list[Fields] = []
        async for template in self.list():
            first.append(template)
            if len(first) > PAGE:
                break
        else:
            seen(len(first))
            return first
        found: dict[str, Fields] = {}
        ids: set[str] = set()

        async def of(category: str) -> None:
            async for template in self.list(category=category, limit=str(MANY)):
                found[as_id(template.get("id"))] = template
                seen(len(found))

        async def names() -> None:
            async for template in self._graph.all(self._all, fields="id", limit=str(MANY_IDS)):
                ids.add(as_id(template.get("id")))

        await _together([*map(of, _CATEGORIES), names()])
        found |= await self._each(sorted(ids - found.keys()))
        seen(len(found))
        return [*found.values()]

    @property
    def _all(self) -> str:
        return f"{self._graph.account}/message_templates"

    async def _each(self, ids: Iterable[str]) -> dict[str, Fields]:
        """Some templates by their ids, several at a time; one that was deleted meanwhile is left out."""
        free = asyncio.Semaphore(_AT_ONCE)
        found: dict[str, Fields] = {}

        async def one(id: str) -> None:
            async with free:
                try:
                    found[id] = await self.one(id)
                except NotFound:
                    return

        await _together(map(one, ids))
        return found

    async def _agreed(self, method: str, path: str, **asked: Any) -> None:
        """A call that answers ``success``. Raises Unknown when it says nothing of the kind."""
        answer = await self._graph.call(method, path, **asked)
        if answer.get("success") is not True:
            raise Unknown("WhatsApp's answer lacks 'success': it may have taken effect.")


async def _together(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it at the same time. The first error ends the rest, and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
