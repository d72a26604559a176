"""The receiver as a process: what was answered 200 is in the store, whatever happens to the process."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from careline.clock import Clock
from careline.events import ChannelRegistered, Entry
from careline.model import Conversation, Message
from careline.store.sqlite import SqliteStore

SECRET = "app-secret-of-the-test"
TOKEN, APP_ID = "tokenOfTheTest", "wxTESTAPPID0000001"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def body(number: int, text: str = "ciao", who: str = "393331234567") -> bytes:
    message = {"from": who, "id": f"wamid.{number}", "timestamp": "1772798400", "type": "text", "text": {"body": text}}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "39021234567", "phone_number_id": "106"},
        "contacts": [{"profile": {"name": "Anna"}, "wa_id": who}],
        "messages": [message],
    }
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "102", "changes": [change]}]}).encode()


def signed(data: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()}


class Receiver:
    """`careline receive` in a process of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "profiles" / "default"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("CARELINE_")} | {
            "CARELINE_HOME": str(home),
            "CARELINE_SECRET_SHOP_IT_APP_SECRET": SECRET,
            "CARELINE_SECRET_SHOP_IT_VERIFY_TOKEN": "verify-me",
            "CARELINE_SECRET_BRAND_CN_TOKEN": TOKEN,
            "CARELINE_SECRET_BRAND_CN_ENCODING_AES_KEY": AES_KEY,
        }
        with self.store() as store:
            for event in (
                ChannelRegistered(name="shop-it", kind="whatsapp", account_id="102", phone_number_id="106"),
                ChannelRegistered(name="brand-cn", kind="wechat", account_id=APP_ID),
            ):
                entry = Entry(event=event, channel=event.name, occurred_at=Clock().now())
                store.change(lambda change, entry=entry: change.record([entry]))
        self.start()

    def store(self) -> Opened:
        return Opened(self.folder)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "careline", "receive", "--port", "0"], env=self.env, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert found, line
        self.port = int(found[1])
        self.said: list[str] = []
        self._reader = threading.Thread(target=lambda err=self.process.stderr: self.said.extend(err), daemon=True)
        self._reader.start()

    def post(self, data: bytes, headers: dict[str, str] | None = None, path: str = "/webhooks/shop-it") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", path, data, signed(data) if headers is None else headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def end(self, sign: int = signal.SIGTERM) -> int:
        self.process.send_signal(sign)
        code = self.process.wait(timeout=15)
        self.end_reading()
        return code

    def end_reading(self) -> None:
        self._reader.join(timeout=5)
        if self.process.stderr:
            self.process.stderr.close()

    def applied(self, messages: int) -> bool:
        end = time.monotonic() + 15
        while time.monotonic() < end:
            with self.store() as store:
                if store.count(Message) >= messages and not store.inbound.take(1):
                    return True
            time.sleep(0.05)
        return False


class Opened:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._store = SqliteStore(folder / "careline.db", folder / "inbound.db", folder / "locks", Clock().now)

    def __enter__(self) -> SqliteStore:
        return self._store

    def __exit__(self, *error: object) -> None:
        self._store.close()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver(tmp_path)
    yield made
    if made.process.poll() is None:
        made.end()


def test_one_body_posted_twenty_times_by_six_clients_is_one_message_in_one_chat(receiver: Receiver) -> None:
    with ThreadPoolExecutor(6) as clients:
        assert set(clients.map(lambda _: receiver.post(body(1)), range(20))) == {200}
    assert receiver.applied(1)
    with receiver.store() as store:
        assert (store.count(Message), store.count(Conversation)) == (1, 1)


def test_an_album_of_parallel_webhooks_is_one_chat(receiver: Receiver) -> None:
    with ThreadPoolExecutor(6) as clients:
        assert set(clients.map(lambda n: receiver.post(body(n)), range(6))) == {200}
    assert receiver.applied(6)
    with receiver.store() as store:
        assert (store.count(Message), store.count(Conversation)) == (6, 1)


def test_kill_9_in_the_middle_of_a_thousand_loses_nothing_that_was_answered_200(receiver: Receiver) -> None:
    acknowledged: set[int] = set()

    def post(number: int) -> None:
        try:
            if receiver.post(body(number, who=f"39333{number % 50:07}")) == 200:
                acknowledged.add(number)
        except OSError:
            pass

    with ThreadPoolExecutor(8) as clients:
        for number in range(1000):
            clients.submit(post, number)
        while len(acknowledged) < 300:
            time.sleep(0.002)
        receiver.end(signal.SIGKILL)
    assert 300 <= len(acknowledged) < 1000
    receiver.start()
    assert receiver.applied(len(acknowledged))
    with receiver.store() as store:
        kept = [int(m.platform_id.removeprefix("wamid.")) for m in store.select(Message)]
        assert acknowledged <= set(kept)
        assert len(kept) == len(set(kept))
        assert store.count(Conversation) <= 50


def test_the_handshake_gives_the_challenge_back_and_nothing_without_the_token(receiver: Receiver) -> None:
    right = "/webhooks/shop-it?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-me"
    assert receiver.get(right) == (200, b"1158201444")
    assert receiver.get(right.replace("verify-me", "guess"))[0] == 403


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        (body(1), {}, 401),
        (body(1), signed(body(1), "another secret"), 401),
        (body(1), signed(body(2)), 401),
        (b"[" * 100_000 + b"]" * 100_000, None, 200),
        (b"this is no JSON", None, 200),
        (b"\x00" * (3 * 1024 * 1024 + 1), None, 413),
    ],
    ids=["no signature", "another secret", "another body's signature", "100,000 levels deep", "not JSON", "too large"],
)
def test_bad_bodies_have_their_status_and_make_no_message(
    receiver: Receiver, data: bytes, headers: dict[str, str] | None, status: int
) -> None:
    assert receiver.post(data, headers) == status
    assert receiver.post(body(7)) == 200
    assert receiver.applied(1)
    with receiver.store() as store:
        assert store.count(Message) == 1
        assert store.inbound.counts()["dead"] == (1 if status == 200 else 0)


def test_fifty_megabytes_are_refused_before_they_are_read(receiver: Receiver) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)
    connection.putrequest("POST", "/webhooks/shop-it")
    connection.putheader("Content-Length", str(50 * 1024 * 1024))
    connection.endheaders(b"{")
    assert connection.getresponse().status == 413
    connection.close()


def encrypted(text: str, app_id: str = APP_ID) -> tuple[bytes, str]:
    """A push in safe mode as wechatpy encrypts it, and the query it comes with."""
    from wechatpy.crypto import WeChatCrypto
    from wechatpy.utils import WeChatSigner

    timestamp, nonce = "1772798400", "nonce42"
    whole = WeChatCrypto(TOKEN, AES_KEY, app_id).encrypt_message(text, nonce, timestamp)
    signer = WeChatSigner()
    signer.add_data(TOKEN, timestamp, nonce)
    found = re.search(r"<MsgSignature><!\[CDATA\[(\w+)\]\]>", whole)
    assert found
    query = f"signature={signer.signature}&timestamp={timestamp}&nonce={nonce}&encrypt_type=aes&msg_signature={found[1]}"
    return whole.encode(), query


def wechat_text(number: int) -> str:
    return (
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oLiwei]]></FromUserName>"
        f"<CreateTime>1772798400</CreateTime><MsgType>text</MsgType><Content><![CDATA[你好]]></Content><MsgId>{number}</MsgId></xml>"
    )


def test_what_wechatpy_encrypts_is_understood_and_answered_at_once_three_times_over(receiver: Receiver) -> None:
    data, query = encrypted(wechat_text(1))
    assert [receiver.post(data, {}, f"/webhooks/brand-cn?{query}") for _ in range(3)] == [200, 200, 200]
    assert receiver.applied(1)
    with receiver.store() as store:
        (message,) = store.select(Message)
        assert (message.text, message.handle) == ("你好", "oLiwei")


def test_a_push_for_another_account_is_refused(receiver: Receiver) -> None:
    data, query = encrypted(wechat_text(1), "wxSOMEBODYELSE0001")
    assert receiver.post(data, {}, f"/webhooks/brand-cn?{query}") == 401


def test_a_doctype_is_refused(receiver: Receiver) -> None:
    _, query = encrypted(wechat_text(1))
    plain = query.split("&encrypt_type")[0]
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><FromUserName>&a;</FromUserName></xml>'
    assert receiver.post(bomb, {}, f"/webhooks/brand-cn?{plain}") == 400


def test_an_unknown_channel_is_404_and_said(receiver: Receiver) -> None:
    assert receiver.post(body(1), path="/webhooks/nobody") == 404
    assert receiver.end() == 0
    assert any("nobody" in line for line in receiver.said)


def test_sigterm_finishes_what_was_accepted(receiver: Receiver) -> None:
    for number in range(20):
        assert receiver.post(body(number)) == 200
    assert receiver.end() == 0
    with receiver.store() as store:
        assert store.count(Message) == 20


def test_what_was_received_and_not_applied_is_applied_at_the_next_start(receiver: Receiver) -> None:
    receiver.end()
    with receiver.store() as store:
        store.inbound.put([("shop-it", 1_772_798_400_000_000, body(1))])
    receiver.start()
    assert receiver.applied(1)


def test_a_receiver_that_finds_its_port_taken_says_so(receiver: Receiver) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "careline", "receive", "--port", str(receiver.port)],
        env=receiver.env,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert second.returncode == 1
    assert "cannot be listened on" in second.stderr
    assert "Traceback" not in second.stderr
