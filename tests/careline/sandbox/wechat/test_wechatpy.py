"""wechatpy, which knows nothing of us, works against the sandbox as against WeChat."""

from __future__ import annotations

from typing import Any

import pytest
from wechatpy import WeChatClient, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException, WeChatClientException
from wechatpy.replies import TextReply
from wechatpy.utils import check_signature

from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.receiver import Got, Receiver

TOKEN, KEY = account.WECHAT_TOKEN, account.WECHAT_AES_KEY


class Client(WeChatClient):  # type: ignore[misc]
    """wechatpy's client with both of its fixed addresses turned to the sandbox."""

    def __init__(self, url: str) -> None:
        self.API_BASE_URL = f"{url}/cgi-bin/"
        super().__init__(account.WECHAT_APP_ID, account.WECHAT_SECRET)
        self._http.trust_env = False

    def fetch_access_token(self) -> Any:
        asked = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        return self._fetch_access_token(url=f"{self.API_BASE_URL}token", params=asked)


@pytest.fixture
def client(sandbox: Running) -> Any:
    client = Client(sandbox.url)
    yield client
    client._http.close()


def crypto() -> WeChatCrypto:
    return WeChatCrypto(TOKEN, KEY, account.WECHAT_APP_ID)


def paste(sandbox: Running, receiver: Receiver, mode: str) -> None:
    sandbox.control.console(receiver.url, TOKEN, KEY, mode)


def test_wechatpy_fetches_a_token_and_sends_until_the_quota_is_used_up(
    sandbox: Running, client: Client, connected: Receiver
) -> None:
    sandbox.control.say("mei", "在吗")
    openid = account.openid_of("mei")
    for _ in range(5):
        assert client.message.send_text(openid, "您好，请稍等")["errcode"] == 0
    with pytest.raises(WeChatClientException) as refused:
        client.message.send_text(openid, "还有一件事")
    assert refused.value.errcode == 45047
    assert [one["text"] for one in sandbox.control.customer("mei")["messages"]] == ["在吗"] + ["您好，请稍等"] * 5


def test_wechatpy_gets_over_a_token_that_was_replaced(sandbox: Running, client: Client, connected: Receiver) -> None:
    sandbox.control.follow("mei")
    client.fetch_access_token()
    sandbox.control.fault(40001, on="messages")
    assert client.message.send_text(account.openid_of("mei"), "欢迎")["errcode"] == 0


def test_wechatpy_creates_a_qr_ticket_that_a_customer_scans(sandbox: Running, client: Client, connected: Receiver) -> None:
    created = client.qrcode.create(
        {"expire_seconds": 1800, "action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "shop-012"}}}
    )
    assert created["url"].startswith("http://weixin.qq.com/q/")
    assert created["expire_seconds"] == 1800
    sandbox.control.scan("mei", "shop-012")
    assert client.user.get(account.openid_of("mei"))["qr_scene_str"] == "shop-012"


def test_wechatpy_decrypts_our_safe_pushes(sandbox: Running, receiver: Receiver) -> None:
    paste(sandbox, receiver, "safe")
    sandbox.control.say("mei", "快递到了吗？]]>")
    push = receiver.posts()[-1]
    query = push.query
    assert query["encrypt_type"] == "aes"
    assert b"Content" not in push.body
    check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
    content = crypto().decrypt_message(push.body, query["msg_signature"], query["timestamp"], query["nonce"])
    message = parse_message(content)
    assert (message.type, message.content, message.source) == ("text", "快递到了吗？]]>", account.openid_of("mei"))
    with pytest.raises(InvalidSignatureException):
        crypto().decrypt_message(push.body, query["msg_signature"], query["timestamp"], query["nonce"] + "1")


def test_wechatpy_reads_our_plain_events(sandbox: Running, client: Client, receiver: Receiver) -> None:
    paste(sandbox, receiver, "plain")
    client.qrcode.create({"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 12}}})
    sandbox.control.scan("mei", "12")
    sandbox.control.scan("mei", "12")
    sandbox.control.tap("mei", "orders")
    sandbox.control.unfollow("mei")
    follow, scan, click, unfollow = (parse_message(push.body) for push in receiver.posts())
    assert (follow.event, follow.scene_id) == ("subscribe_scan", "12")
    assert (scan.event, scan.scene_id, scan.ticket) == ("scan", "12", follow.ticket)
    assert (click.event, click.key) == ("click", "orders")
    assert unfollow.event == "unsubscribe"


def test_wechatpy_reads_either_half_of_our_compatible_pushes(sandbox: Running, receiver: Receiver) -> None:
    paste(sandbox, receiver, "compatible")
    sandbox.control.say("mei", "你好")
    push = receiver.posts()[-1]
    sealed = crypto().decrypt_message(push.body, push.query["msg_signature"], push.query["timestamp"], push.query["nonce"])
    assert parse_message(sealed).content == parse_message(push.body).content == "你好"


def test_a_passive_reply_that_wechatpy_encrypts_reaches_the_customer(sandbox: Running, receiver: Receiver) -> None:
    def reply(got: Got) -> tuple[int, bytes]:
        query = got.query
        content = crypto().decrypt_message(got.body, query["msg_signature"], query["timestamp"], query["nonce"])
        answer = TextReply(content="马上来", message=parse_message(content)).render()
        return 200, crypto().encrypt_message(answer, query["nonce"], query["timestamp"]).encode()

    paste(sandbox, receiver, "safe")
    receiver.respond = reply
    said = sandbox.control.say("mei", "有人吗")
    assert (said["pushes"][0]["reply"], said["fault_shown"]) == ("马上来", False)
    assert sandbox.control.customer("mei")["messages"][-1]["text"] == "马上来"
