"""kill -9 in the middle of an import, a sync, a batch: what is run again ends with the rows of a run that nobody disturbed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from careline.clock import HOUR, MINUTE, SECOND
from careline.line import Careline
from careline.model import Code, Contact, Conversation, History, Identity, Message, Row, Tags
from careline.rules.times import rfc3339
from careline.sandbox import account
from careline.settings import Settings
from tests.commands.desk import WECHAT, Desk, process

KILLED = -9
ROWS: tuple[type[Row], ...] = (Contact, Identity, Conversation, Message, Tags, Code)
OURS = ("recorded_at", "read_at")  # when we noted it
ASKED = "created_at"  # of a code: when we asked for it


@pytest.fixture(params=["sqlite", "postgres"])
def wechat(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with a WeChat channel, on each kind of store."""
    if request.param == "postgres":
        monkeypatch.setenv("CARELINE_STORE", request.getfixturevalue("postgres"))
    desk: Desk = request.getfixturevalue("desk")
    desk.register("brand-cn")
    return desk


def rows(line: Careline) -> dict[str, list[dict[str, Any]]]:
    """What is known, but for when it was noted."""
    return {kind.table: sorted((_facts(row) for row in line.store.select(kind)), key=str) for kind in ROWS}


def _facts(row: Row) -> dict[str, Any]:
    ours = (*OURS, ASKED) if isinstance(row, Code) else OURS
    return {name: value for name, value in to_builtins(row).items() if name not in ours}


def undisturbed(command: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What a house comes to in which nothing was ever killed."""
    env = {"CARELINE_HOME": str(folder), "CARELINE_STORE": ""}
    for line in (f"channels register wechat brand-cn {WECHAT}", command):
        assert process(line, env=env).returncode == 0
    line = Careline.open(Settings.load({**os.environ, **env}, {}, folder))
    try:
        return rows(line)
    finally:
        line.close()


@pytest.mark.parametrize("point", ["import.asked:2", "import.committed:3"])
def test_an_import_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(wechat: Desk, point: str, tmp_path: Path) -> None:
    now = wechat.control.clock()["now"]
    wechat.control.chatter(3000, people=7, every=20 * SECOND, until=now - HOUR)
    wechat.control.chatter(500, people=2, every=0, until=now - 2 * HOUR, text="嗯")  # alike, in one second
    command = f"chats import --channel brand-cn --since {rfc3339(now - 20 * HOUR)} --until {rfc3339(now - 30 * MINUTE)}"
    assert process(command, env={"CARELINE_CRASHPOINT": point}).returncode == KILLED
    if point == "import.committed:3":  # and again, in what was left
        assert process(command, env={"CARELINE_CRASHPOINT": "import.committed:1"}).returncode == KILLED
    assert process(command).returncode == 0
    assert len(wechat.rows(Message)) == 3500
    assert all(row.done for row in wechat.rows(History))
    assert rows(wechat.line) == undisturbed(command, tmp_path / "other")
    before = wechat.store.last_seq()
    assert process(command).returncode == 0
    assert [e.event.type for e in wechat.store.entries(before)].count("message.imported") == 0
    assert process("store rebuild --check").returncode == 0


@pytest.mark.parametrize("point", ["followers.asked:3", "followers.committed:1"])
def test_a_sync_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(wechat: Desk, point: str, tmp_path: Path) -> None:
    wechat.control.crowd(2500)
    command = "contacts sync --channel brand-cn"
    assert process(command, env={"CARELINE_CRASHPOINT": point}).returncode == KILLED
    asked = wechat.calls("/user/info/batchget")
    assert process(command).returncode == 0
    done = int(point[-1]) - point.startswith("followers.asked")
    assert wechat.calls("/user/info/batchget") - asked == 25 - 10 * done
    assert {one.handle for one in wechat.rows(Identity)} == {account.openid_of(f"crowd-{n}") for n in range(2500)}
    assert rows(wechat.line) == undisturbed(command, tmp_path / "other")
    before = wechat.store.last_seq()
    assert process(command).returncode == 0
    assert {e.event.type for e in wechat.store.entries(before)} == {"followers.read"}
    assert process("store rebuild --check").returncode == 0


@pytest.mark.parametrize("point", ["qr.answered:7", "qr.noted:1", "file.renamed:5", "qr.kept:1"])
def test_a_batch_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(wechat: Desk, point: str, tmp_path: Path) -> None:
    table = tmp_path / "stores.csv"
    table.write_text("scene\n" + "".join(f"shop-{number:02}\n" for number in range(40)), "utf-8")
    command = f"qr batch {table} --channel brand-cn --out {tmp_path}/codes --campaign spring --permanent --yes"
    assert process(command, env={"CARELINE_CRASHPOINT": point}).returncode == KILLED
    assert process(command).returncode == 0
    drawn = {file.name: file.read_bytes() for file in (tmp_path / "codes").glob("[!.]*")}
    assert rows(wechat.line) == undisturbed(command, tmp_path / "other")  # a permanent scene has one code, whoever asks
    assert {file.name: file.read_bytes() for file in (tmp_path / "codes").glob("[!.]*")} == drawn
    assert len(drawn) == 40
    assert process("store rebuild --check").returncode == 0
