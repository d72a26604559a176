"""Objects as Graph checks them: what is missing, what is unknown, what is too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from careline.sandbox.graph.errors import GraphError
from careline.sandbox.phone import Json

EVERYWHERE = ("messaging_product", "access_token", "appsecret_proof")


def shape(given: Any, where: str, required: str = "", optional: str = "") -> Json:
    """``given`` as an object with all the required keys and none beside the optional ones. Raises GraphError."""
    if not isinstance(given, dict):
        raise GraphError(100, f"(#100) Param {where} must be a JSON object.")
    for name in required.split():
        if given.get(name) is None:
            raise GraphError(100, f"(#100) The parameter {where}['{name}'] is required.")
    strange = sorted(given.keys() - set(required.split()) - set(optional.split()))
    if strange:
        raise GraphError(100, "(#100) Invalid parameter", details=f'Unexpected key "{strange[0]}" on param "{where}".')
    return given


def parameters(sent: Json, known: str) -> Json:
    """What was sent with a call, without what every call may carry. Raises GraphError for a parameter not ``known``."""
    given = {name: value for name, value in sent.items() if name not in EVERYWHERE}
    return shape(given, "", optional=known)


def items(given: Any, where: str, least: int, most: int) -> list[Any]:
    """``given`` as a list of so many. Raises GraphError."""
    if not isinstance(given, list):
        raise GraphError(100, f"(#100) Param {where} must be an array.")
    if not least <= len(given) <= most:
        raise wrong(f"{where}: invalid count. Min allowed: {least}, max allowed: {most}.")
    return given


def text(given: Json, name: str, most: int, where: str, *, empty: bool = False) -> str:
    """The text under a key, of at most so many characters. Raises GraphError."""
    value = given.get(name)
    if not isinstance(value, str):
        raise GraphError(100, f"(#100) The parameter {where}['{name}'] must be a string.")
    if not (empty or value.strip()) or len(value) > most:
        raise wrong(f"{where}['{name}']: length invalid. Min length: {0 if empty else 1}, max length: {most}.")
    return value


def one_of(value: Any, words: Sequence[str], where: str) -> str:
    """``value`` in lower case, if it is one of ``words``. Raises GraphError."""
    found = value.lower() if isinstance(value, str) else ""
    if found not in words:
        raise GraphError(100, f'(#100) Param {where} must be one of {{{", ".join(words)}}} - got "{value}".')
    return found


def unique(values: list[str], where: str) -> None:
    """Raises GraphError when two of them are the same."""
    if len(set(values)) < len(values):
        raise wrong(f"{where}: duplicated.")


def wrong(details: str) -> GraphError:
    """A value that Graph does not take."""
    return GraphError(131009, details=details)
