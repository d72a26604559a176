"""A template filled in: are these the parameters its definition asks for, and what does the customer then read?

Refusals are Meta's: 132000 for how many, 132012 for their form, 131008 for what is missing inside one, 131009 for what is there
and wrong, 100 for a name that is missing and keys that are unknown, 132005 and 132007 for texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.fields import words
from careline.sandbox.graph.template_texts import variables
from careline.sandbox.graph.template_use_buttons import button
from careline.sandbox.graph.template_use_values import many, media, only, value
from careline.sandbox.phone import Button, Json
from careline.sandbox.world import Template

LONGEST = {"header": 60, "body": 1024}
OFFER_BODY, CARD_BODY = 600, 160
CODE = 15

Sent = dict[str, list[Json]]


class Filled(Struct):
    """What the customer sees."""

    text: str
    buttons: list[Button]


def fill(template: Template, given: Any, has_media: Callable[[str], bool] = lambda id: False) -> Filled:
    """The message that ``given`` (``template.components`` of a send) makes of ``template``. Raises GraphError.

    ``has_media`` says whether a media id is one that was uploaded.
    """
    sent, cards = _sent(given)
    named = template.parameter_format == "NAMED"
    kinds = [str(one["type"]) for one in template.components]
    longest = OFFER_BODY if "LIMITED_TIME_OFFER" in kinds else LONGEST["body"]
    filled = _parts(template.components, sent, named, longest, has_media)
    if template.category == "AUTHENTICATION" and any(len(one.payload) > CODE for one in filled.buttons if one.kind == "CODE"):
        raise GraphError(132005, details=f"body: a code has at most {CODE} characters")
    _nothing_left(sent)
    definition = next((one for one in template.components if one["type"] == "CAROUSEL"), None)
    if definition is not None:
        for inside, kept in zip(_in_order(cards, len(definition["cards"])), definition["cards"], strict=True):
            sent, more = _sent(inside.get("components"))
            card = _parts(kept["components"], sent, named, CARD_BODY, has_media)
            _nothing_left(sent)
            if more:
                raise GraphError(100, "(#100) A card has no cards.")
            filled = Filled(f"{filled.text}\n{card.text}", [*filled.buttons, *card.buttons])
    elif cards:
        raise GraphError(132000, details="carousel: the template has no cards")
    return filled


def _parts(components: list[Json], sent: Sent, named: bool, longest: int, has_media: Callable[[str], bool]) -> Filled:
    """What the components of a template or of a card come to; what they use is taken out of ``sent``."""
    texts: list[str] = []
    buttons: list[Button] = []
    for component in components:
        kind = str(component["type"]).lower()
        if kind == "buttons":
            for index, one in enumerate(component["buttons"]):
                buttons.append(button(one, index, sent.pop(f"button {index}", [])))
        elif kind == "header" and component.get("format") != "TEXT":
            texts.append(media(str(component["format"]), sent.pop("header", []), has_media))
        elif kind == "limited_time_offer":
            _offer(component, sent.pop(kind, []))
            texts.append(str(component["limited_time_offer"].get("text", "")))
        elif "text" in component:
            most = longest if kind == "body" else LONGEST.get(kind, 60)
            texts.append(_text(kind, str(component["text"]), sent.pop(kind, []), named, most))
    return Filled("\n".join(texts), buttons)


def _sent(given: Any) -> tuple[Sent, list[Json]]:
    """The parameters sent, by place (``header``, ``body``, ``button 0``…), and the cards."""
    places: Sent = {}
    cards: list[Json] = []
    for one in many(given, "template['components']"):
        kind = str(one.get("type", "")).lower()
        if kind not in _KEYS:
            raise GraphError(100, f"(#100) Param type must be one of {{{', '.join(_KEYS).upper()}}}")
        only(one, _KEYS[kind], kind)
        if kind == "carousel":
            cards = many(one.get("cards"), "cards")
            continue
        parameters = many(one.get("parameters"), "parameters")
        if kind == "button":
            kind = _place(one)
            parameters = [each | {"sub_type": str(one["sub_type"]).upper()} for each in parameters]
        if kind in places:
            raise GraphError(100, f"(#100) The component {kind} is given twice.")
        if kind != "tap_target_configuration":
            places[kind] = parameters
    return {place: parameters for place, parameters in places.items() if parameters}, cards


def _place(component: Json) -> str:
    """Which button is meant: by its index, a number or its digits."""
    if not component.get("sub_type"):
        raise GraphError(131008, details="button: sub_type is required")
    index = str(component.get("index", ""))
    if isinstance(component.get("index"), bool) or not re.fullmatch(r"[0-9]", index):
        raise GraphError(131009, details="button: index must be between 0 and 9")
    return f"button {index}"


def _in_order(cards: list[Json], wanted: int) -> list[Json]:
    if len(cards) != wanted:
        raise GraphError(
            132000, details=f"carousel: number of cards ({len(cards)}) does not match the expected number of cards ({wanted})"
        )
    for card in cards:
        only(card, words("card_index components"), "cards")
    if sorted(str(card.get("card_index")) for card in cards) != [str(index) for index in range(wanted)]:
        raise GraphError(131009, details=f"carousel: card_index must be each of 0 to {wanted - 1}")
    return sorted(cards, key=lambda card: int(card["card_index"]))


def _nothing_left(sent: Sent) -> None:
    if sent:
        raise GraphError(132000, details=f"{next(iter(sent))}: the template takes no parameters there")


def _offer(component: Json, parameters: list[Json]) -> None:
    wanted = int(component["limited_time_offer"].get("has_expiration") is True)
    if len(parameters) != wanted:
        raise GraphError(132000, details=f"limited_time_offer: {len(parameters)} parameters where {wanted} is expected")
    for parameter in parameters:
        held = parameter.get("limited_time_offer")
        ends = held.get("expiration_time_ms") if isinstance(held, dict) else None
        if parameter.get("type") != "limited_time_offer" or not isinstance(ends, int) or isinstance(ends, bool):
            raise GraphError(132012, details="limited_time_offer: expiration_time_ms in milliseconds is expected")


def _text(kind: str, text: str, parameters: list[Json], named: bool, longest: int) -> str:
    wanted = list(dict.fromkeys(variables(text)))
    if len(wanted) != len(parameters):
        raise GraphError(
            132000,
            details=f"{kind}: number of localizable_params ({len(parameters)}) does not match the expected number of "
            f"params ({len(wanted)})",
        )
    positions = wanted if named else sorted(wanted, key=lambda one: int(one) if one.isdigit() else 0)
    values: dict[str, str] = {}
    for name, parameter in zip(positions, parameters, strict=True):
        if named:
            name = parameter.get("parameter_name", "")
            if not name:
                raise GraphError(100, "(#100) Invalid parameter", details="Parameter name is missing or empty")
            if name not in wanted:
                raise GraphError(132000, details=f"{kind}: the template has no parameter {name}")
        values[str(name)] = value(kind, parameter)
    if set(values) != set(wanted):
        raise GraphError(132000, details=f"{kind}: a parameter is given twice")
    filled = re.sub(r"\{\{\s*([^{}]*?)\s*\}\}", lambda found: values[found.group(1)], text)
    if len(filled) > longest:
        raise GraphError(132005, details=f"{kind}: {len(filled)} characters, {longest} are allowed")
    return filled


_KEYS = {
    "header": words("type parameters"),
    "body": words("type parameters"),
    "button": words("type sub_type index parameters"),
    "limited_time_offer": words("type parameters"),
    "carousel": words("type cards"),
    "tap_target_configuration": words("type parameters"),
}
