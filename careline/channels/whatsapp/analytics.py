"""What Meta counted: messages, conversations, prices, templates. Instants are microseconds in our rows, seconds in Meta's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_instant, as_int, as_list
from careline.clock import SECOND
from careline.errors import Refused

Row = dict[str, Any]
TEMPLATES_A_CALL = 10
ON_ALREADY = "200006"
DIMENSIONS = {  # what a person calls them, and Meta
    "conversations": {
        "category": "CONVERSATION_CATEGORY",
        "direction": "CONVERSATION_DIRECTION",
        "type": "CONVERSATION_TYPE",
        "country": "COUNTRY",
        "phone": "PHONE",
    },
    "pricing": {
        "category": "PRICING_CATEGORY",
        "type": "PRICING_TYPE",
        "tier": "TIER",
        "country": "COUNTRY",
        "phone": "PHONE",
    },
}
_FIELD_OF = {
    "CONVERSATION_CATEGORY": "conversation_category",
    "CONVERSATION_DIRECTION": "conversation_direction",
    "CONVERSATION_TYPE": "conversation_type",
    "PRICING_CATEGORY": "pricing_category",
    "PRICING_TYPE": "pricing_type",
    "TIER": "tier",
    "COUNTRY": "country",
    "PHONE": "phone_number",
}


class Analytics:
    """The counts of one business account over the days from ``since`` to ``until``."""

    def __init__(self, graph: Graph, since: int, until: int) -> None:
        self._graph = graph
        self._since = str(since // SECOND)
        self._until = str(until // SECOND)

    async def messages(self, step: str) -> list[Row]:
        """``sent`` and ``delivered`` a ``day``, ``month`` or ``half_hour``."""
        found = await self._field("analytics", step.upper(), "phone_numbers([])")
        return [
            _row(point, sent=as_int(point.get("sent")), delivered=as_int(point.get("delivered"))) for point in _points(found)
        ]

    async def conversations(self, step: str, by: str) -> list[Row]:
        """``conversations`` and their ``cost`` by one dimension, or (empty) in all."""
        return await self._priced("conversation_analytics", step, "conversations", "conversation", by)

    async def pricing(self, step: str, by: str) -> list[Row]:
        """Delivered ``messages`` and their ``cost`` by one dimension, or (empty) in all."""
        return await self._priced("pricing_analytics", step, "pricing", "volume", by)

    async def templates(self, ids: Sequence[str]) -> list[Row]:
        """``sent``, ``delivered`` and ``read`` a day of each template. Meta counts once that is switched on, for 90 days."""
        rows: list[Row] = []
        for first in range(0, len(ids), TEMPLATES_A_CALL):
            asked = ",".join(ids[first : first + TEMPLATES_A_CALL])
            params = {"start": self._since, "end": self._until, "granularity": "DAILY", "template_ids": f"[{asked}]"}
            async for item in self._graph.all(
                f"{self._graph.account}/template_analytics", metric_types="sent,delivered,read", **params
            ):
                for point in map(as_fields, as_list(item.get("data_points"))):
                    counts = {name: as_int(point.get(name)) for name in ("sent", "delivered", "read")}
                    rows.append(_row(point, template_id=as_id(point.get("template_id")), **counts))
        return rows

    async def switch_templates_on(self) -> None:
        """Have Meta count templates from now on. Nobody can undo it."""
        try:
            await self._graph.post(self._graph.account, {"is_enabled_for_insights": True}, "id")
        except Refused as refusal:
            if refusal.platform_code != ON_ALREADY:
                raise

    async def _priced(self, name: str, step: str, kind: str, counted: str, by: str) -> list[Row]:
        dimension = DIMENSIONS[kind][by] if by else ""
        chained = f'dimensions(["{dimension}"])' if dimension else "dimensions([])"
        steps = {"day": "DAILY", "month": "MONTHLY", "half_hour": "HALF_HOUR"}
        found = await self._field(name, steps[step], chained)
        unit = "conversations" if kind == "conversations" else "messages"
        rows: list[Row] = []
        for data in map(as_fields, as_list(found.get("data"))):
            for point in _points(data):
                group = as_id(point.get(_FIELD_OF[dimension])).lower() if dimension else ""
                cost = point.get("cost")
                counts = {unit: as_int(point.get(counted)), "cost": float(cost) if isinstance(cost, int | float) else None}
                rows.append(_row(point, **({by: group} if by else {}), **counts))
        return rows

    async def _field(self, name: str, granularity: str, chained: str) -> Fields:
        asked = f"{name}.start({self._since}).end({self._until}).granularity({granularity}).{chained}"
        return as_fields((await self._graph.get(self._graph.account, fields=asked)).get(name))


def _points(found: Fields) -> Iterator[Fields]:
    return map(as_fields, as_list(found.get("data_points")))


def _row(point: Fields, **counts: Any) -> Row:
    return {"start_at": as_instant(point.get("start")), "end_at": as_instant(point.get("end")), **counts}
