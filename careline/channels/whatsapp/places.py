"""Where a template takes values, read from its definition as the account lists it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from msgspec import Struct

from careline.channels.whatsapp.loose import Fields, as_fields, as_list, as_text
from careline.model import Slot, Template
from careline.rules.template import VARIABLE

FILES = ("image", "video", "document", "gif")
HEADER, BODY, OFFER_BODY, CARD_BODY = 60, 1024, 600, 160  # characters, with the variables filled in


class Place(Struct, frozen=True):
    """A header, body, offer or button that takes values. ``card``: of that card; ``index``: of the button.

    All ``slots`` must be filled, ``optional`` keys may be given besides. ``text`` is the wording around variables, ``longest``
    what it may come to.
    """

    kind: str  # text, code, image, …, location, product, expiry, url, quick_reply, copy_code, flow, catalog, mpm
    component: str  # header, body, limited_time_offer, button
    index: int = 0
    card: int | None = None
    slots: tuple[Slot, ...] = ()
    optional: tuple[str, ...] = ()
    text: str = ""
    longest: int | None = None

    @property
    def prefix(self) -> str:
        """What the names of its slots begin with."""
        return "" if self.card is None else f"card{self.card}."

    @property
    def button(self) -> str:
        """The name of the button, as ``--param`` has it."""
        return f"{self.prefix}button{self.index}"

    def instead(self, slot: Slot) -> tuple[str, ...]:
        """The keys that can be given in the place of ``slot``."""
        if self.kind in FILES:
            return (f"{self.prefix}header.id",)
        if self.kind == "text" and self.component == "body":
            return (f"{slot.slot}.currency", f"{slot.slot}.date_time")
        return ()

    def takes(self) -> Iterator[str]:
        """Every key that may be given here."""
        for slot in self.slots:
            yield from (slot.slot, *self.instead(slot))
        yield from self.optional


def places(template: Template) -> list[Place]:
    """Every place of ``template`` that takes or may take values: header, body, offer, cards, buttons."""
    parts = _by_type(as_list(json.loads(template.components)))
    code = _is_code(template, parts)
    longest = OFFER_BODY if "LIMITED_TIME_OFFER" in parts else BODY
    found = [*_header(parts.get("HEADER", {}), None)]
    found += _code(parts.get("BODY", {})) if code else _body(parts.get("BODY", {}), None, longest)
    if as_fields(parts.get("LIMITED_TIME_OFFER", {}).get("limited_time_offer")).get("has_expiration") is True:
        slot = Slot("lto.expires", "limited_time_offer", 0, "expires", "expiry")
        found.append(Place("expiry", "limited_time_offer", slots=(slot,)))
    for index, card in enumerate(as_list(parts.get("CAROUSEL", {}).get("cards"))):
        inside = _by_type(as_list(as_fields(card).get("components")))
        found += [*_header(inside.get("HEADER", {}), index), *_body(inside.get("BODY", {}), index, CARD_BODY)]
        found += _buttons(inside, index)
    return [*found, *([] if code else _buttons(parts, None))]


def position(name: str) -> tuple[int, str]:
    """Numbers in their order before names: 10 comes after 9."""
    return (int(name), "") if name.isascii() and name.isdigit() else (10**9, name)


def _by_type(parts: list[object]) -> dict[str, Fields]:
    return {as_text(part.get("type")).upper(): part for part in map(as_fields, parts)}


def _button_list(parts: Mapping[str, Fields]) -> list[Fields]:
    return [as_fields(button) for button in as_list(parts.get("BUTTONS", {}).get("buttons"))]


def _is_code(template: Template, parts: Mapping[str, Fields]) -> bool:
    """True for a template that carries a one-time code. Meta lists its button as OTP or, once approved, as a URL."""
    kinds = [as_text(button.get("type")).upper() for button in _button_list(parts)]
    return "OTP" in kinds or (template.category.lower() == "authentication" and "URL" in kinds)


def _code(body: Fields) -> list[Place]:
    """The code stands in the body and again in the button."""
    (text,) = _body(body, None, BODY) or [Place("text", "body", slots=(Slot("1", "body", 0, "1"),))]
    return [Place("code", "body", slots=text.slots[:1])]


def _header(header: Fields, card: int | None) -> list[Place]:
    kind = as_text(header.get("format")).lower()
    prefix = "" if card is None else f"card{card}."
    if kind in FILES:
        handles = as_fields(header.get("example")).get("header_handle")
        example = as_text(handles[0] if isinstance(handles, list) and handles else handles)
        slot = Slot(f"{prefix}header.link", "header", 0, "link", kind, example)
        optional = (f"{prefix}header.filename",) if kind == "document" else ()
        return [Place(kind, "header", card=card, slots=(slot,), optional=optional)]
    if kind in ("location", "product"):
        slot = Slot(f"{prefix}header.{kind}", "header", 0, kind, kind)
        return [Place(kind, "header", card=card, slots=(slot,))]
    return _texts("header", header, card, HEADER)


def _body(body: Fields, card: int | None, longest: int) -> list[Place]:
    return _texts("body", body, card, longest)


def _texts(component: str, part: Fields, card: int | None, longest: int) -> list[Place]:
    text = as_text(part.get("text"))
    names = sorted(dict.fromkeys(VARIABLE.findall(text)), key=position)
    if not names:
        return []
    examples = _examples(component, as_fields(part.get("example")), names)
    prefix = ("" if card is None else f"card{card}.") + ("header." if component == "header" else "")
    slots = tuple(Slot(prefix + name, component, 0, name, "text", examples.get(name, "")) for name in names)
    return [Place("text", component, card=card, slots=slots, text=text, longest=longest)]


def _examples(component: str, example: Fields, names: list[str]) -> dict[str, str]:
    """Examples by variable. Meta has them as a list, as a list in a list, or with names; once as a bare text."""
    named = [as_fields(each) for each in as_list(example.get(f"{component}_text_named_params"))]
    if named:
        return {as_text(each.get("param_name")): as_text(each.get("example")) for each in named}
    told = example.get(f"{component}_text")
    while isinstance(told, list) and told and isinstance(told[0], list):
        told = told[0]
    values = told if isinstance(told, list) else [told]
    return dict(zip(names, map(as_text, values), strict=False))


def _buttons(parts: Mapping[str, Fields], card: int | None) -> list[Place]:
    found = [_button(button, index, card) for index, button in enumerate(_button_list(parts))]
    return [place for place in found if place is not None]


def _button(button: Fields, index: int, card: int | None) -> Place | None:
    """The place of a button that takes something; None for one that is the same in every message."""
    kind = as_text(button.get("type")).lower()
    example = button.get("example")
    shown = as_text(example[0] if isinstance(example, list) and example else example)
    name = f"button{index}" if card is None else f"card{card}.button{index}"
    if kind == "url":
        url = as_text(button.get("url"))
        variable = VARIABLE.search(url)
        slots = (Slot(name, "button", index, variable[1], "text", shown),) if variable else ()
        return Place(kind, "button", index, card, slots, text=url) if variable else None
    if kind == "copy_code":
        return Place(kind, "button", index, card, (Slot(name, "button", index, "code", "coupon_code", shown),))
    if kind == "mpm":
        thumbnail, sections = Slot(name, "button", index, "thumbnail", "product_id"), f"{name}.sections"
        return Place(kind, "button", index, card, (thumbnail, Slot(sections, "button", index, "sections", "sections")))
    optional = {"quick_reply": (name,), "catalog": (name,), "flow": (name, f"{name}.data")}.get(kind)
    return None if optional is None else Place(kind, "button", index, card, optional=optional)
