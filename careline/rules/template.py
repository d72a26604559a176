"""Which template is meant, and in which language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from careline.errors import NotFound, Refused, Usage
from careline.model import Template

VARIABLE = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")


def split(name: str) -> tuple[str, str]:
    """NAME or NAME/LANGUAGE as (name, language); the language is empty when it is not given."""
    plain, _, language = name.partition("/")
    if not plain.strip():
        raise Usage("A template has a name: NAME or NAME/LANGUAGE.", code="bad_template_name")
    return plain.strip(), language.strip().replace("-", "_")


def rendered(template: Template, parameters: Sequence[tuple[str, str]]) -> str:
    """The body as the customer reads it; a variable that was not given stays as it is."""
    values = dict(parameters)
    bodies = [part.get("text", "") for part in json.loads(template.components) if str(part.get("type", "")).upper() == "BODY"]

    def filled(variable: re.Match[str]) -> str:
        words = said(variable[1], values)
        return variable[0] if words is None else words

    return VARIABLE.sub(filled, bodies[0]) if bodies else ""


def said(slot: str, values: Mapping[str, str]) -> str | None:
    """The words that stand for a variable of a text: its value, or those of its amount or time. None when it was not given.

    An amount is CURRENCY,AMOUNT and perhaps the words for it: ``EUR,12.50,12.50 euro``.
    """
    if (money := values.get(f"{slot}.currency")) is not None:
        code, _, rest = money.partition(",")
        amount, _, words = rest.partition(",")
        return words.strip() or f"{amount.strip()} {code.strip()}"
    return values.get(f"{slot}.date_time", values.get(slot))


def titled(name: str, templates: Sequence[Template], flag: str = "") -> Template:
    """The template that a WeChat title, or an id, means; titles may hold a slash. Raises NotFound."""
    for wanted in (name.strip(), name.strip().removesuffix("/zh_CN")):
        found = [t for t in templates if wanted in (t.name, t.id) and t.state != "deleted"]
        if found:
            return found[0]
    raise NotFound(
        f"There is no template {name!r} on this account.", code="unknown_template", run=f"careline templates list{flag}"
    )


def choose(name: str, templates: Sequence[Template], customers_language: str, flag: str = "") -> Template:
    """The approved template that ``name`` means: its language, else the customer's, its base, else the first submitted.

    ``flag`` names the channel in the commands that are suggested. Raises NotFound when there is none of that name, Refused when
    none that fits is approved.
    """
    plain, language = split(name)
    listing = f"careline templates list{flag}"
    named = [t for t in templates if t.name == plain]
    if not named:
        raise NotFound(f"There is no template {plain!r} on this account.", code="unknown_template", run=listing)
    wanted = [t for t in named if not language or t.language.lower() == language.lower()]
    if not wanted:
        raise NotFound(
            f"{plain} does not exist in {language}.",
            code="unknown_template",
            hint=f"It exists in {', '.join(sorted(t.language for t in named))}.",
            run=listing,
        )
    approved = [t for t in wanted if t.state == "approved"]
    if not approved:
        states = ", ".join(f"{t.language} is {t.state}" for t in wanted)
        raise Refused(
            f"{plain} cannot be sent: {states}.",
            code="template_not_approved",
            hint="Only approved templates can be sent.",
            run=f"careline templates wait {plain}{flag}" if any(t.state == "pending" for t in wanted) else listing,
        )
    own, base = customers_language.lower(), customers_language.lower().split("_")[0]
    for fits in (own, base):
        found = [t for t in approved if fits and (t.language.lower() == fits or t.language.lower().split("_")[0] == fits)]
        if found:
            return found[0]
    return min(approved, key=lambda t: (t.submitted_at or t.updated_at or 0, t.language))
