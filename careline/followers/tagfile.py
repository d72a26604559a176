"""Tags as a file: one ``[[tag]]`` for each, with its ``name``, and with ``was`` when it is renamed.

What is not in the file stays on the account unless its deletion is asked for; who has a tag is no matter of the file.
The rules: G001 the form, G002 the length of a name, G003 a name twice, G004 how many, G005 what a tag was called.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from careline.channels.wechat.tags import SYSTEM, Tag
from careline.errors import Usage
from careline.toml_lines import lines_of

MOST = 100
LONGEST_NAME = 30  # bytes
BIGGEST = 1 << 20


class Wanted(Struct, frozen=True):
    """A tag of the file, and the line it begins on."""

    name: str
    line: int
    was: str = ""


class Finding(Struct, frozen=True):
    """Where a file breaks which rule."""

    line: int
    rule: str
    message: str


class Step(Struct, frozen=True):
    """What one tag needs: create, rename, delete, none; ``foreign`` is on the account and in no file."""

    action: str
    name: str
    was: str = ""
    id: int | None = None
    followers: int | None = None


def read(path: Path) -> tuple[list[Wanted], list[Finding]]:
    """The tags of a file, and what is wrong with it. Raises Usage for what is no TOML."""
    try:
        text = path.read_bytes()[:BIGGEST].decode("utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise Usage(f"{path} cannot be read: {error.strerror}.", code="unreadable_file") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Usage(f"{path} is no TOML: {error}.", code="unreadable_file") from None
    lines, rows = lines_of(text), table.get("tag", [])
    found: list[Finding] = [Finding(lines.get((key,), 1), "G001", f"{key!r} is no part here.") for key in table if key != "tag"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return [], [*found, Finding(lines.get(("tag",), 1), "G001", "Tags are written [[tag]], each with a name.")]
    wanted: list[Wanted] = []
    for place, row in enumerate(rows):
        line = lines.get(("tag", place), 1)
        name, was = row.get("name"), row.get("was", "")
        if not isinstance(name, str) or not isinstance(was, str) or row.keys() - {"name", "was"}:
            found.append(Finding(line, "G001", "A tag has a name, and was if it is renamed; nothing else."))
            continue
        wanted.append(Wanted(name, line, was))
    return wanted, sorted([*found, *_lint(wanted)], key=lambda one: (one.line, one.rule))


def _lint(wanted: Sequence[Wanted]) -> list[Finding]:
    found: list[Finding] = []
    names: dict[str, int] = {}
    olds: set[str] = set()
    kept = {one.name for one in wanted}
    for count, one in enumerate(wanted, 1):
        if not one.name.strip() or not one.name.isprintable() or len(one.name.encode()) > LONGEST_NAME:
            size = len(one.name.encode())
            found.append(
                Finding(one.line, "G002", f"The name {one.name!r} has {size} bytes; it must have 1 to {LONGEST_NAME}.")
            )
        if one.name in names:
            found.append(Finding(one.line, "G003", f"{one.name!r} stands on line {names[one.name]} too."))
        names.setdefault(one.name, one.line)
        if one.was and (one.was in kept or one.was in olds):
            found.append(Finding(one.line, "G005", f"{one.was!r} cannot become {one.name!r}: the file names it elsewhere."))
        olds.add(one.was)
        if count == MOST + 1:
            found.append(Finding(one.line, "G004", f"An account has at most {MOST} tags; this one is too many."))
    return found


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
