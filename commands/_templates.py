"""What the commands about templates share: their columns, and which template of an account is meant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from careline.errors import NotFound, Usage
from careline.model import Channel, Template
from careline.rules import template as naming
from careline.rules.records import Record, template_record
from careline.templates.likeness import likeness
from cli.output import Column
from cli.runtime import Runtime

COLUMNS = [
    Column("name"),
    Column("language"),
    Column("state", how="state"),
    Column("category"),
    Column("quality"),
    Column("reason"),
    Column("updated_at", "UPDATED", "when"),
    Column("id", shown=False),
    Column("account_id", "ACCOUNT", shown=False),
]
TemplateArgument = Annotated[
    str, typer.Argument(metavar="TEMPLATE", help="NAME/LANGUAGE, or NAME where it has one; on WeChat title or id.")
]


def channel_of(run: Runtime, name: str | None) -> Channel:
    """The channel that has the templates: without a name WhatsApp's, and WeChat's where there is no WhatsApp."""
    kinds: tuple[str, ...] = ("whatsapp", "wechat")
    if name is None and not run.settings.channel:
        kinds = ("whatsapp",) if run.line.channels("whatsapp") or not run.line.channels("wechat") else ("wechat",)
    return run.line.channel(name, *kinds)


def record(run: Runtime, template: Template, channel: Channel) -> Record:
    """The template for every output, with its slots and the hash of how it reads."""
    slots = run.line.slots(template)
    parameters = [{"slot": s.slot, "name": s.name, "type": s.type, "example": s.example or None} for s in slots]
    told = likeness(json.loads(template.components), template.category)
    return template_record(template, channel.name) | {"parameters": parameters, "hash": told.hash}


def meant(templates: Iterable[Template], named: str, flag: str) -> list[Template]:
    """Those of an account's ``templates`` that NAME or NAME/LANGUAGE means. Raises NotFound when there is none."""
    name, language = naming.split(named)
    known = list(templates)
    found = [t for t in known if t.name == name and language.lower() in ("", t.language.lower())]
    found = found or [t for t in known if t.language == "zh_CN" and named.removesuffix("/zh_CN") in (t.name, t.id)]
    if not found:
        raise unknown(named, flag)
    return found


def the_one(templates: Iterable[Template], named: str, flag: str) -> Template:
    """The only one that is meant; a deleted one where there is no other. Raises NotFound, and Usage for several languages."""
    found = meant(templates, named, flag)
    found = [t for t in found if t.state != "deleted"] or found
    if len(found) > 1:
        raise Usage(
            f"{found[0].name} has {len(found)} languages.",
            code="language_missing",
            hint=" | ".join(f"{t.name}/{t.language}" for t in found),
        )
    return found[0]


def unknown(named: str, flag: str) -> NotFound:
    """The error for a template that the account does not have; ``flag`` names the channel in the command to run next."""
    return NotFound(f"The account has no template {named}.", code="unknown_template", run=f"careline templates list{flag}")


def some(names: Sequence[object]) -> str:
    """The first five names, and how many more there are: for a question."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(map(str, names[:5])) + more
