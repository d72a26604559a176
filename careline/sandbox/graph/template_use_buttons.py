"""The buttons of a template message: what each kind takes, and what a tap on it then says. Refusals are GraphError."""

from __future__ import annotations

import re
from typing import Any

from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.template_texts import variables
from careline.sandbox.graph.template_use_values import many, only, value
from careline.sandbox.phone import Button, Json

SECTIONS, PRODUCTS, TITLE = 10, 30, 24
COUPON, PAYLOAD = 20, 256
_OTP = "https://www.whatsapp.com/otp/code/"
_TAKES = {  # the form of the one parameter, and whether it must be there
    "QUICK_REPLY": ("payload", False),
    "COPY_CODE": ("coupon_code", True),
    "FLOW": ("action", False),
    "CATALOG": ("action", False),
    "MPM": ("action", True),
    "VOICE_CALL": ("payload", False),
}


def button(definition: Json, index: int, parameters: list[Json]) -> Button:
    """The button on the customer's phone. A code's has the kind CODE and the code as its payload."""
    kind = str(definition["type"])
    label = str(definition.get("text") or kind.replace("_", " ").capitalize())
    where = f"button at index {index}"
    if parameters and parameters[0]["sub_type"] != kind:
        raise GraphError(132012, details=f"{where}: Format mismatch, expected {kind}, received {parameters[0]['sub_type']}")
    if kind in ("URL", "PHONE_NUMBER"):
        return _address(definition, label, where, parameters)
    form, needed = _TAKES.get(kind, ("nothing", False))
    if len(parameters) > (form != "nothing") or (needed and not parameters):
        raise _count(where, len(parameters), int(needed))
    if not parameters:
        return Button(label, label, kind)
    parameter = parameters[0]
    if parameter.get("type") != form:
        raise GraphError(132012, details=f"{where}: Format mismatch, expected {form}, received {parameter.get('type')}")
    only(parameter, ("type", "sub_type", form), "parameters")
    if form == "action":
        return Button(label, _ACTIONS[kind](parameter.get("action"), where), kind)
    return Button(label, _word(form, parameter.get(form), where), kind)


def _address(definition: Json, label: str, where: str, parameters: list[Json]) -> Button:
    target = str(definition.get("url") or definition.get("phone_number"))
    wanted = len(variables(target)) if definition["type"] == "URL" else 0
    if wanted != len(parameters):
        raise _count(where, len(parameters), wanted)
    if not wanted:
        return Button(label, target, str(definition["type"]))
    end = value("button", parameters[0])
    if target.startswith(_OTP):
        return Button(label, end, "CODE")
    return Button(label, re.sub(r"\{\{[^{}]*\}\}", lambda found: end, target), "URL")


def _word(form: str, said: Any, where: str) -> str:
    if not isinstance(said, str) or not said:
        raise GraphError(131008, details=f"{where}: {form} is required")
    if form == "coupon_code" and not (said.isascii() and said.isalnum() and len(said) <= COUPON):
        raise GraphError(132012, details=f"{where}: a coupon_code of letters and digits, at most {COUPON}, is expected")
    if len(said) > PAYLOAD:
        raise GraphError(131009, details=f"{where}: the payload has {len(said)} characters, {PAYLOAD} are allowed")
    return said


def _flow(action: Any, where: str) -> str:
    held = _object(action, where, ("flow_token", "flow_action_data"))
    data = held.get("flow_action_data")
    if data is not None and (not isinstance(data, dict) or not data):
        raise GraphError(131009, details=f"{where}: flow_action_data must be an object that is not empty")
    return str(held.get("flow_token", "unused"))


def _catalog(action: Any, where: str) -> str:
    return str(_object(action, where, ("thumbnail_product_retailer_id",)).get("thumbnail_product_retailer_id", ""))


def _products(action: Any, where: str) -> str:
    held = _object(action, where, ("thumbnail_product_retailer_id", "sections"))
    if not held.get("thumbnail_product_retailer_id"):
        raise GraphError(131008, details=f"{where}: thumbnail_product_retailer_id is required")
    sections = many(held.get("sections"), "sections")
    items = [item for one in sections for item in many(one.get("product_items"), "product_items")]
    if not 1 <= len(sections) <= SECTIONS or not 1 <= len(items) <= PRODUCTS:
        raise GraphError(131009, details=f"{where}: 1 to {SECTIONS} sections with 1 to {PRODUCTS} products are allowed")
    if any(not 1 <= len(str(one.get("title", ""))) <= TITLE for one in sections):
        raise GraphError(131009, details=f"{where}: a section has a title of at most {TITLE} characters")
    if not all(item.get("product_retailer_id") for item in items):
        raise GraphError(131008, details=f"{where}: product_retailer_id is required")
    return str(held["thumbnail_product_retailer_id"])


def _object(action: Any, where: str, known: tuple[str, ...]) -> Json:
    if not isinstance(action, dict):
        raise GraphError(131008, details=f"{where}: action is required")
    only(action, known, "action")
    return action


def _count(where: str, given: int, wanted: int) -> GraphError:
    return GraphError(
        132000,
        details=f"{where}: number of localizable_params ({given}) does not match the expected number of params ({wanted})",
    )


_ACTIONS = {"FLOW": _flow, "CATALOG": _catalog, "MPM": _products}
