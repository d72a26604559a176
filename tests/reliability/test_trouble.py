"""A disk that is full or slow, a database that is locked: the platform is told to come again, and nobody repairs anything."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.crash import Findings, children, examine, settle, shop
from bench.house import House
from bench.servers import ROOT, serving
from careline.model import Message
from tests.reliability.pushes import open_wechat, push, push_wechat

RECEIVE = ["careline", "receive", "--port", "0"]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[House]:
    """A house whose store are files."""
    folder = tmp_path / "house"
    folder.mkdir()
    with shop(folder) as made:
        yield made


def clean(house: House, acknowledged: set[int]) -> None:
    found = Findings()
    examine(house, acknowledged, found)
    assert found.clean, found


def test_a_full_disk_is_503_and_never_200_for_what_is_not_there_and_ends_by_itself(files: House) -> None:
    acknowledged, refused = set(), 0
    with serving(RECEIVE, files.env) as server:
        assert push(server.port, 0)[0] == 200
        processes = [server.process.pid, *children(server.process.pid)]
        assert len(processes) == 2
        limit = files.line.settings.store.inbound.with_name("inbound.db-wal").stat().st_size + 200_000
        before = [resource.prlimit(process, resource.RLIMIT_FSIZE, (limit, -1)) for process in processes]
        for number in range(1, 120):
            status, took_s = push(server.port, number)
            assert status in (200, 503)
            assert took_s < 5
            if status == 200:
                acknowledged.add(number)
            else:
                refused += 1
        assert server.process.poll() is None
        assert children(server.process.pid) == processes[1:]
        for process, limits in zip(processes, before, strict=True):
            resource.prlimit(process, resource.RLIMIT_FSIZE, limits)
        for number in range(200, 220):
            assert push(server.port, number)[0] == 200
            acknowledged.add(number)
        settle(files)
        assert not any("Traceback" in line for line in server.said)
    assert refused > 20
    assert len(acknowledged) > 25
    clean(files, acknowledged)


@pytest.mark.parametrize("held_s", [1.0, 6.5])
def test_while_somebody_holds_the_write_lock_pushes_are_answered_at_once_and_a_command_waits_five_seconds(
    house: House, held_s: float
) -> None:
    slowest = 0.0
    with serving(RECEIVE, house.env) as server:
        assert push(server.port, 0)[0] == 200
        settle(house)
        command = [sys.executable, "-m", "careline", "store", "rebuild"]
        with house.line.store.transaction():
            ends = time.monotonic() + held_s
            waiting = subprocess.Popen(command, env=house.env, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
            for number in range(1, 40):
                status, took_s = push(server.port, number)
                assert status == 200
                slowest = max(slowest, took_s)
            time.sleep(max(0.0, ends - time.monotonic()))
            assert house.line.store.count(Message) == 1
        said = waiting.communicate(timeout=30)[1].decode()
        settle(house)
        assert waiting.returncode == (10 if held_s > 5 else 0), said
        assert "Traceback" not in said
    assert slowest < 1.0
    clean(house, set(range(40)))


def test_a_slow_disk_is_503_within_a_second_for_wechat_and_a_late_200_for_whatsapp(files: House, tmp_path: Path) -> None:
    open_wechat(files)
    says = tmp_path / "slow"
    env = files.env | {"SLOW_DISK": str(says)}
    with serving(["tests.reliability.slow_disk", *RECEIVE[1:]], env) as server:
        assert push_wechat(server.port, 1)[0] == 200
        assert push(server.port, 1)[0] == 200
        says.write_text("2.5")
        late: list[tuple[int, float]] = []
        other = threading.Thread(target=lambda: late.append(push(server.port, 2)))
        other.start()
        status, took_s = push_wechat(server.port, 2)
        assert (status, took_s < 1.1) == (503, True)
        other.join()
        assert late[0][0] == 200
        assert late[0][1] > 2
        says.unlink()
        while push_wechat(server.port, 2)[0] != 200:  # the platform's second try
            time.sleep(0.1)
        settle(files)
    store = files.line.store
    assert store.count(Message, "WHERE channel = 'brand-cn'") == 2
    assert store.count(Message, "WHERE channel = 'shop'") == 2
