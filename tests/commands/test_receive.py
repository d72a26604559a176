"""`careline receive` beside the other commands: registered while it runs, what it takes in is in the queue at once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from careline.sandbox import account
from tests.commands.desk import ANNA, LIWEI, WECHAT, WHATSAPP, Desk, Program


class Receiving:
    """`careline receive` as a process, and its public address."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "careline", "receive", "--port", "0"], stderr=subprocess.PIPE, text=True, env=os.environ
        )
        assert self.process.stderr is not None
        self.first = self.process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", self.first)
        assert found, self.first
        self.url = found[0]

    def end(self, sign: int) -> tuple[int, list[str]]:
        self.process.send_signal(sign)
        _, said = self.process.communicate(timeout=15)
        return self.process.returncode, said.splitlines()


@pytest.fixture
def receiving(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiving]:
    made = Receiving()
    monkeypatch.setenv("CARELINE_PUBLIC_URL", made.url)
    yield made
    if made.process.poll() is None:
        made.end(signal.SIGKILL)


def test_channels_are_registered_and_customers_heard_while_it_runs(desk: Desk, receiving: Receiving) -> None:
    assert receiving.first == f"receiving on {receiving.url}/webhooks/… for no channel yet into {desk.store.where}\n"
    desk.done(f"channels register whatsapp shop-it {WHATSAPP} --app-id {account.APP_ID}")
    desk.done(f"channels register wechat brand-cn {WECHAT} --accept-plain")
    for mode in ("plain", "compatible", "safe"):
        url = f"{receiving.url}/webhooks/brand-cn"
        desk.control.console(url, account.WECHAT_TOKEN, account.WECHAT_AES_KEY, mode)
        assert desk.control.say(LIWEI, mode)["pushes"][0]["arrived"]
    assert desk.control.say(ANNA, "Ciao")["pushes"][0]["arrived"]
    code, said = receiving.end(signal.SIGTERM)
    assert (code, said) == (0, ["stopped; everything that was answered 200 is in the store"])
    assert {row["preview"] for row in desk.json("queue list")} == {"safe", "Ciao"}
    assert desk.json("store info")["inbound"] == {"new": 0, "applied": 4, "dead": 0}


def test_ctrl_c_ends_it_as_orderly(desk: Desk, receiving: Receiving) -> None:
    assert receiving.end(signal.SIGINT) == (0, ["stopped; everything that was answered 200 is in the store"])


def test_a_handshake_with_another_token_is_refused_and_said(desk: Desk, receiving: Receiving) -> None:
    line = f"channels register whatsapp shop-it {WHATSAPP}"
    assert desk(line, env={"CARELINE_SECRET_SHOP_IT_VERIFY_TOKEN": "guess"}).exit == 6
    assert desk.json("channels list")[0]["state"] == "incomplete"
    _, said = receiving.end(signal.SIGTERM)
    assert [line for line in said if line.startswith("shop-it: 403 ")] != []


def test_a_port_that_is_taken_is_exit_1_and_names_another(receiving: Receiving, careline: Program) -> None:
    result = careline("receive", "--port", receiving.url.rpartition(":")[2])
    assert (result.exit, result.stderr.splitlines()[-1]) == (1, "  careline receive --port 8081")


@pytest.mark.parametrize(
    ("words", "exit"), [(["--port", "70000"], 2), (["--port", "x"], 2), (["--host", "203.0.113.1", "--port", "0"], 1)]
)
def test_an_address_that_cannot_be_listened_on(careline: Program, words: list[str], exit: int) -> None:
    result = careline("receive", *words)
    assert (result.exit, result.stdout) == (exit, "")
    assert "Traceback" not in result.stderr


def test_a_dry_run_says_where_and_for_whom_and_listens_nowhere(desk: Desk) -> None:
    desk.register("shop-it")
    result = desk.done("receive --port 8080 -n")
    assert result.stderr == "Would receive on http://127.0.0.1:8080/webhooks/… for shop-it.\n"


def test_it_answers_by_itself_as_the_profile_says_and_learns_another_while_it_runs(
    desk: Desk, receiving: Receiving, tmp_path: Path
) -> None:
    file = tmp_path / "replies.toml"
    file.write_text('default = "明天回复"\n', "utf-8")
    desk.done(f"channels register wechat brand-cn {WECHAT}")
    desk.done(f"channels profile brand-cn --set {file}")
    desk.control.console(f"{receiving.url}/webhooks/brand-cn", account.WECHAT_TOKEN, account.WECHAT_AES_KEY)
    first = desk.control.say(LIWEI, "你好")["pushes"][0]
    assert (first["reply"], len(first["tries"])) == ("明天回复", 1)
    file.write_text('default = "现在休息"\n', "utf-8")
    desk.done(f"channels profile brand-cn --set {file}")
    until = time.monotonic() + 10
    while desk.control.say(LIWEI, "在吗")["pushes"][0]["reply"] != "现在休息":
        assert time.monotonic() < until
        time.sleep(0.2)
    desk.control.console(f"{receiving.url}/webhooks/brand-cn", account.WECHAT_TOKEN, account.WECHAT_AES_KEY, "plain")
    assert [one["status"] for one in desk.control.say(LIWEI, "plain")["pushes"][0]["tries"]] == [403] * 3
    _, said = receiving.end(signal.SIGTERM)
    assert any("it is not encrypted: choose safe mode" in line for line in said)
