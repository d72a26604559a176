"""What a plan is made of: the files of a folder, and the account's list, each with the parameters it asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from careline.channels.whatsapp.slots import slots
from careline.errors import Usage
from careline.model import Template
from careline.templates.account import reported
from careline.templates.build import FILE
from careline.templates.file import Definition
from careline.templates.plan import Listed, Wanted


def wanted(definitions: Sequence[Definition]) -> list[Wanted]:
    """The templates that files want. Raises Usage for a sample that cannot be read, or two files for the same one."""
    found: dict[tuple[str, str], Wanted] = {}
    for definition in definitions:
        key = definition.name, definition.language
        if key in found:
            raise Usage(
                f"{definition.path} and {found[key].file} are both {'/'.join(key)}.",
                code="same_template_twice",
                hint="An account has a name in a language once. Remove one of them, or rename it.",
            )
        request = definition.request()
        found[key] = Wanted(
            file=str(definition.path),
            name=definition.name,
            language=definition.language,
            category=definition.category,
            request=request,
            parameters=_parameters(request),
            samples={path: _hash(definition.path.parent / path, definition.path) for path in definition.samples()},
        )
    return list(found.values())


def listed(raw: Mapping[str, Any]) -> Listed:
    """A template of the account's list."""
    told = reported(raw)
    ttl = raw.get("message_send_ttl_seconds")
    return Listed(
        id=told.id,
        name=told.name,
        language=told.language,
        state=told.state,
        category=told.category,
        components=json.loads(told.components),
        named=bool(told.named),
        ttl_s=int(ttl) if isinstance(ttl, int | str) and str(ttl).lstrip("-").isdigit() else None,
        parameters=_parameters(raw),
    )


def with_handles(components: Sequence[Any], handle: Callable[[str], str]) -> list[Any]:
    """The components with each ``file:`` sample replaced by what ``handle`` gives for its path."""
    made = []
    for part in components:
        one = dict(part)
        if isinstance(cards := one.get("cards"), list):
            one["cards"] = [card | {"components": with_handles(card["components"], handle)} for card in cards]
        example = one.get("example")
        if isinstance(example, dict) and example.get("header_handle"):
            one["example"] = example | {"header_handle": [_handle(each, handle) for each in example["header_handle"]]}
        made.append(one)
    return made


def _handle(sample: str, handle: Callable[[str], str]) -> str:
    return handle(sample.removeprefix(FILE)) if sample.startswith(FILE) else sample


def _parameters(template: Mapping[str, Any]) -> dict[str, str]:
    """The slots that a send must fill, with what goes into each: text, image, coupon_code…"""
    row = Template(
        account="",
        name=str(template.get("name", "")),
        language=str(template.get("language", "")),
        category=str(template.get("category", "")).lower(),
        components=json.dumps(template.get("components") or []),
        named=str(template.get("parameter_format", "")).upper() == "NAMED",
    )
    return {slot.slot: slot.type for slot in slots(row)}


def _hash(sample: Path, file: Path) -> str:
    try:
        return sha256(sample.read_bytes()).hexdigest()
    except OSError as error:
        told = f"{file}: its sample {sample} cannot be read: {error.strerror}."
        raise Usage(told, code="unreadable_file", hint="Give the path from the folder of the template's file.") from None
