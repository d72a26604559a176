"""The texts of a template: variables, examples, lengths. Refusals are GraphError with Meta's subcode."""

from __future__ import annotations

import re
from collections.abc import Collection

from careline.sandbox.graph.errors import GraphError, template_error
from careline.sandbox.phone import Json

VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def variables(text: str) -> list[str]:
    """The variables of a text in the order they stand: positions or names."""
    return VARIABLE.findall(text)


def upper(given: Json) -> Json:
    """The component or button with its type in capitals: Meta takes it in any case."""
    kind = given.get("type")
    if not isinstance(kind, str):
        raise GraphError(100, "(#100) Every component and button needs a type.")
    return given | {"type": kind.upper()}


def kind_of(given: Json, name: str, known: Collection[str]) -> str:
    """The enumeration under ``name`` in capitals. Raises GraphError for one that is not known."""
    value = str(given.get(name, "")).upper()
    if value not in known:
        raise GraphError(100, f"(#100) Param {name} must be one of {{{', '.join(known)}}}")
    return value


def only(given: Json, known: str) -> None:
    """Refuse a key that Meta does not know there."""
    strange = sorted(given.keys() - set(known.split()))
    if strange:
        where = str(given.get("type", "")).lower()
        raise GraphError(100, "(#100) Invalid parameter", details=f'Unexpected key "{strange[0]}" on param "{where}".')


def text_of(given: Json) -> str:
    """The text, empty where there is none."""
    text = given.get("text", "")
    return text if isinstance(text, str) else ""


def checked(component: Json, subcode: int, longest: int) -> str:
    """The text of a component, which must be there and not be too long."""
    text = text_of(component)
    if not text.strip():
        raise template_error(subcode, "The text is missing.")
    if len(text) > longest:
        raise template_error(2388040, f"The text has {len(text)} characters, {longest} are allowed.")
    return text


def used(text: str, subcode: int, named: bool) -> list[str]:
    """The variables of a text, each once, which must be well formed."""
    rest = VARIABLE.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise template_error(subcode, "The braces of a variable are not balanced.")
    found = list(dict.fromkeys(variables(text)))
    if all(one.isdigit() for one in found) and not named:
        if sorted(map(int, found)) != list(range(1, len(found) + 1)):
            raise template_error(subcode, "Variables are numbered from 1 without gaps.")
    elif not all(re.fullmatch(r"[a-z][a-z0-9_]*", one) for one in found):
        raise template_error(subcode, "A variable has a name of lower-case letters, digits and underscores, or a number.")
    return found


def examples(component: Json, found: list[str], key: str, subcode: int, named: bool) -> None:
    """Refuse a component that has no example for one of its variables."""
    if not found:
        return
    example = example_of(component)
    if named:
        given = {str(row.get("param_name")) for row in example.get(f"{key}_named_params", []) if isinstance(row, dict)}
        if given != set(found):
            raise template_error(subcode, f"Every variable needs an example in {key}_named_params.")
        return
    rows = example.get(key)
    first = rows[0] if isinstance(rows, list) and rows else None
    given_row = first if isinstance(first, list) else rows
    if not isinstance(given_row, list) or (len(given_row) != len(found) and all(one.isdigit() for one in found)):
        raise template_error(subcode, f"Every variable needs an example in {key}.")


def example_of(component: Json) -> Json:
    """The example of a component; empty where there is none."""
    example = component.get("example")
    return example if isinstance(example, dict) else {}
