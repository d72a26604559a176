"""What the platform allows a number, and how much of it is used."""

from __future__ import annotations

from careline.channels.whatsapp import health, policy
from careline.channels.whatsapp.graph import Graph
from careline.model import Template
from careline.registering.check import reached
from careline.rules.records import Record
from careline.store.base import Store


async def limits(graph: Graph, store: Store, now: int) -> list[Record]:
    """A row a limit: what is ``allowed`` (None: no number is told), what is ``used``, and what the platform says."""
    state, channel = await health.read(graph), graph.channel
    templates = store.count(Template, "WHERE account = ? AND state <> 'deleted'", channel.account_id)
    rows = (
        ("customers a day", health.LIMITS.get(state.limit), reached(store, channel, now), state.limit),
        ("messages a second", health.MESSAGES_A_SECOND.get(state.throughput), None, state.throughput),
        ("templates", policy.TEMPLATES, templates, f"{policy.TEMPLATES_UNVERIFIED} for an unverified business"),
        ("messages to one customer", policy.PAIR_A_MINUTE, None, f"a minute; {policy.PAIR_BURST} at once"),
    )
    return [
        {"channel": channel.name, "limit": limit, "allowed": allowed, "used": used, "told": told or None}
        for limit, allowed, used, told in rows
    ]
