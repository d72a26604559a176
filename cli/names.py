"""What TAB asks: ``careline __names KIND PREFIX``. No store, no Typer, and never a word of complaint."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from careline.settings import Settings

MOST = 200


def answer(words: list[str]) -> int:
    """Print ``value<TAB>description`` for each name of a kind that begins with the prefix. Always exit code 0."""
    try:
        kind, prefix = (*words, "", "")[:2]
        settings = Settings.load(os.environ, {}, Path.cwd())
        found = _profiles(settings) if kind == "profile" else _kept(settings, kind)
        lines = islice((f"{line}\n" for line in found if line.startswith(prefix)), MOST)
        sys.stdout.buffer.write("".join(lines).encode("utf-8", "replace"))
        sys.stdout.flush()
    except Exception:  # noqa: BLE001  whatever it is, the person is in the middle of a line
        os._exit(0)
    return 0


def _kept(settings: Settings, kind: str) -> Iterator[str]:
    """The lines of a kind in the profile's names file, without the kind."""
    with settings.names_path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            there, _, rest = line.rstrip("\n").partition("\t")
            if there == kind:
                yield rest


def _profiles(settings: Settings) -> Iterator[str]:
    """The profiles that have been used."""
    yield from sorted(entry.name for entry in os.scandir(settings.home / "profiles") if entry.is_dir())
