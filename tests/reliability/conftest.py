"""Houses to break: a profile with one channel, on each kind of store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import crash
from bench.house import House
from tests.commands.conftest import _desk, front, platforms, shop

__all__ = ["_desk", "front", "platforms", "shop"]


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house of each kind, with nothing running."""
    url = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    folder = tmp_path / "house"
    folder.mkdir()
    with crash.shop(folder, url) as made:
        yield made
