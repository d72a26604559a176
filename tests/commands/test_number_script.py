"""The documentation's script, as a shell runs it: from nothing to a delivered message, and again, with nothing done twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from careline.sandbox.server import run_in_thread
from tests.commands.desk import toml

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "number.sh"


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_five_commands_in_a_script_lead_to_a_delivered_message_and_do_nothing_twice(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "order_update.toml").write_text(toml(body="Ciao {{1}}, il tuo ordine è arrivato in negozio."), "utf-8")
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "careline").write_text(f'#!/bin/sh\nexec {sys.executable} -m careline "$@"\n')
    (bin / "careline").chmod(0o755)
    with run_in_thread(tmp_path / "home") as sandbox:
        sandbox.control.settings(review_s=0, sent_s=0, delivered_s=0)
        env = {**os.environ, **sandbox.exports, "PATH": f"{bin}:{os.environ['PATH']}", "no_proxy": "*"}
        env["CARELINE_HOME"] = str(tmp_path / "home")
        receiver = subprocess.Popen(
            [sys.executable, "-m", "careline", "receive", "--port", "0", "--log-format", "json"],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            env["CARELINE_PUBLIC_URL"] = _address(receiver)
            for _ in range(2):
                done = subprocess.run(["sh", str(SCRIPT), str(folder)], env=env, capture_output=True, text=True, timeout=60)
                assert done.returncode == 0, done.stderr
            assert _reached(sandbox.url) == ["delivered"]
            assert len(sandbox.control.numbers()) == 2
        finally:
            receiver.terminate()
            receiver.communicate(timeout=20)


def _address(receiver: subprocess.Popen[str]) -> str:
    """Where it listens, from its first line."""
    assert receiver.stderr is not None
    line = receiver.stderr.readline()
    return line[line.index("http://") :].split("/webhooks")[0]


def _reached(url: str) -> list[str]:
    """The states of what Anna's phone got."""
    deadline = time.monotonic() + 5
    while True:
        shown = httpx.get(f"{url}/_sandbox/customers/+393331234567", trust_env=False).json()["messages"]
        states = [one["state"] for one in shown if one["direction"] == "out"]
        if states == ["delivered"] or time.monotonic() > deadline:
            return states
        time.sleep(0.05)
