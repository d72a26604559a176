"""Whatever stands in a message, the sandbox takes it or refuses it as Graph does: it never breaks."""

from __future__ import annotations

import copy
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from careline.sandbox.clock import VirtualClock
from careline.sandbox.graph import message_rules
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.running import Sandbox
from careline.sandbox.world import MediaFile
from tests.careline.channels.whatsapp.test_types import GOOD, ODD, places


@pytest.fixture
def running(tmp_path: Path) -> Sandbox:
    made = Sandbox(VirtualClock(tmp_path / "clock"), "http://127.0.0.1:1", lambda: None)
    made.world.whatsapp.media["9"] = MediaFile("9", "image/jpeg", "a.jpg", b"x", "00", made.now() + 10**12)
    return made


@pytest.mark.parametrize("name", GOOD)
def test_what_our_client_sends_is_taken(name: str, running: Sandbox) -> None:
    kind, content, _ = GOOD[name]
    assert message_rules.bubble(running, kind, content).kind == kind


@pytest.mark.parametrize("name", GOOD)
def test_anything_else_is_taken_or_refused_in_graphs_words(name: str, running: Sandbox) -> None:
    kind, content, _ = GOOD[name]
    for path in places(content):
        for odd in ODD:
            whole: dict[str, Any] = {"part": copy.deepcopy(content)}
            *steps, end = "part", *path
            place: Any = whole
            for step in steps:
                place = place[step]
            place[end] = odd
            with suppress(GraphError):
                message_rules.bubble(running, kind, whole["part"])
