"""How a number is, as Meta tells it: its state, its limits, and who in its business keeps it from sending."""

from __future__ import annotations

from msgspec import Struct

from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_list, as_text
from careline.channels.whatsapp.setup import NUMBER_FIELDS, Number, number_of

FIELDS = f"{NUMBER_FIELDS},throughput,whatsapp_business_manager_messaging_limit,health_status,webhook_configuration"
_CALLBACKS = ("phone_number", "whatsapp_business_account", "application")  # the first that is set counts
MESSAGES_A_SECOND = {"standard": 80, "high": 1000}
LIMITS = {"tier_50": 50, "tier_250": 250, "tier_1k": 1000, "tier_2k": 2000, "tier_10k": 10_000, "tier_100k": 100_000}


class Obstacle(Struct, frozen=True):
    """What Meta says is wrong with an entity, and what it proposes."""

    code: str
    message: str
    solution: str


class Entity(Struct, frozen=True):
    """One on the way of a message: number, business account, business, app. ``can_send``: available, limited, blocked."""

    kind: str
    id: str
    can_send: str
    notes: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]


class State(Struct, frozen=True):
    """The number, and what is around it. Words are Meta's own in lower case; empty where Meta did not say."""

    number: Number
    throughput: str
    limit: str
    callback: str
    overall: str
    entities: tuple[Entity, ...]


async def read(graph: Graph) -> State:
    """The number's state now. Raises NotFound when the token sees no such number."""
    answer = await graph.get(graph.number, fields=FIELDS)
    health = as_fields(answer.get("health_status"))
    hooks = as_fields(answer.get("webhook_configuration"))

    def word(name: str, of: Fields = answer) -> str:
        return as_id(of.get(name)).lower()

    return State(
        number=number_of(answer),
        throughput=word("level", as_fields(answer.get("throughput"))),
        limit=word("whatsapp_business_manager_messaging_limit"),
        callback=next((as_text(hooks.get(name)) for name in _CALLBACKS if hooks.get(name)), ""),
        overall=word("can_send_message", health),
        entities=tuple(_entity(as_fields(one)) for one in as_list(health.get("entities"))),
    )


def _entity(given: Fields) -> Entity:
    return Entity(
        kind=as_id(given.get("entity_type")).lower(),
        id=as_id(given.get("id")),
        can_send=as_id(given.get("can_send_message")).lower(),
        notes=tuple(as_text(note) for note in given.get("additional_info") or () if as_text(note)),
        obstacles=tuple(
            Obstacle(as_id(e.get("error_code")), as_text(e.get("error_description")), as_text(e.get("possible_solution")))
            for e in map(as_fields, as_list(given.get("errors")))
        ),
    )
