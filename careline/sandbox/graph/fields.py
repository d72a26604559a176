"""``fields=a,b{c},d.format(SVG)``: what a caller wants to see of a node."""

from __future__ import annotations

import re
from collections.abc import Collection

from careline.sandbox.graph.errors import GraphError
from careline.sandbox.phone import Json


def words(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


def pick(whole: Json, fields: str, known: Collection[str], node: str) -> Json:
    """The fields asked for that have a value, and always the id. Raises GraphError for a field the node does not have."""
    names = _names(fields)
    for name in names:
        if name not in known:
            raise GraphError(100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({node})")
    picked = {name: whole[name] for name in names if whole.get(name) is not None}
    return picked | {"id": whole["id"]}


def _names(fields: str) -> list[str]:
    """The outermost names, without what stands in braces or parentheses after them."""
    flat = fields
    while (shorter := re.sub(r"\{[^{}]*\}|\.\w+\([^()]*\)", "", flat)) != flat:
        flat = shorter
    return [name.strip() for name in flat.split(",") if name.strip()]
