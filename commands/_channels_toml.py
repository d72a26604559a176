"""Reads the file of `careline channels profile`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from careline.errors import Usage


def read_toml(path: Path) -> dict[str, Any]:
    """What the file holds. Raises Usage for one that cannot be read, or is no TOML."""
    import tomllib

    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise Usage(f"{path} cannot be read: {error.strerror}.", code="bad_profile") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Usage(f"{path} is no TOML: {error}.", code="bad_profile") from None
