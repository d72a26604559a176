"""WeCom's side as commands: who enters, writes and taps there, and what servicers do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from careline.channels.tencent.crypto import BizMsgCrypt
from careline.sandbox import account
from careline.sandbox.server import Running, run_in_thread
from tests.careline.sandbox.receiver import Got, Receiver, receiving


@pytest.fixture
def sandbox(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with run_in_thread(isolated) as running:
        for name, value in running.exports.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def test_customers_and_servicers_of_wecom_are_played_from_the_shell(careline: Any, sandbox: Running) -> None:
    def done(*words: str) -> str:
        result = careline(*words)
        assert result.exit == 0, result
        return str(result.stdout)

    done("channels", "register", "wecom", "kf", "--corp-id", account.WECOM_CORP_ID)
    assert json.loads(done("sandbox", "enter", "liwei", "--scene", "shop", "-o", "json"))["did"] == "entered"
    done("sandbox", "say", "liwei", "你好")  # no WeChat account is here that they could mean
    done("sandbox", "servicer", "mei", "accept", "liwei")
    done("sandbox", "servicer", "mei", "say", "liwei", "在的")
    done("sandbox", "servicer", "mei", "end", "liwei", "--dry-run")
    assert "在的" in done("sandbox", "show", "liwei", "--channel", "kf")
    done("channels", "sync", "kf")
    assert "human:mei" in done("chats", "show", "1", "-o", "tsv").splitlines()[-1]
    refused = careline("sandbox", "servicer", "nobody", "accept", "liwei")
    assert (refused.exit, "channels staff" in refused.stderr) == (5, True)
    assert careline("sandbox", "follow", "liwei", "--channel", "kf").exit == 2


def test_a_nudge_that_nobody_takes_is_said_to_be_no_loss(careline: Any, sandbox: Running, receiver: Receiver) -> None:
    crypt = BizMsgCrypt(account.WECOM_TOKEN, [account.WECOM_AES_KEY], account.WECOM_CORP_ID)

    def checks_and_takes_nothing(got: Got) -> tuple[int, bytes]:
        asked = [got.query[name] for name in ("echostr", "msg_signature", "timestamp", "nonce")] if got.method == "GET" else []
        return (200, crypt.open(*asked)) if asked else (503, b"")

    receiver.respond = checks_and_takes_nothing
    url = receiver.url.removesuffix("/webhooks/shop")
    careline("channels", "register", "wecom", "kf", "--corp-id", account.WECOM_CORP_ID, "--public-url", url)
    assert careline("sandbox", "paste", "kf").exit == 0
    said = careline("sandbox", "say", "liwei", "你好", "--channel", "kf")
    assert said.exit == 1
    assert "did not take it: 503 (3 times). WeCom keeps it for three days to be pulled." in said.stderr
    assert json.loads(careline("channels", "sync", "kf", "-o", "json").stdout)[0]["new"] == 1


def test_a_callback_that_does_not_answer_is_not_saved(careline: Any, sandbox: Running, receiver: Receiver) -> None:
    url = receiver.url.removesuffix("/webhooks/shop")
    careline("channels", "register", "wecom", "kf", "--corp-id", account.WECOM_CORP_ID, "--public-url", url)
    refused = careline("sandbox", "paste", "kf")
    assert refused.exit == 9
    assert "WeCom does not take it" in refused.stderr
    assert careline("sandbox", "paste", "kf", "--dry-run").exit == 0
