"""The sandbox from the command line: started, found, and its customers at work."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from careline.clock import HOUR, MINUTE
from careline.sandbox import account
from careline.sandbox.server import Running, run_in_thread
from tests.careline.sandbox.calls import Graph
from tests.careline.sandbox.receiver import Receiver, receiving

ANNA = "+393331234567"


@pytest.fixture
def sandbox(isolated: Path) -> Iterator[Running]:
    with run_in_thread(isolated) as running:
        running.control.settings(wechat_wait_s=0.3, retries=0)
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


class Shell:
    """A shell that was pointed at the sandbox, with a channel of each kind registered."""

    def __init__(self, careline: Any, sandbox: Running, receiver: Receiver) -> None:
        self.careline = careline
        self.sandbox = sandbox
        self.receiver = receiver
        self.env = {**sandbox.exports, "CARELINE_PUBLIC_URL": receiver.url.removesuffix("/webhooks/shop")}

    def __call__(self, line: str, **options: Any) -> Any:
        return self.careline(*shlex.split(line), env=self.env, **options)

    def done(self, line: str, **options: Any) -> Any:
        result = self(line, **options)
        assert result.exit == 0, result.stderr
        return result

    def register(self) -> None:
        ids = f"--phone-number-id {account.PHONE_NUMBER_ID} --business-account-id {account.BUSINESS_ACCOUNT_ID}"
        self.done(f"channels register whatsapp shop-it {ids}")
        self.done(f"channels register wechat brand-cn --app-id {account.WECHAT_APP_ID}")
        self.done("sandbox paste brand-cn")


@pytest.fixture
def shell(careline: Any, sandbox: Running, receiver: Receiver) -> Shell:
    return Shell(careline, sandbox, receiver)


@pytest.fixture
def registered(shell: Shell) -> Shell:
    shell.register()
    return shell


def test_without_a_sandbox_every_word_says_how_to_start_one(careline: Any) -> None:
    for words in ("status", "stop", "env --timeout 0s", f"say {ANNA} Ciao", "show mei", "clock", "fault 190"):
        result = careline("sandbox", *words.split())
        assert (result.exit, result.stdout) == (5, "")
        assert result.stderr == "No sandbox is running here.\n  careline sandbox start --background\n"


def test_a_second_start_is_exit_10_and_names_the_first(careline: Any, sandbox: Running) -> None:
    for more in ([], ["--background"]):
        result = careline("sandbox", "start", "--port", "0", *more)
        assert result.exit == 10
        assert sandbox.url in result.stderr


def test_started_in_the_background_it_answers_until_it_is_stopped(careline: Any) -> None:
    started = careline("sandbox", "start", "--background", "--port", "0")
    try:
        assert started.exit == 0
        status = json.loads(careline("sandbox", "status", "-o", "json").stdout)
        assert status["url"] == started.stdout.strip()
        assert status["ahead_s"] == 0
        assert 'eval "$(careline sandbox env)"' in started.stderr
    finally:
        stopped = careline("sandbox", "stop")
    assert (stopped.exit, stopped.stderr) == (0, f"stopped {started.stdout.strip()}\n")
    assert careline("sandbox", "status").exit == 5


def test_env_prints_what_a_shell_evaluates(careline: Any, sandbox: Running) -> None:
    lines = careline("sandbox", "env").stdout
    script = f'{lines}printf "%s" "$CARELINE_SANDBOX_URL $CARELINE_PROFILE"'
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown == f"{sandbox.url} sandbox"
    undone = careline("sandbox", "env", "--unset").stdout
    script = f'{lines}{undone}printf "%s" "$CARELINE_SANDBOX_URL"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == ""


def test_env_speaks_other_shells(careline: Any, sandbox: Running) -> None:
    assert "set -gx CARELINE_PROFILE sandbox\n" in careline("sandbox", "env", "--shell", "fish").stdout
    assert "$env:CARELINE_PROFILE = 'sandbox'\n" in careline("sandbox", "env", "--shell", "powershell").stdout
    assert "Remove-Item Env:CARELINE_PROFILE\n" in careline("sandbox", "env", "--shell", "powershell", "--unset").stdout
    assert careline("sandbox", "env", "--shell", "tcsh").exit == 2


def test_the_customers_write_scan_and_tap(registered: Shell, tmp_path: Path) -> None:
    said = registered.done(f"sandbox say {ANNA} 'Dov’è il mio ordine?' --channel shop-it -o table")
    url = registered.receiver.url.removesuffix("shop") + "shop-it"
    assert said.stdout == f"{ANNA} wrote; {url} answered 200\n  customer  Dov’è il mio ordine?\n"
    record = json.loads(registered.done("sandbox say liwei 你好 --channel brand-cn -o json").stdout)
    assert (record["who"], record["status"]) == (account.openid_of("liwei"), "200")
    registered.done("sandbox follow mei")
    registered.done("sandbox tap mei orders")
    registered.done(f"qr create --channel brand-cn --scene shop-012 --out {tmp_path}/shop.png")
    assert json.loads(registered.done("sandbox scan mei shop-012 -o json").stdout)["did"] == "scanned"
    assert len(registered.receiver.posts()) == 5


def test_they_send_other_things_and_some_show_no_phone(registered: Shell) -> None:
    record = json.loads(registered.done("sandbox say ugo Ciao --bsuid --channel shop-it -o json").stdout)
    assert record["who"].startswith("US.")
    registered.done(f"sandbox say {ANNA} --kind location --channel shop-it")
    assert registered.sandbox.control.customer(ANNA)["messages"][-1]["kind"] == "location"
    shown = registered.done("sandbox say ugo Ancora --bsuid -o table")
    assert "Ancora" in shown.stdout


def test_on_wechat_too_they_send_other_things_and_they_pay(registered: Shell) -> None:
    assert registered.done("sandbox say liwei --kind voice -o table").stdout.splitlines()[-1] == "  customer  [voice]"
    assert registered.done("sandbox pay liwei -o table").stdout.startswith("liwei paid; ")
    assert registered.done("sandbox unfollow liwei -o table").stdout.startswith("liwei unfollowed; ")
    refusal = registered("sandbox say liwei --kind order")
    assert refusal.exit == 2
    assert refusal.stderr.startswith("On WeChat a customer cannot send order")


def test_the_code_for_a_new_number_is_printed_for_a_script(shell: Shell) -> None:
    assert shell("sandbox code").exit == 5
    with httpx.Client(trust_env=False) as http:
        graph = Graph(shell.sandbox, http)
        wanted = {"cc": "39", "phone_number": "0287654321", "verified_name": "Rossi Calzature"}
        id = graph.call("POST", f"{account.BUSINESS_ACCOUNT_ID}/phone_numbers", wanted).json()["id"]
        graph.call("POST", f"{id}/request_code", {"code_method": "SMS", "language": "it"})
    code = shell.done("sandbox code").stdout
    assert code.strip().isdigit()
    assert shell.done("sandbox code +390287654321").stdout == code
    assert shell("sandbox code +39111").exit == 5


def test_show_is_what_the_phone_shows(registered: Shell) -> None:
    registered.done(f"sandbox say {ANNA} Ciao")
    with httpx.Client(trust_env=False) as http:
        assert Graph(registered.sandbox, http).text(body="Buongiorno!").status_code == 200
    assert registered.sandbox.control.settle()
    shown = json.loads(registered.done(f"sandbox show {ANNA} -o json").stdout)
    assert [(one["from"], one["text"], one["state"]) for one in shown] == [
        ("customer", "Ciao", "received"),
        ("shop", "Buongiorno!", "delivered"),
    ]


def test_a_push_that_nobody_takes_is_said_with_what_the_customer_sees(registered: Shell) -> None:
    registered.receiver.respond = lambda got: (503, b"")
    whatsapp = registered(f"sandbox say {ANNA} Ciao")
    assert whatsapp.exit == 1
    assert "did not take it: 503. WhatsApp tries again.\n  careline receive\n" in whatsapp.stderr
    wechat = registered("sandbox say mei 你好")
    assert wechat.exit == 1
    assert "did not take it: 503 (3 times). The customer sees a service out of order." in wechat.stderr


def test_before_anything_is_registered_the_next_command_is_named(shell: Shell) -> None:
    whatsapp = shell(f"sandbox say {ANNA} Ciao")
    assert whatsapp.exit == 9
    assert "careline channels register whatsapp NAME --phone-number-id" in whatsapp.stderr
    wechat = shell("sandbox say mei 你好")
    assert (wechat.exit, wechat.stderr.splitlines()[-1]) == (9, "  careline sandbox paste CHANNEL")


def test_a_channel_that_the_platform_does_not_push_to_is_refused(registered: Shell) -> None:
    registered.done(f"channels register wechat other-cn --app-id {account.WECHAT_APP_ID}")
    refused = registered("sandbox say mei 你好 --channel other-cn")
    assert (refused.exit, refused.stderr.splitlines()[-1]) == (9, "  careline sandbox paste other-cn")
    registered.done("sandbox paste other-cn --mode plain")
    registered.done("sandbox say mei 你好 --channel other-cn")


def test_a_paste_that_the_console_refuses_keeps_nothing(shell: Shell) -> None:
    shell.done(f"channels register wechat brand-cn --app-id {account.WECHAT_APP_ID}")
    shell.receiver.respond = lambda got: (403, b"")
    refused = shell("sandbox paste brand-cn")
    assert refused.exit == 9
    assert "answered 403" in refused.stderr
    assert shell.sandbox.control.status()["wechat"]["callback"] == ""
    assert shell("sandbox paste brand-cn --mode secret").exit == 9


def test_pasting_from_a_profile_that_is_no_sandbox_is_refused(careline: Any, sandbox: Running) -> None:
    refused = careline("sandbox", "paste", "brand-cn")
    assert (refused.exit, refused.stderr.splitlines()[-1]) == (9, '  eval "$(careline sandbox env)"')


def test_the_clock_is_shown_and_moved(shell: Shell) -> None:
    assert json.loads(shell.done("sandbox clock -o json").stdout)["ahead_s"] == 0
    assert json.loads(shell.done("sandbox clock advance 23h59m -o json").stdout)["ahead_s"] == 24 * 3600 - 60
    moved = json.loads(shell.done("sandbox clock set 2030-03-06T16:55:00Z -o json").stdout)
    assert moved["now_at"].startswith("2030-03-06T16:55:0")
    before = shell.sandbox.control.clock()["ahead"]
    shell.done("sandbox clock advance 1h -n")
    assert shell.sandbox.control.clock()["ahead"] == before
    assert before > 24 * HOUR - MINUTE


def test_faults_are_cleared_and_told_by_status(shell: Shell) -> None:
    record = json.loads(shell.done("sandbox fault 131000 --by-status --next 3 -o json").stdout)
    assert (record["code"], record["left"], record["by_status"]) == ("131000", 3, True)
    shell.done("sandbox fault --clear -n")
    assert shell.sandbox.control.faults()["faults"] != []
    shell.done("sandbox fault --clear")
    assert shell.sandbox.control.faults() == {"faults": []}
    assert shell("sandbox fault").exit == 2
    assert shell("sandbox fault 190 --clear").exit == 2
    assert shell("sandbox fault 132001 --by-status").exit == 2


def test_a_scenario_is_played_and_its_log_printed(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text(f'anna is {ANNA}\nanna says "ciao"\nexpect anna window open\n')
    played = shell.done(f"sandbox play {file} -o table")
    first, id, push, held = played.stdout.splitlines()
    assert first == '2026-03-02T08:00:00Z  anna says "ciao"'
    assert id.startswith("    id wamid.")
    assert push == "    push message: 200"
    assert held == "2026-03-02T08:00:00Z  ok  expect anna window open"
    assert played.stderr == "2 steps, all as expected\n"
    assert shell.done(f"sandbox play {file} -o table").stdout == played.stdout
    assert shell.done("sandbox play - -o table", input=file.read_text()).stdout == played.stdout
    assert json.loads(shell.done(f"sandbox play {file} -o json").stdout)["unmet"] is None


def test_what_a_scenario_expects_in_vain_is_exit_1_and_a_bad_line_exit_2(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text(f"anna is {ANNA}\nexpect anna window open\n")
    unmet = shell(f"sandbox play {file}")
    assert unmet.exit == 1
    assert unmet.stderr.startswith("Line 2, expect anna window open: expected open, found closed.")
    file.write_text("nonsense\n")
    assert shell(f"sandbox play {file}").exit == 2
    file.write_bytes(b"\xff")
    assert shell(f"sandbox play {file}").exit == 2
    assert shell(f"sandbox play {tmp_path / 'none'}").exit == 2
    assert shell(f"sandbox play {file} -n").exit == 2


@pytest.mark.parametrize("words", ["clock advance", "clock sideways 1h", "clock advance 5", "clock set someday"])
def test_a_clock_that_cannot_be_moved_so_is_exit_2(shell: Shell, words: str) -> None:
    assert shell(f"sandbox {words}").exit == 2


def test_a_fault_is_what_the_next_call_meets(registered: Shell, tmp_path: Path) -> None:
    registered.done("sandbox fault 190 --next 1")
    draw = f"qr create --channel shop-it --scene vetrina --text Ciao --out {tmp_path}/code.png"
    assert registered(draw).exit == 4
    registered.done(draw)
    assert registered("sandbox fault 777").exit == 2
    assert registered("sandbox fault 190 --next 0").exit == 2


def test_a_whatsapp_code_is_scanned_by_its_scene(registered: Shell, tmp_path: Path) -> None:
    registered.done(
        f"qr create --channel shop-it --scene vetrina --text 'Ciao dalla vetrina' --out {tmp_path / 'v.png'} -o json"
    )
    registered.done(f"sandbox scan {ANNA} vetrina --channel shop-it")
    shown = json.loads(registered.done(f"sandbox show {ANNA} -o json").stdout)
    assert [bubble["text"] for bubble in shown] == ["Ciao dalla vetrina"]


@pytest.mark.parametrize("words", ["follow +393331234567", "scan mei nothing", "tap mei", "say mei ''", "show nobody"])
def test_what_a_customer_cannot_do_is_refused_without_a_traceback(registered: Shell, words: str) -> None:
    refused = registered(f"sandbox {words}")
    assert refused.exit in (2, 5)
    assert "Traceback" not in refused.stderr


def test_a_dry_run_lets_nobody_do_anything(registered: Shell) -> None:
    assert registered.done("sandbox say mei 你好 -n").stderr == "would let mei write\n"
    assert registered.done("sandbox fault 190 -n").stdout == ""
    assert registered.done("sandbox paste brand-cn -n").exit == 0
    assert registered.done("sandbox stop -n").exit == 0
    assert registered.receiver.posts() == []
    assert registered.sandbox.control.faults() == {"faults": []}


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_home_with_a_quote_in_its_name_survives_the_shell(tmp_path: Path) -> None:
    home = tmp_path / "Anna's home"
    with run_in_thread(home) as running:
        from careline.sandbox.shells import setting

        script = "".join(setting(running.exports, "bash")) + 'printf "%s" "$CARELINE_CLOCK"'
        shown = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert shown.stdout == str(home / "sandbox" / "clock")
