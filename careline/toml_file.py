"""A file that people write in TOML: its fields with the lines they stand on, and what the rules for such files find wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import Struct

from careline.errors import NotFound, Usage
from careline.toml_lines import Where, lines_of

MAX_FILE = 256 * 1024

Table = dict[str, Any]


class Source:
    """One file: its ``table`` as TOML has it, and ``line`` of any field in it."""

    def __init__(self, path: Path, text: str, table: Table) -> None:
        self.path = path
        self.text = text
        self.table = table

    @classmethod
    def load(cls, path: Path, code: str) -> Source:
        """The file. Raises Usage with the code ``unreadable_file``, or with ``code`` when it is no TOML."""
        try:
            if path.stat().st_size > MAX_FILE:
                raise wrong(path, f"it is larger than such a file ever is ({MAX_FILE} bytes)", code)
            text = path.read_text("utf-8")
            return cls(path, text, tomllib.loads(text))
        except OSError as error:
            raise Usage(f"{path} cannot be read: {error.strerror}.", code="unreadable_file") from None
        except UnicodeDecodeError:
            raise wrong(path, "it is not UTF-8 text", code) from None
        except tomllib.TOMLDecodeError as error:
            raise wrong(path, str(error), code) from None
        except RecursionError:
            raise wrong(path, "it is nested too deeply", code) from None

    def line(self, where: Where) -> int:
        """The line of the field ``where``, or of what it stands in; 1 for the file itself."""
        while where not in self._lines:
            where = where[:-1]
        return self._lines[where]

    @cached_property
    def _lines(self) -> dict[Where, int]:
        return lines_of(self.text)


class Rule(Struct, frozen=True):
    """One rule for such files. ``explanation`` says what it is, why it is so and how to mend what breaks it."""

    id: str
    title: str
    explanation: str
    level: str = "error"


class Finding(Struct, frozen=True):
    """What is wrong in a file, and the rule that says so. ``level`` is error or warning."""

    path: Path
    line: int
    rule: str
    level: str
    message: str


def wrong(path: Path, why: str, code: str) -> Usage:
    """The error for a file that is not what it should be."""
    return Usage(f"{path}: {why}.", code=code)


def unreadable(path: Path, error: Usage, rule: str) -> Finding:
    """The same as a finding, on the line that the parser names."""
    why = error.message.removeprefix(f"{path}: ").rstrip(".")
    told = re.search(r"line ([0-9]+)", why)
    return Finding(path, int(told[1]) if told else 1, rule, "error", why)


def rule_of(rules: Mapping[str, Rule], number: str) -> Rule:
    """The rule of that number. Raises NotFound."""
    known = rules.get(number.strip().upper())
    if known is None:
        hint = f"They go from {min(rules)} to {max(rules)}, perhaps with gaps."
        raise NotFound(f"There is no rule {number!r}.", code="unknown_rule", hint=hint)
    return known
