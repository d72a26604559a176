"""A scenario: the same text gives the same log, and what should hold is checked."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from careline.clock import HOUR
from careline.errors import Usage
from careline.sandbox import scenario
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import ANNA, Graph
from tests.careline.sandbox.receiver import Receiver

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "docs" / "scenarios").glob("*.txt"))
PEOPLE = f"anna is {ANNA}\nmei is mei\n"


def weeks(days: int) -> str:
    """A story of thirteen steps a day, with every kind of thing in it."""
    lines = ["seed weeks", f"anna is {ANNA}", "ugo is ugo on whatsapp", "mei is mei"]
    for day in range(days):
        lines += [
            f'shop submits news_{day}/it utility "Notizie del giorno {day}, buona lettura a tutti."',
            f'anna says "giorno {day}"',
            f'shop answers anna "risposta {day}"',
            "expect message delivered",
            f'mei says "第{day}天"',
            f'shop answers mei "好 {day}"',
            "ugo sends location",
            "fault 131056",
            'shop answers ugo "no"',
            "expect answer 131056",
            "wait 1m",
            f"shop sends anna news_{day}/it",
            "wait 23h",
        ]
    return "\n".join(lines)


def test_the_same_text_gives_the_same_log_byte_for_byte(sandbox: Running, connected: Receiver) -> None:
    text = weeks(16)
    began = time.monotonic()
    first = sandbox.control.play(text)
    took = time.monotonic() - began
    assert (first["unmet"], first["steps"]) == (None, 208)
    assert len(connected.posts()) > 100
    pushed = [one.body for one in connected.posts() if one.path]
    connected.got.clear()
    second = sandbox.control.play(text)
    assert first["log"] == second["log"]
    assert [one.body for one in connected.posts()] == pushed
    assert took < 10


ELSEWHERE = """
import pathlib, sys
from careline.sandbox.server import run_in_thread
with run_in_thread(pathlib.Path(sys.argv[1])) as running:
    print(*running.control.play(sys.stdin.read())["log"], sep="\\n")
"""


def test_another_process_gives_the_same_log(sandbox: Running, tmp_path: Path) -> None:
    text = weeks(2)
    here = "".join(f"{line}\n" for line in sandbox.control.play(text)["log"])
    for seed in ("1", "2"):  # of Python's hashes: the order in its sets
        command = [sys.executable, "-c", ELSEWHERE, str(tmp_path / seed)]
        env = {**os.environ, "PYTHONHASHSEED": seed}
        assert subprocess.run(command, input=text, capture_output=True, text=True, check=True, env=env).stdout == here


def test_another_seed_gives_other_ids_and_the_same_story(sandbox: Running) -> None:
    text = PEOPLE + 'anna says "ciao"\n'
    one, other = (sandbox.control.play(f"seed {seed}\n{text}")["log"] for seed in ("a", "b"))
    assert one != other
    assert [line for line in one if not line.startswith("    id")] == [line for line in other if not line.startswith("    id")]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_hold_with_nobody_listening(sandbox: Running, path: Path) -> None:
    played = sandbox.control.play(path.read_text("utf-8"))
    assert played["unmet"] is None
    assert played == sandbox.control.play(path.read_text("utf-8"))
    assert sandbox.control.status()["whatsapp"]["callback"] == ""


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2


def test_what_does_not_hold_names_its_line_and_ends_it(sandbox: Running) -> None:
    text = PEOPLE + 'anna says "ciao"\nshop answers anna "sì"\nexpect message failed\nanna says "mai"\n'
    played = sandbox.control.play(text)
    assert played["unmet"] == {"line": 5, "step": "expect message failed", "why": "expected failed, found delivered"}
    assert not any("mai" in line for line in played["log"])


@pytest.mark.parametrize("line", ["set errors often", "set over_limit 132001", "set retries soon"])
def test_a_setting_does_not_take_just_any_value(sandbox: Running, line: str) -> None:
    assert sandbox.control.play(PEOPLE + line)["unmet"]["step"] == line


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("expect answer 200", "has not called yet"),
        ("expect message sent", "has not sent anything"),
        ('expect anna sees "ciao"', "found nothing"),
        ("expect anna window open", "found closed"),
        ("expect template news approved", "found news nothing"),
        ("expect pushes 1", "found 0"),
        ("meta approves news", "no template news"),
        ("mei unfollows\nmei says hallo", "does not follow"),
        ("fault 7", "No platform"),
        ("push messages nonsense", "Expecting value"),
    ],
)
def test_whatever_cannot_be_is_told_with_its_line(sandbox: Running, line: str, why: str) -> None:
    played = sandbox.control.play(PEOPLE + line)
    assert played["unmet"]["line"] >= 3
    assert why in played["unmet"]["why"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "no step"),
        ("anna shouts ciao", "not 'shouts'"),
        ("anna says", "takes 1"),
        ("otto says ciao", "nobody is 'otto'"),
        ("anna is +39333", "somebody already"),
        ("shop is +39333", "cannot name"),
        ("eva is a b c", "a customer is"),
        ("wait soon", "no length of time"),
        ("start 2026-03-02T08:00:00", "no zone"),
        ("start whenever", "isoformat"),
        ("start 1812-03-02T08:00:00Z", "not of this century"),
        ("set merge_ 1", "no setting"),
        ("fault 190 often", "how often"),
        ("meta judges mood=bad", "Meta judges"),
        ("shop sends anna order_update/it Anna", "no NAME=VALUE"),
        ("expect anna answer 200", "a name goes before"),
        ("expect nothing", "not 'nothing'"),
        ('anna says "ciao', "quotation"),
        ("shop answers otto ciao", "nobody is"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_before_anything_is_done(sandbox: Running, line: str, why: str) -> None:
    with pytest.raises(Usage, match=why):
        sandbox.control.play(PEOPLE + line)
    if line:
        with pytest.raises(ValueError, match="Line 3: "):
            scenario.read(PEOPLE + line)


def test_a_scenario_lasts_ten_years_at_most() -> None:
    with pytest.raises(ValueError, match="ten years"):
        scenario.read("wait 300w\nwait 300w\n")
    assert len(scenario.read("wait 500w\n").steps) == 1


def test_afterwards_the_platforms_push_where_they_did_and_the_clock_stands_where_it_stood(
    sandbox: Running, graph: Graph, connected: Receiver
) -> None:
    sandbox.control.settings(retry_s=7.0)
    callback = sandbox.control.status()["whatsapp"]["callback"]
    sandbox.control.advance(HOUR)
    before = sandbox.control.clock()
    sandbox.control.play(PEOPLE + "start 2026-03-02T08:00:00Z\nset review_s 5\nwait 2d\n")
    assert sandbox.control.status()["whatsapp"]["callback"] == callback
    after = sandbox.control.clock()
    assert 0 < after["now"] - before["now"] < HOUR
    assert abs(after["ahead"] - before["ahead"]) < 1_000_000
    assert (sandbox.control.settings()["retry_s"], sandbox.control.settings()["review_s"]) == (7.0, 30.0)
    ids = {graph.text().json()["messages"][0]["id"] for _ in range(2)}
    assert len(ids) == 2


def test_redeliveries_happen_in_the_same_order(sandbox: Running, connected: Receiver) -> None:
    answers = iter([503, 503, 200] * 100)
    connected.respond = lambda got: (next(answers), b"")
    text = PEOPLE + 'anna says "ciao"\nshop answers anna "sì"\nexpect pushes 2\n'
    played = sandbox.control.play(text)
    assert played["unmet"] is None
    assert "    push message: 503, 503, 200" in played["log"]
