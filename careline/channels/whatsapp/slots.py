"""What a template wants filled in, and the filled-in components that WhatsApp takes.

Slots are named as ``--param`` names them: ``1`` or ``name`` in the body, ``header.1`` or ``header.name`` in a header text,
``header.link`` for the file of a header, ``header.location``, ``header.product``, ``button0`` for a button, counted from 0 as
the template lists them, ``lto.expires`` for an offer; on the cards of a carousel the same after ``card0.``. What may stand in
the place of a slot, and what may come besides, is said by ``places.py``; how values are written by ``filling.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

from careline.channels.whatsapp import filling
from careline.channels.whatsapp.loose import Fields
from careline.channels.whatsapp.places import Place, places, position
from careline.errors import Usage
from careline.model import Slot, Template


def slots(template: Template) -> tuple[Slot, ...]:
    """Every slot that ``template`` wants filled, in the order header, body, offer, cards, buttons. All are required.

    The code of an authentication template is one slot: WhatsApp wants it in the body and in the button.
    """
    return tuple(slot for place in places(template) for slot in place.slots)


def components(template: Template, given: Mapping[str, str]) -> list[Fields]:
    """WhatsApp's ``components`` for the values ``given``.

    Raises Usage naming the slot that is missing, empty, not there, or whose value WhatsApp would refuse: what comes of this is
    never answered by 132000, 132005, 132007 or 132012.
    """
    wanted = places(template)
    name = f"{template.name}/{template.language}"
    hint = _takes(wanted)
    _check_keys(name, wanted, given, hint)
    filled: list[Fields] = []
    cards: dict[int, list[Fields]] = {}
    for place in wanted:
        try:
            made = filling.component(place, given)
        except filling.Wrong as wrong:
            raise Usage(f"Parameter {wrong.slot!r} of {name} {wrong.why}.", hint=hint) from None
        if place.card is not None:
            cards.setdefault(place.card, []).extend(made)
        else:
            filled += made
    if not cards:
        return filled
    inside = [{"card_index": index, "components": made} for index, made in sorted(cards.items())]
    return [*filled, {"type": "carousel", "cards": inside}]


def unknown_components(name: str, given: Mapping[str, str]) -> list[Fields]:
    """The same for a template whose definition is not known: then only the body can be filled."""
    for slot in given:
        if "." in slot or slot.startswith("button"):
            raise Usage(
                f"The definition of {name} is not known here, so only the variables of its body can be filled.",
                hint=f"Leave out --param {slot}=…, or read the templates first.",
                run="careline templates list",
            )
    slots = tuple(Slot(slot, "body", 0, slot) for slot in given)
    body = Place("text", "body", slots=tuple(sorted(slots, key=lambda slot: position(slot.name))))
    try:
        return filling.component(body, given)
    except filling.Wrong as wrong:
        raise Usage(f"Parameter {wrong.slot!r} of {name} {wrong.why}.") from None


def _check_keys(name: str, wanted: list[Place], given: Mapping[str, str], hint: str) -> None:
    known = {key for place in wanted for key in place.takes()}
    for key in given:
        if key not in known:
            raise Usage(f"{name} has no parameter {key!r}.", hint=hint)
        if not given[key].strip():
            raise Usage(f"Parameter {key!r} of {name} is empty.", hint=hint)
    for place in wanted:
        for slot in place.slots:
            told = [key for key in (slot.slot, *place.instead(slot)) if key in given]
            if not told:
                raise Usage(f"Parameter {slot.slot!r} of {name} is missing.", hint=hint)
            if len(told) > 1:
                raise Usage(f"Parameter {told[0]!r} of {name} is given once more as {told[1]!r}.", hint=hint)


def _takes(wanted: list[Place]) -> str:
    needed = [f"--param {slot.slot}=…" for place in wanted for slot in place.slots]
    besides = [f"--param {key}=…" for place in wanted for key in place.optional]
    said = "It takes " + " ".join(needed) if needed else "It takes no parameters."
    return f"{said}\nIt may take {' '.join(besides)}" if besides else said
