"""The shop and the desk of a test, and what both platforms are served by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from careline.sandbox.server import Running, run_in_thread
from tests.careline.sandbox.receiver import Receiver, receiving
from tests.commands.desk import Desk, Program, Shop, desk


@pytest.fixture(scope="session")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with run_in_thread(tmp_path_factory.mktemp("platforms")) as running:
        yield running


@pytest.fixture(scope="session")
def front() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(name="desk")
def _desk(
    careline: Program, platforms: Running, front: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """Both platforms, with nothing registered yet."""
    public = front.url.removesuffix("/webhooks/shop")
    for name, value in (platforms.exports | {"CARELINE_PUBLIC_URL": public}).items():
        monkeypatch.setenv(name, value)
    with desk(careline, platforms, front, os.environ, tmp_path) as made:
        yield made


@pytest.fixture
def open_desk(desk: Desk) -> Desk:
    """Both channels registered; mei works here."""
    desk.register()
    return desk


@pytest.fixture
def shop(careline: Program, isolated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A store in the profile ``sandbox``, where the commands look, and a clock of its own."""
    folder, clock = isolated / "profiles" / "sandbox", tmp_path / "clock"
    folder.mkdir(parents=True)
    monkeypatch.setenv("CARELINE_PROFILE", "sandbox")
    monkeypatch.setenv("CARELINE_CLOCK", str(clock))
    for name in ("CARELINE_WHATSAPP_API_URL", "CARELINE_WECHAT_API_URL", "CARELINE_WECOM_API_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # a moved clock is honoured beside platforms on this machine only
    made = Shop(careline, folder, clock)
    yield made
    made.store.close()
