"""Eight processes on one account, at the moment that its token ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from careline.clock import HOUR, MINUTE
from careline.events import ChannelRegistered
from careline.registering.steps import registered
from careline.sandbox import account
from careline.sandbox.server import Running, run_in_thread
from careline.tokens import kept
from tests.stores import NOON, Opener

PROCESSES = 8
CHANNEL = "brand-cn"
STABLE, ASKED = "/cgi-bin/stable_token", "/cgi-bin/getcallbackip"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with run_in_thread(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def env(sandbox: Running, opener: Opener, tmp_path: Path) -> dict[str, str]:
    sandbox.control.reset()
    sandbox.control.set_clock(NOON)
    store = opener()
    event = ChannelRegistered(name=CHANNEL, kind="wechat", account_id=account.WECHAT_APP_ID, api_url=sandbox.url)
    registered(store, event, "human:test")
    own = {"CARELINE_HOME": str(tmp_path / "home"), "CARELINE_STORE": opener.address}
    return {**os.environ, **sandbox.exports, **own}


def test_at_its_end_eight_processes_fetch_one_token(sandbox: Running, opener: Opener, env: dict[str, str]) -> None:
    assert len(set(_ask(env, 1))) == 1
    for instant in (NOON + 2 * HOUR - 4 * MINUTE, NOON + 5 * HOUR):  # in its last minutes, and long after them
        before = _calls(sandbox, STABLE)
        sandbox.control.set_clock(instant)
        assert len(set(_ask(env, PROCESSES))) == 1
        assert _calls(sandbox, STABLE) == before + 1
    assert _calls(sandbox, ASKED) == 1 + 2 * PROCESSES


def test_a_token_that_another_program_ended_is_renewed_once_by_eight(
    sandbox: Running, opener: Opener, env: dict[str, str]
) -> None:
    (before,) = _ask(env, 1)
    sandbox.control.set_clock(NOON + HOUR)
    _force(sandbox)
    calls = _calls(sandbox, STABLE)
    after = set(_ask(env, PROCESSES))
    assert len(after) == 1
    assert before not in after
    assert _calls(sandbox, STABLE) == calls + 1
    found = kept(opener(), CHANNEL)
    assert found is not None
    assert found.forced_at == ()


def test_the_classic_call_is_made_once_by_eight(sandbox: Running, env: dict[str, str]) -> None:
    env["CARELINE_WECHAT_TOKENS"] = "classic"
    assert len(set(_ask(env, PROCESSES))) == 1
    assert _calls(sandbox, "/cgi-bin/token") == 1
    assert _calls(sandbox, STABLE) == 0


def _ask(env: dict[str, str], count: int) -> list[str]:
    """The fingerprints that so many processes see, which all ask at once."""
    argv = [sys.executable, "-m", "tests.reliability.asker", CHANNEL]
    processes = [
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True) for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    found = []
    for process in processes:
        assert process.stdout is not None
        with process.stdout:
            found.append(process.stdout.read().strip())
        assert process.wait(30) == 0
    return found


def _calls(sandbox: Running, path: str) -> int:
    return sum(call["path"] == path for call in sandbox.control.log()["calls"])


def _force(sandbox: Running) -> None:
    import httpx

    body = {
        "grant_type": "client_credential",
        "appid": account.WECHAT_APP_ID,
        "secret": account.WECHAT_SECRET,
        "force_refresh": True,
    }
    assert "access_token" in httpx.post(f"{sandbox.url}{STABLE}", json=body, trust_env=False).json()
