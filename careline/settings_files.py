"""The two files settings are read from, and the one they are written to.

The user's ``config.toml`` may set everything, also for one profile in a table ``[profile.NAME]``. A project's ``careline.toml``
may set only what cannot send secrets or customers' words elsewhere: no command, store or address.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from careline.errors import Misconfigured

Texts = dict[str, str]


def read_user_file(path: Path, known: Collection[str]) -> tuple[Texts, dict[str, Texts]]:
    """The settings at the top of the user's file, and those of each profile. Raises Misconfigured with the line."""
    document = _load(path)
    profiles = document.pop("profile", {})
    if not isinstance(profiles, dict) or not all(isinstance(table, dict) for table in profiles.values()):
        raise _wrong(
            path,
            "profile",
            "profiles are tables here, [profile.NAME]; which one a command works on is never kept",
            hint="Say --profile NAME, or set CARELINE_PROFILE in this shell.",
        )
    return _checked(path, document, known), {name: _checked(path, table, known) for name, table in profiles.items()}


def read_project_file(path: Path, known: Collection[str], allowed: Collection[str]) -> Texts:
    """The settings of a project's file. Raises Misconfigured for any that only the user may set."""
    texts = _checked(path, _load(path), {*known, *allowed})
    for name in texts:
        if name not in allowed:
            raise _wrong(
                path,
                name,
                f"{name} may not be set by a project's file: it could send secrets or customers' words elsewhere",
                hint="A project may set: " + ", ".join(allowed),
                run=f"careline config set {name} VALUE",
            )
    return texts


def write_user_file(path: Path, name: str, value: str, profile: str | None) -> None:
    """Set one value in the user's file, at its top or in the table of a profile, and leave every other line as it is.

    The file is replaced whole or not at all. Raises Misconfigured when it is not the plain TOML that this can edit, Failed when
    the disk refuses.
    """
    import tomllib

    from careline.files import replace_file

    wanted = _load(path)
    table = wanted if profile is None else wanted.setdefault("profile", {}).setdefault(profile, {})
    table[name] = value
    after = _edited(path.read_text("utf-8") if path.exists() else "", f"{name} = {_quoted(value)}", name, profile)
    try:
        edited = tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        edited = {}
    if edited != wanted:
        raise Misconfigured(
            f"{path} is written in a way that careline cannot edit: set {name} there by hand.", code="bad_config"
        )
    replace_file(path, [after.encode()])


def _load(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is not UTF-8 text.", code="bad_config") from None
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}.", code="bad_config") from None
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{path} is not TOML: {error}", code="bad_config") from None
    except RecursionError:
        raise Misconfigured(f"{path} is nested too deeply.", code="bad_config") from None


def _checked(path: Path, table: dict[str, Any], known: Collection[str]) -> Texts:
    for name, value in table.items():
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]}?" if close else "There are: " + ", ".join(sorted(known))
            raise _wrong(path, name, f"there is no setting {name}", hint=hint)
        if not isinstance(value, str):
            raise _wrong(path, name, f"{name} must be text between quotes")
    return table


def _wrong(path: Path, name: str, problem: str, *, hint: str = "", run: str = "") -> Misconfigured:
    lines = path.read_text("utf-8").splitlines()
    pattern = re.compile(rf"\s*\[?[\w.\"' -]*\b{re.escape(name)}\b")
    line = next((number for number, text in enumerate(lines, 1) if pattern.match(text)), 1)
    return Misconfigured(f"{path}, line {line}: {problem}.", code="bad_config", hint=hint, run=run)


def _edited(text: str, line: str, name: str, profile: str | None) -> str:
    """``text`` with ``line`` in place of the line that sets ``name`` in its table, or at that table's end."""
    lines = text.splitlines()
    header = None if profile is None else re.compile(rf"\s*\[\s*profile\s*\.\s*(\"?){re.escape(profile)}\1\s*\]")
    tables = [index for index, there in enumerate(lines) if there.lstrip().startswith("[")]
    start = 0 if header is None else next((index + 1 for index in tables if header.match(lines[index])), None)
    if start is None:
        return "\n".join([*lines, *([""] if lines else []), f"[profile.{profile}]", line, ""])
    end = next((index for index in tables if index >= start), len(lines))
    there = next((index for index in range(start, end) if re.match(rf"\s*{re.escape(name)}\s*=", lines[index])), None)
    if there is not None:
        lines[there] = line
    else:
        last = next((index for index in range(end, start, -1) if lines[index - 1].strip()), start)
        lines.insert(last, line)
        if lines[last + 1 :] and lines[last + 1].lstrip().startswith("["):
            lines.insert(last + 1, "")
    return "\n".join([*lines, ""])


def _quoted(value: str) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
