"""The parameters of a template message one by one: texts, amounts, times, files, places, products. Refusals are GraphError."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from careline.sandbox.graph.errors import GraphError
from careline.sandbox.phone import Json

FILES = ("IMAGE", "VIDEO", "DOCUMENT", "GIF")
_INSIDE = {
    "currency": ("fallback_value", "code", "amount_1000"),
    "date_time": ("fallback_value",),
    "location": ("latitude", "longitude"),
    "product": ("catalog_id", "product_retailer_id"),
}
_IGNORED = ("calendar", "year", "month", "day_of_month", "day_of_week", "hour", "minute")  # of a time


def many(given: Any, what: str) -> list[Json]:
    """A list of objects, empty where there is none."""
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise GraphError(100, f"(#100) Param {what} must be an array of objects.")
    return given


def only(given: Json, known: Collection[str], where: str) -> None:
    """Refuse a key that Meta does not know there."""
    if strange := sorted(given.keys() - set(known)):
        raise GraphError(100, "(#100) Invalid parameter", details=f'Unexpected key "{strange[0]}" on param "{where}".')


def value(kind: str, parameter: Json) -> str:
    """What the customer reads for a parameter of a text."""
    form = parameter.get("type")
    if form in ("currency", "date_time") and kind == "body":
        held = inside(parameter, form, kind, _IGNORED if form == "date_time" else ())
        if form == "currency" and (not isinstance(held["amount_1000"], int) or isinstance(held["amount_1000"], bool)):
            raise GraphError(131009, details=f"{kind}: amount_1000 must be a whole number")
        text = held["fallback_value"]
    elif form == "text":
        only(parameter, ("type", "text", "parameter_name", "sub_type"), kind)
        text = parameter.get("text")
    else:
        raise GraphError(132012, details=f"{kind}: a parameter of type {form} where text is expected")
    if not isinstance(text, str) or not text:
        raise GraphError(100, "(#100) Invalid parameter", details=f"{kind}: the text of a parameter is missing or empty")
    if re.search(r"[\n\t]| {5,}", text):
        raise GraphError(132007, details=f"{kind}: a parameter has a line break, a tab or more than four blanks in a row")
    return text


def inside(parameter: Json, form: str, where: str, also: Collection[str] = ()) -> Json:
    """The object of a parameter, with all that it must have."""
    held = parameter.get(form)
    if not isinstance(held, dict):
        raise GraphError(131008, details=f"{where}: {form} is required")
    if missing := [name for name in _INSIDE[form] if held.get(name) in (None, "")]:
        raise GraphError(131008, details=f"{where}: {missing[0]} of the {form} is required")
    only(held, (*_INSIDE[form], *also), form)
    return held


def media(form: str, parameters: list[Json], has_media: Callable[[str], bool]) -> str:
    """What the customer sees of a header that is no text."""
    kind = form.lower()
    if len(parameters) != 1:
        raise GraphError(132012, details=f"header: Format mismatch, expected {form}, received {len(parameters)} parameters")
    parameter = parameters[0]
    if parameter.get("type") != kind:
        raise GraphError(132012, details=f"header: Format mismatch, expected {form}, received {parameter.get('type')}")
    if form in FILES:
        _file(kind, parameter.get(kind), has_media)
    elif form == "LOCATION":
        held = inside(parameter, kind, "header", ("name", "address"))
        try:
            fits = abs(float(held["latitude"])) <= 90 and abs(float(held["longitude"])) <= 180
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise GraphError(131009, details="header: latitude and longitude are degrees")
    else:
        inside(parameter, kind, "header")
    return f"[{kind}]"


def _file(kind: str, held: Any, has_media: Callable[[str], bool]) -> None:
    if not isinstance(held, dict) or ("id" in held) == ("link" in held):
        raise GraphError(131008, details=f"header: one of id and link of the {kind} is required")
    only(held, ("id", "link", "filename") if kind == "document" else ("id", "link"), kind)
    if "id" in held and not has_media(str(held["id"])):
        raise GraphError(131009, details=f"header: there is no media {held['id']}; a header_handle is no media id")
    if "link" in held and not str(held["link"]).startswith(("http://", "https://")):
        raise GraphError(131009, details=f"header: the link of the {kind} is no address")
