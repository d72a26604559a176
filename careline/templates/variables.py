"""Variables of a text: ``{{1}}`` or ``{{name}}``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from careline.toml_file import Table

VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def variables(text: str) -> list[str]:
    """The variables of a text in their order, each once."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def ordered(text: str) -> list[str]:
    """The same in the order in which examples are given: numbers by their size, names as they stand."""
    found = variables(text)
    return sorted(found, key=int) if all(one.isascii() and one.isdigit() for one in found) else found


def texts(table: Table) -> Iterator[str]:
    """The texts of a template file whose variables share one style: header, body, the bodies of cards."""
    cards = table.get("cards")
    for part in [table, *(card for card in cards if isinstance(card, dict))] if isinstance(cards, list) else [table]:
        for field in ("header", "body"):
            if isinstance(part.get(field), str):
                yield part[field]


def is_named(table: Table) -> bool:
    """True when the variables of the file are names, which the platform must be told."""
    return any(not one.isdigit() for text in texts(table) for one in variables(text))
