"""A template as a person writes it, in TOML, and as the platform wants it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from careline.errors import Usage
from careline.files import replace_file
from careline.templates.build import FILE, components, seconds
from careline.templates.shape import shape
from careline.templates.text import written
from careline.templates.variables import is_named
from careline.toml_file import Source
from careline.toml_lines import Where


class Definition(Struct, frozen=True):
    """A template as WhatsApp's API takes it. Samples of media are ``file:PATH``, from the folder of ``path``."""

    path: Path
    name: str
    language: str
    category: str  # in capitals
    named: bool
    components: list[dict[str, Any]]
    ttl_s: int | None = None

    def request(self) -> dict[str, Any]:
        """The body of the call that creates it, samples still ``file:``."""
        made: dict[str, Any] = {
            "name": self.name,
            "language": self.language,
            "category": self.category,
            "parameter_format": "NAMED" if self.named else "POSITIONAL",
            "components": self.components,
        }
        return made if self.ttl_s is None else made | {"message_send_ttl_seconds": self.ttl_s}

    def samples(self) -> list[str]:
        """The media samples that have to be uploaded first, as paths from the file's folder, each once."""
        cards = [part for one in self.components for card in one.get("cards", []) for part in card["components"]]
        handles = [h for part in [*self.components, *cards] for h in part.get("example", {}).get("header_handle", [])]
        return list(dict.fromkeys(handle.removeprefix(FILE) for handle in handles if handle.startswith(FILE)))


def read(path: Path) -> Definition:
    """The definition in the file. Raises Usage naming the file and the field that is missing, unknown or of another type.

    What WhatsApp would refuse of it is not looked at: a file may hold what the account has had for years.
    """
    return definition(Source.load(path, "bad_template"))


def checked(path: Path) -> Definition:
    """The same of a file that is to be submitted. Raises Usage with the first thing that WhatsApp would refuse."""
    from careline.templates.lint import lint_file  # here: what only reads needs no rules

    found = read(path)
    if error := next((one for one in lint_file(path) if one.level == "error"), None):
        raise Usage(f"{path}: {error.message}.", code="bad_template", hint=f"Rule {error.rule}.", run=lint_command(path))
    return found


def definition(source: Source) -> Definition:
    """The definition in a file that was loaded. Raises Usage."""

    def refuse(rule: str, where: Where, message: str) -> None:
        raise Usage(
            f"{source.path}: {message}.",
            code="bad_template",
            hint=f"Line {source.line(where)}, rule {rule}.",
            run=lint_command(source.path),
        )

    table = source.table
    shape(table, refuse)
    return Definition(
        path=source.path,
        name=table["name"],
        language=table["language"],
        category=table["category"].upper(),
        named=is_named(table),
        components=components(table),
        ttl_s=seconds(table.get("ttl")),
    )


def write(path: Path, template: Mapping[str, Any]) -> None:
    """Write the file of a template as the account lists it, whole or not at all. Raises Usage when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Usage(f"{path} cannot be written: {error.strerror}.", code="unwritable_file") from None
    replace_file(path, [written(template).encode()])


def folder(path: Path) -> list[Path]:
    """The template files (``*.toml``) below a folder, sorted; hidden ones are left out. Raises Usage when it cannot be read."""
    if not path.is_dir():
        why = "is no folder" if path.exists() else "does not exist"
        raise Usage(f"{path} {why}.", code="unreadable_file")
    found: list[Path] = []
    for parent, folders, names in os.walk(path, onerror=_unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if name.endswith(".toml") and not name.startswith(".")]
    return sorted(found)


def lint_command(path: Path) -> str:
    """The command that says all that is wrong below ``path``."""
    return f"careline templates lint {shlex.quote(str(path))}"


def _unreadable(error: OSError) -> None:
    raise Usage(f"{error.filename} cannot be read: {error.strerror}.", code="unreadable_file") from None
