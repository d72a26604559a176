"""Templates checked without the platform: what WhatsApp would refuse, and what somebody may regret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from careline.channels.whatsapp.policy import TEMPLATES_UNVERIFIED
from careline.errors import Usage
from careline.templates import lint_buttons, lint_parts, lint_texts
from careline.templates.lint_rules import RULES
from careline.templates.shape import shape
from careline.templates.variables import texts, variables
from careline.toml_file import Finding, Source, unreadable
from careline.toml_lines import Where


class _Gist(Struct, frozen=True):
    """What is remembered of a file, to compare it with the others."""

    path: Path
    name: str
    language: str
    category: str
    wording: int
    parameters: frozenset[str]


def lint_file(path: Path) -> list[Finding]:
    """What is wrong in one file, by line. A file that cannot be read is one finding."""
    return _linted(path)[0]


def lint(paths: Iterable[Path]) -> Iterator[list[Finding]]:
    """The findings of each file as it was looked at, in the order of ``paths``; at the end those of the files together."""
    gists: list[_Gist] = []
    for path in paths:
        found, gist = _linted(path)
        if gist is not None:
            gists.append(gist)
        yield found
    yield sorted(_together(gists), key=lambda one: (one.path, one.line, one.rule))


def _linted(path: Path) -> tuple[list[Finding], _Gist | None]:
    found: list[Finding] = []
    try:
        source = Source.load(path, "bad_template")
    except Usage as error:
        return [unreadable(path, error, "T001")], None

    def note(number: str, where: Where, message: str) -> None:
        found.append(Finding(path, source.line(where), number, RULES[number].level, message))

    shape(source.table, note)
    if not found:  # else the rules would look at fields that are not there
        for check in (lint_texts.check, lint_parts.check, lint_buttons.check):
            check(source, note)
    found.sort(key=lambda one: (one.line, one.rule))
    return found, _gist(source)


def _gist(source: Source) -> _Gist | None:
    table = source.table
    name, language, category = (table.get(field) for field in ("name", "language", "category"))
    if not (isinstance(name, str) and isinstance(language, str) and isinstance(category, str)):
        return None
    words = f"{' '.join(str(table.get('body', '')).split())}\0{' '.join(str(table.get('footer', '')).split())}"
    return _Gist(
        path=source.path,
        name=name,
        language=language.lower(),
        category=category.lower(),
        wording=hash(words),
        parameters=frozenset(one for text in texts(table) for one in variables(text)),
    )


def _together(gists: Sequence[_Gist]) -> Iterator[Finding]:
    """What is wrong between files."""
    first: dict[tuple[str, str], _Gist] = {}
    worded: dict[int, _Gist] = {}
    names: dict[str, _Gist] = {}
    for gist in gists:
        same = first.setdefault((gist.name, gist.language), gist)
        if same is not gist:
            yield _between("T080", gist, "name", f"{gist.name}/{gist.language} is also in {same.path}")
            continue
        said = worded.setdefault(gist.wording, gist) if gist.category != "authentication" else gist
        if said.name != gist.name:
            yield _between("T081", gist, "body", f"body and footer are those of {said.name}/{said.language} in {said.path}")
        other = names.setdefault(gist.name, gist)
        if other.category != gist.category:
            yield _between("T082", gist, "category", f"{gist.name} is {other.category} in {other.path}")
        if other.parameters != gist.parameters:
            yield _between("T083", gist, "body", f"it takes {_listed(gist)}, in {other.path} it takes {_listed(other)}")
    if len(gists) > TEMPLATES_UNVERIFIED:
        message = f"{len(gists)} templates: before Meta has verified the business an account takes {TEMPLATES_UNVERIFIED}"
        yield Finding(gists[0].path, 1, "T084", RULES["T084"].level, message)


def _between(number: str, gist: _Gist, field: str, message: str) -> Finding:
    line = Source.load(gist.path, "bad_template").line((field,))
    return Finding(gist.path, line, number, RULES[number].level, message)


def _listed(gist: _Gist) -> str:
    return ", ".join(f"{{{{{one}}}}}" for one in sorted(gist.parameters)) or "no variables"
