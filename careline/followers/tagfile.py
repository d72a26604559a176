"""Tags as a file: one ``[[tag]]`` for each, with its ``name``, and with ``was`` when it is renamed.

What is not in the file stays on the account unless its deletion is asked for; who has a tag is no matter of the file.
The rules: G001 the form, G002 the length of a name, G003 a name twice, G004 how many, G005 what a tag was called.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from careline.channels.wechat.tags import SYSTEM, Tag
from careline.toml_file import Finding, Source

MOST = 100
LONGEST_NAME = 30  # bytes


class Wanted(Struct, frozen=True):
    """A tag of the file, and the line it begins on."""

    name: str
    line: int
    was: str = ""


class Step(Struct, frozen=True):
    """What one tag needs: create, rename, delete, none; ``foreign`` is on the account and in no file."""

    action: str
    name: str
    was: str = ""
    id: int | None = None
    followers: int | None = None


def read(path: Path) -> tuple[list[Wanted], list[Finding]]:
    """The tags of a file, and what is wrong with it. Raises Usage for what is no TOML."""
    source = Source.load(path, "unreadable_file")
    rows = source.table.get("tag", [])

    def broken(line: int, rule: str, message: str) -> Finding:
        return Finding(path, line, rule, "error", message)

    found = [broken(source.line((key,)), "G001", f"{key!r} is no part here.") for key in source.table if key != "tag"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return [], [*found, broken(source.line(("tag",)), "G001", "Tags are written [[tag]], each with a name.")]
    wanted: list[Wanted] = []
    for place, row in enumerate(rows):
        line = source.line(("tag", place))
        name, was = row.get("name"), row.get("was", "")
        if not isinstance(name, str) or not isinstance(was, str) or row.keys() - {"name", "was"}:
            found.append(broken(line, "G001", "A tag has a name, and was if it is renamed; nothing else."))
            continue
        wanted.append(Wanted(name, line, was))
    return wanted, sorted([*found, *(broken(*one) for one in _lint(wanted))], key=lambda one: (one.line, one.rule))


def _lint(wanted: Sequence[Wanted]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with tags that are well formed: line, rule, message."""
    names: dict[str, int] = {}
    olds: set[str] = set()
    kept = {one.name for one in wanted}
    for count, one in enumerate(wanted, 1):
        size = len(one.name.encode())
        if not one.name.strip() or not one.name.isprintable() or size > LONGEST_NAME:
            yield one.line, "G002", f"The name {one.name!r} has {size} bytes; it must have 1 to {LONGEST_NAME}."
        if one.name in names:
            yield one.line, "G003", f"{one.name!r} stands on line {names[one.name]} too."
        names.setdefault(one.name, one.line)
        if one.was and (one.was in kept or one.was in olds):
            yield one.line, "G005", f"{one.was!r} cannot become {one.name!r}: the file names it elsewhere."
        olds.add(one.was)
        if count == MOST + 1:
            yield one.line, "G004", f"An account has at most {MOST} tags; this one is too many."


def plan(wanted: Sequence[Wanted], there: Sequence[Tag], *, delete: bool) -> list[Step]:
    """What makes the account's tags those of a file, in the order it is done; WeChat's own are left alone."""
    own = {tag.name: tag for tag in there if tag.id not in SYSTEM}
    system = {tag.name for tag in there if tag.id in SYSTEM}
    steps: list[Step] = []
    left = dict(own)
    for one in wanted:
        tag, old = left.pop(one.name, None), left.get(one.was)
        if tag is not None or one.name in system:
            steps.append(Step("none", one.name, id=tag.id if tag else None, followers=tag.count if tag else None))
        elif old is not None:
            del left[one.was]
            steps.append(Step("rename", one.name, one.was, old.id, old.count))
        else:
            steps.append(Step("create", one.name))
    steps += [Step("delete" if delete else "foreign", tag.name, id=tag.id, followers=tag.count) for tag in left.values()]
    order = ("rename", "delete", "create", "none", "foreign")
    return sorted(steps, key=lambda step: order.index(step.action))


def written(tags: Sequence[Tag]) -> str:
    """The file that these tags come to."""
    return "\n".join(f"[[tag]]\nname = {_quoted(tag.name)}\n" for tag in tags if tag.id not in SYSTEM)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
