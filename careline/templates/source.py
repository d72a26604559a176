"""A template file as text, with the line on which each of its fields stands: the TOML parser tells none."""

from __future__ import annotations

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

from careline.errors import Usage
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
    def load(cls, path: Path) -> Source:
        """The file. Raises Usage with the code ``unreadable_file``, or ``bad_template`` when it is no TOML."""
        try:
            if path.stat().st_size > MAX_FILE:
                raise _wrong(path, f"it is larger than any template ({MAX_FILE} bytes)")
            text = path.read_text("utf-8")
        except OSError as error:
            raise Usage(f"{path} cannot be read: {error.strerror}.", code="unreadable_file") from None
        except UnicodeDecodeError:
            raise _wrong(path, "it is not UTF-8 text") from None
        try:
            return cls(path, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise _wrong(path, str(error)) from None
        except RecursionError:
            raise _wrong(path, "it is nested too deeply") from None

    def line(self, where: Where) -> int:
        """The line of the field ``where``, or of what it stands in; 1 for the file itself."""
        while where not in self._lines:
            where = where[:-1]
        return self._lines[where]

    @cached_property
    def _lines(self) -> dict[Where, int]:
        return lines_of(self.text)


def _wrong(path: Path, why: str) -> Usage:
    return Usage(f"{path}: {why}.", code="bad_template")
