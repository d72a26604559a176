"""One sandbox to a state directory: started, found, stopped, and its clock in a file that others read."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from careline.clock import HOUR, MINUTE, Clock
from careline.errors import Busy, Failed, Misconfigured, NotFound, Usage
from careline.sandbox import account
from careline.sandbox.control import Control, find, is_alive
from careline.sandbox.server import run_in_thread, start_in_background, stop


@pytest.fixture
def port() -> Iterator[int]:
    """A port that is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_second_start_names_the_sandbox_that_runs(tmp_path: Path) -> None:
    with run_in_thread(tmp_path) as running:
        with pytest.raises(Busy, match=running.url):
            start_in_background(tmp_path, 0)
        with pytest.raises(Busy, match=running.url), run_in_thread(tmp_path):
            pass
        assert find(tmp_path)["url"] == running.url
    with pytest.raises(NotFound):
        find(tmp_path)


def test_papers_of_a_sandbox_that_died_do_not_stand_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "lock").touch()
    (tmp_path / "sandbox" / "state.json").write_text(json.dumps({"url": "http://127.0.0.1:1", "pid": 1, "exports": {}}))
    with pytest.raises(NotFound) as refused:
        find(tmp_path)
    assert refused.value.run == "careline sandbox start --background"
    with run_in_thread(tmp_path) as running:
        assert find(tmp_path)["pid"] == os.getpid()
        assert running.control.status()["url"] == running.url


def test_a_port_that_is_taken_is_said(tmp_path: Path, port: int) -> None:
    with pytest.raises(Misconfigured, match=f"Port {port}") as refused, run_in_thread(tmp_path, port):
        pass
    assert refused.value.run == "careline sandbox start --port 0"
    assert not is_alive(tmp_path)


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="cannot write"), run_in_thread(tmp_path / "file"):
        pass


def test_in_the_background_it_outlives_the_call_and_stops_when_asked(tmp_path: Path, port: int) -> None:
    with pytest.raises(Misconfigured, match=f"Port {port}"):
        start_in_background(tmp_path, port)
    running = start_in_background(tmp_path, 0)
    try:
        held = find(tmp_path)
        assert held["url"] == running.url
        assert held["pid"] != os.getpid()
        assert held["exports"] == account.exports(running.url, tmp_path)
        assert running.control.status()["whatsapp"]["callback"] == ""
    finally:
        assert stop(tmp_path) == running.url
    assert not is_alive(tmp_path)
    assert not (tmp_path / "sandbox" / "state.json").exists()
    with pytest.raises(NotFound):
        stop(tmp_path)


def test_the_clock_is_a_file_that_any_process_reads_and_it_outlives_the_sandbox(tmp_path: Path) -> None:
    file = tmp_path / "sandbox" / "clock"
    with run_in_thread(tmp_path) as running:
        assert running.exports["CARELINE_CLOCK"] == str(file)
        assert running.control.advance(23 * HOUR + 59 * MINUTE)["ahead"] == 23 * HOUR + 59 * MINUTE
        assert int(file.read_text()) == 23 * HOUR + 59 * MINUTE
        noon = 1_790_000_000_000_000
        running.control.set_clock(noon)
        assert abs(Clock(file).now() - noon) < MINUTE
        file.write_text(str(HOUR))
        assert running.control.clock()["ahead"] == HOUR
    with run_in_thread(tmp_path) as running:
        assert running.control.clock()["ahead"] == HOUR


def test_ids_and_secrets_are_the_same_at_every_start(tmp_path: Path) -> None:
    exports = []
    for home in (tmp_path / "a", tmp_path / "b"):
        with run_in_thread(home) as running:
            exports.append({key: value for key, value in running.exports.items() if not key.endswith(("URL", "CLOCK"))})
    assert exports[0] == exports[1]


def test_a_setting_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with run_in_thread(tmp_path) as running:
        with pytest.raises(Usage, match="no setting colour"):
            running.control.settings(colour="red")
        with pytest.raises(Usage, match="merge"):
            running.control.settings(merge="most")
        with pytest.raises(Usage, match="never comes by a status"):
            running.control.settings(over_limit=132001)
        assert running.control.settings(review_s=1)["review_s"] == 1


def test_a_sandbox_that_is_gone_says_so() -> None:
    with pytest.raises(Failed, match="does not answer"):
        Control("http://127.0.0.1:1").status()
