"""kill -9 at each named place, the first, second and third time somebody comes by."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.crash import Findings, Pushing, children, examine, settle
from bench.house import House
from bench.servers import ROOT, Server
from careline.armed import POINTS
from careline.sandbox import account
from tests.careline.world import ANNA as WRITER
from tests.careline.world import wrote
from tests.commands.desk import ANNA, LIWEI, Desk, Shop, process

KILLED = -9
RECEIVE = ["careline", "receive", "--port", "0"]
PEOPLE = {"shop-it": ANNA, "brand-cn": LIWEI}
HANDLES = {"shop-it": ANNA, "brand-cn": account.openid_of(LIWEI)}


def test_every_point_is_somewhere_and_no_other_is() -> None:
    named = set()
    for path in (ROOT / "careline").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="reached"), args=[ast.Constant(value=str(name))]):
                    named.add(name)
    assert named == set(POINTS)


# Receiving


@contextmanager
def dying_at(point: str, house: House, pushing: Pushing) -> Iterator[Server]:
    """A receiver that will be killed there, with pushes coming."""
    server = Server(RECEIVE, house.env | {"CARELINE_CRASHPOINT": point})
    pushing.port = server.port
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("receive.")])
def test_a_receiver_killed_there_loses_nothing_that_was_answered_200(house: House, point: str) -> None:
    with Pushing(1) as pushing:
        for n in (1, 2, 3):
            with dying_at(f"{point}:{n}", house, pushing) as server:
                assert server.process.wait(15) == KILLED
        check(house, pushing)


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("apply.")])
def test_an_applying_process_killed_there_is_started_again_and_applies_everything_once(house: House, point: str) -> None:
    with Pushing(1) as pushing:
        for n in (1, 2, 3):
            with dying_at(f"{point}:{n}", house, pushing) as server:
                ends = time.monotonic() + 15
                while not any(f"ended ({KILLED})" in line for line in list(server.said)):
                    assert time.monotonic() < ends, server.said
                    time.sleep(0.01)
                before = len(pushing.acknowledged)
                time.sleep(0.05)
                assert server.process.poll() is None
                assert len(pushing.acknowledged) > before  # answering goes on
        check(house, pushing)


def check(house: House, pushing: Pushing) -> None:
    """Start again without a crash point, let everything be applied, and look."""
    server = Server(RECEIVE, house.env)
    pushing.port = server.port
    before = len(pushing.acknowledged)
    while len(pushing.acknowledged) < before + 20:
        time.sleep(0.01)
    pushing.__exit__()
    settle(house)
    theirs = children(server.process.pid)
    server.stop()
    found = Findings()
    examine(house, pushing.acknowledged, found)
    assert len(theirs) == 1
    assert found.clean, found


# Sending


@pytest.fixture(params=["sqlite", "postgres"])
def busy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk on each kind of store, to which a customer of each platform has written."""
    if request.param == "postgres":
        monkeypatch.setenv("CARELINE_STORE", request.getfixturevalue("postgres"))
    desk: Desk = request.getfixturevalue("desk")
    desk.register()
    desk.anna_writes()
    desk.liwei_writes()
    return desk


@pytest.mark.parametrize(
    ("point", "channel", "sent"),
    [
        ("send.sending", "shop-it", 0),
        ("send.written", "shop-it", 1),
        ("send.answered", "shop-it", 1),
        ("send.sending", "brand-cn", 0),
        ("send.written", "brand-cn", 1),
        ("send.answered", "brand-cn", 1),
    ],
)
def test_a_sender_killed_there_has_sent_once_at_most_and_the_same_key_never_sends_again(
    busy: Desk, point: str, channel: str, sent: int
) -> None:
    line = f"send --channel {channel} --to {HANDLES[channel]} --text Ciao --key k"
    assert process(line, env={"CARELINE_CRASHPOINT": point}).returncode == KILLED
    for _ in range(2):
        again = process(f"{line} -o json")
        assert again.returncode == 12, again
    (message,) = busy.sent()
    assert (message.state, message.owner) == ("unknown", "")
    assert busy.phone(PEOPLE[channel]) == ["Ciao"] * sent
    assert process("store rebuild --check").returncode == 0


# Exports


@pytest.fixture
def full(shop: Shop) -> Shop:
    """Three messages to export."""
    shop.hear("shop-it", *(wrote(n, WRITER) for n in (1, 2, 3)))
    return shop


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("point", ["export.row:1", "export.row:2", "export.row:3", "file.written", "file.renamed"])
def test_an_export_killed_there_has_left_the_old_file_or_the_new_one(full: Shop, tmp_path: Path, point: str, form: str) -> None:
    target = tmp_path / f"out.{form}"
    target.write_text("old")
    assert process(f"export messages --to {target}", env={"CARELINE_CRASHPOINT": point}).returncode == KILLED
    left = target.read_bytes()
    assert process(f"export messages --to {target}").returncode == 0
    assert left == (target.read_bytes() if point == "file.renamed" else b"old")
    if form == "jsonl":
        assert [json.loads(line)["id"] for line in target.read_text().splitlines()] == ["1", "2", "3"]
