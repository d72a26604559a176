"""WeCom's side of customer service: tokens, envelopes, cursors, sessions, codes; and wechatpy's client of WeCom against it."""

from __future__ import annotations

import io
import re
from typing import Any

import httpx
import pytest
from wechatpy.enterprise.client import WeChatClient
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException

from careline.errors import CarelineError
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.receiver import Got, Receiver

KF = account.WECOM_ACCOUNT
LIWEI = account.external_userid_of("liwei")
SECOND, HOUR = 10**6, 3600 * 10**6


class WeCom:
    """WeCom's API as a client without a library sees it."""

    def __init__(self, sandbox: Running, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.control = sandbox.control
        self.http = http
        self.token = ""

    def gettoken(self, secret: str = account.WECOM_SECRET, corp: str = account.WECOM_CORP_ID) -> dict[str, Any]:
        asked = {"corpid": corp, "corpsecret": secret}
        return dict(self.http.get(f"{self.sandbox.url}/qyapi/cgi-bin/gettoken", params=asked).json())

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        self.token = self.token or self.gettoken()["access_token"]
        url = f"{self.sandbox.url}/qyapi/cgi-bin/{path}"
        return dict(self.http.post(url, params={"access_token": self.token}, json=body).json())

    def code(self, path: str, **body: Any) -> int:
        return int(self.post(path, **body)["errcode"])

    def text(self, words: str = "好", **more: Any) -> int:
        body = {"touser": LIWEI, "open_kfid": KF, "msgtype": "text", "text": {"content": words}} | more
        return self.code("kf/send_msg", **body)

    def pull(self, cursor: str = "", **more: Any) -> dict[str, Any]:
        return self.post("kf/sync_msg", open_kfid=KF, **({"cursor": cursor} if cursor else {}), **more)

    def events(self) -> list[dict[str, Any]]:
        return [one["event"] for one in self.pull()["msg_list"] if one["msgtype"] == "event"]

    def state(self) -> int:
        return int(self.post("kf/service_state/get", open_kfid=KF, external_userid=LIWEI)["service_state"])

    def move(self, to: int, **more: Any) -> dict[str, Any]:
        return self.post("kf/service_state/trans", open_kfid=KF, external_userid=LIWEI, service_state=to, **more)


@pytest.fixture
def wecom(sandbox: Running, http: httpx.Client) -> WeCom:
    return WeCom(sandbox, http)


@pytest.fixture
def console(wecom: WeCom, receiver: Receiver) -> Receiver:
    """A receiver that WeCom nudges: it answers the echo as wechatpy reads it."""
    crypto = WeChatCrypto(account.WECOM_TOKEN, account.WECOM_AES_KEY, account.WECOM_CORP_ID)

    def respond(got: Got) -> tuple[int, bytes]:
        if got.method != "GET":
            return 200, b"success"
        query = got.query
        echo = crypto.check_signature(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
        return 200, echo.encode()

    receiver.respond = respond
    wecom.control.wecom("console", url=receiver.url, token=account.WECOM_TOKEN, encoding_aes_key=account.WECOM_AES_KEY)
    return receiver


# Tokens and envelopes


def test_everybody_gets_the_same_token_while_it_works(wecom: WeCom) -> None:
    first = wecom.gettoken()
    wecom.control.advance(HOUR)
    again = wecom.gettoken()
    assert again["access_token"] == first["access_token"]
    assert 3590 < again["expires_in"] <= 3600
    assert wecom.code("kf/account/list", limit=1) == 0
    wecom.control.advance(HOUR)
    assert wecom.code("kf/account/list", limit=1) == 42001
    assert wecom.gettoken()["access_token"] != first["access_token"]


def test_refusals_have_a_number_a_hint_and_the_callers_address(wecom: WeCom) -> None:
    assert wecom.gettoken(secret="x")["errcode"] == 40001
    assert wecom.gettoken(corp="x")["errcode"] == 40013
    assert wecom.gettoken(secret="")["errcode"] == 41004
    wecom.token = "x"
    refused = wecom.post("kf/account/list")
    assert refused["errcode"] == 40014
    assert re.fullmatch(
        r"invalid access_token, hint: \[\d{19}\], from ip: 127\.0\.0\.1, more info at https://open\.work\.weixin\.qq\.com/\S+e=40014",
        refused["errmsg"],
    )
    wecom.token = ""
    assert wecom.code("kf/nothing") == 501
    wecom.control.settings(wecom_trusted=False)
    assert wecom.gettoken()["errcode"] == 60020


# The callback


def test_the_echo_is_encrypted_and_a_server_that_cannot_read_it_is_not_saved(wecom: WeCom, receiver: Receiver) -> None:
    receiver.respond = lambda got: (200, got.query.get("echostr", "").encode())  # as an Official Account's would
    with pytest.raises(CarelineError, match="echo in the clear"):
        wecom.control.wecom("console", url=receiver.url, token="t", encoding_aes_key=account.WECOM_AES_KEY)
    assert wecom.control.status()["wecom"]["callback"] == ""


def test_wechatpy_reads_a_nudge_which_holds_no_words_of_the_customer(wecom: WeCom, console: Receiver) -> None:
    wecom.control.wecom("say", "liwei", text="你好")
    got = console.got[-1]
    assert "signature" not in got.query
    crypto = WeChatCrypto(account.WECOM_TOKEN, account.WECOM_AES_KEY, account.WECOM_CORP_ID)
    inner = crypto.decrypt_message(got.body, got.query["msg_signature"], got.query["timestamp"], got.query["nonce"])
    text = inner if isinstance(inner, str) else inner.decode()
    assert "<Event><![CDATA[kf_msg_or_event]]></Event>" in text
    assert f"<OpenKfId><![CDATA[{KF}]]></OpenKfId>" in text
    assert "你好" not in text
    assert "FromUserName" not in text
    token = re.search(r"<Token><!\[CDATA\[(.*?)\]\]>", text)
    assert token is not None
    assert wecom.pull(token=token[1])["msg_list"][0]["text"] == {"content": "你好"}
    wecom.control.advance(600 * SECOND)
    assert wecom.pull(token=token[1])["errcode"] == 95007
    assert wecom.pull(token="foreign")["errcode"] == 95007


def test_a_nudge_is_tried_three_times(wecom: WeCom, console: Receiver) -> None:
    console.respond = lambda got: (500, b"")
    done = wecom.control.wecom("say", "liwei", text="x")
    assert [one["status"] for one in done["pushes"][0]["tries"]] == [500] * 3


# Pulling


def test_pages_go_on_from_a_cursor_and_may_be_empty_though_there_is_more(wecom: WeCom) -> None:
    wecom.control.settings(wecom_page=2, wecom_empty=1)
    wecom.control.wecom("many", "guest", count=3)
    sizes, more, cursor = [], 1, ""
    while more:
        page = wecom.pull(cursor)
        sizes.append(len(page["msg_list"]))
        more, cursor = page["has_more"], page["next_cursor"]
    assert sizes == [0, 2, 0, 1]
    assert wecom.pull(cursor)["msg_list"] == []
    assert wecom.pull("nobody's")["errcode"] == 40058
    assert wecom.code("kf/sync_msg") == 95000
    assert wecom.pull(limit=1001)["errcode"] == 40058


def test_what_is_older_than_three_days_is_gone(wecom: WeCom) -> None:
    wecom.control.wecom("say", "liwei", text="old")
    wecom.control.advance(60 * HOUR)
    wecom.control.wecom("say", "liwei", text="new")
    wecom.control.advance(12 * HOUR)
    assert [one["text"]["content"] for one in wecom.pull()["msg_list"]] == ["new"]


def test_what_the_api_sends_is_not_pulled_and_what_servicers_write_is(wecom: WeCom) -> None:
    wecom.control.wecom("say", "liwei", text="1")
    wecom.text("2")
    wecom.control.wecom("servicer", "liwei", servicer="mei", deed="accept")
    wecom.control.wecom("servicer", "liwei", servicer="mei", deed="say", text="3")
    items = [one for one in wecom.pull()["msg_list"] if one["msgtype"] == "text"]
    assert [(one["origin"], one["text"]["content"], one.get("servicer_userid")) for one in items] == [
        (3, "1", None),
        (5, "3", "mei"),
    ]


# Sessions


ALLOWED = {0: {1, 2, 3, 4}, 1: {2, 3, 4}, 2: {3, 4}, 3: {3, 4}, 4: set[int]()}
WAY = {0: [], 1: [1], 2: [2], 3: [3], 4: [4]}


@pytest.mark.parametrize("before", ALLOWED)
@pytest.mark.parametrize("to", ALLOWED)
def test_a_session_goes_where_it_may_and_nowhere_else(wecom: WeCom, before: int, to: int) -> None:
    wecom.control.wecom("say", "liwei", text="x")
    for step in WAY[before]:
        assert wecom.move(step, servicer_userid="mei")["errcode"] == 0
    assert wecom.move(to, servicer_userid="chen")["errcode"] == (0 if to in ALLOWED[before] else 95016)
    assert wecom.state() == (to if to in ALLOWED[before] else before)


def test_the_api_writes_in_new_sessions_and_a_bots_and_after_a_customers_next_word(wecom: WeCom) -> None:
    wecom.control.wecom("say", "liwei", text="x")
    codes = []
    for to in (1, 2, 3, 4):
        wecom.move(to, servicer_userid="mei")
        codes.append(wecom.text())
    assert codes == [0, 95018, 95018, 95018]
    wecom.control.wecom("say", "liwei", text="x")
    assert (wecom.state(), wecom.text()) == (0, 0)


def test_five_messages_in_48_hours_and_each_word_of_the_customer_begins_anew(wecom: WeCom) -> None:
    assert wecom.text() == 40096
    wecom.control.wecom("enter", "liwei")
    wecom.control.wecom("say", "liwei", text="x")
    assert [wecom.text() for _ in range(6)] == [0] * 5 + [95001]
    wecom.control.wecom("say", "liwei", text="x")
    assert wecom.text() == 0
    wecom.control.advance(48 * HOUR)
    wecom.token = ""
    assert wecom.state() == 4
    assert wecom.text() == 95018
    assert wecom.move(3)["errcode"] == 95016


def test_servicers_must_receive_and_a_servicer_who_writes_takes_an_ended_session_up_again(wecom: WeCom) -> None:
    wecom.control.wecom("say", "liwei", text="x")
    assert wecom.move(3)["errcode"] == 40058
    assert wecom.move(3, servicer_userid="nobody")["errcode"] == 95014
    wecom.control.wecom("servicer", servicer="mei", deed="offline")
    assert wecom.move(3, servicer_userid="mei")["errcode"] == 95014
    wecom.control.wecom("servicer", "liwei", servicer="chen", deed="accept")
    wecom.control.wecom("servicer", "liwei", servicer="chen", deed="pass", text="mei")
    wecom.control.wecom("servicer", "liwei", servicer="mei", deed="end")
    wecom.control.wecom("servicer", "liwei", servicer="chen", deed="say", text="还在")
    changes = [one for one in wecom.events() if one["event_type"] == "session_status_change"]
    assert [one["change_type"] for one in changes] == [1, 2, 3, 4]
    assert wecom.state() == 3


@pytest.mark.parametrize(("route", "state"), [("api", 0), ("pool", 2), ("human", 3)])
def test_a_new_session_goes_where_the_account_routes_it_and_nobody_is_told(wecom: WeCom, route: str, state: int) -> None:
    wecom.control.settings(wecom_route=route)
    wecom.control.wecom("say", "liwei", text="x")
    assert wecom.state() == state
    assert wecom.events() == []


# Codes


def test_a_welcome_code_is_good_for_one_greeting_within_twenty_seconds(wecom: WeCom) -> None:
    def greet(code: str) -> int:
        return wecom.code("kf/send_msg_on_event", code=code, msgtype="text", text={"content": "您好"})

    def enter(who: str) -> str:
        wecom.control.wecom("enter", who)
        return str(wecom.events()[-1]["welcome_code"])

    first = enter("liwei")
    assert [greet(first), greet(first), greet("made up")] == [0, 95013, 40035]
    late = enter("anna")
    wecom.control.advance(20 * SECOND)
    assert greet(late) == 95013
    wecom.control.wecom("say", "anna", text="x")
    wecom.control.wecom("enter", "anna")
    assert "welcome_code" not in wecom.events()[-1]


def test_ending_a_session_gives_a_code_for_a_last_word(wecom: WeCom) -> None:
    wecom.control.wecom("say", "liwei", text="x")
    code = wecom.move(4)["msg_code"]
    menu = {"head_content": "满意吗?", "list": [{"type": "click", "click": {"id": "1", "content": "满意"}}]}
    assert wecom.code("kf/send_msg_on_event", code=code, msgtype="msgmenu", msgmenu=menu) == 0
    wecom.control.wecom("tap", "liwei", key="1")
    assert wecom.pull()["msg_list"][-1]["text"] == {"content": "满意", "menu_id": "1"}


# Messages


MENU = {"type": "click", "click": {"content": "x"}}
REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"msgtype": "hologram"}, 40008),
    ({"text": {"content": " "}}, 44004),
    ({"text": {"content": "x" * 2049}}, 45002),
    ({"msgid": "a" * 33}, 40058),
    ({"msgid": "a b"}, 40058),
    ({"msgtype": "image", "image": {"media_id": "x"}}, 40007),
    ({"msgtype": "link", "link": {"title": "T"}}, 40035),
    ({"msgtype": "msgmenu", "msgmenu": {"list": [MENU] * 11}}, 95008),
    ({"open_kfid": "wkNobody"}, 95000),
    ({"touser": "wmNobody"}, 40096),
]


@pytest.mark.parametrize(("fields", "code"), REFUSED)
def test_what_a_message_must_be(wecom: WeCom, fields: dict[str, Any], code: int) -> None:
    wecom.control.wecom("say", "liwei", text="x")
    assert wecom.text(**fields) == code


def test_a_msgid_is_given_back_and_delivered_once(wecom: WeCom) -> None:
    wecom.control.wecom("say", "liwei", text="x")
    assert wecom.text(msgid="m1-0a1b2c3d") == 0
    assert wecom.text(msgid="m1-0a1b2c3d") == 0
    shown = wecom.control.customer("liwei", "wecom")
    assert [one["id"] for one in shown["messages"] if one["direction"] == "out"] == ["m1-0a1b2c3d"]


def test_a_message_that_will_not_arrive_is_taken_first(wecom: WeCom) -> None:
    wecom.control.wecom("say", "liwei", text="x")
    wecom.control.wecom("fail", fail_type=10)
    assert wecom.text(msgid="m1-0a1b2c3d") == 0
    failed = wecom.events()[-1]
    assert (failed["event_type"], failed["fail_msgid"], failed["fail_type"]) == ("msg_send_fail", "m1-0a1b2c3d", 10)


# Accounts and people


def test_links_hide_their_scene_until_somebody_enters_by_them(wecom: WeCom) -> None:
    plain = wecom.post("kf/add_contact_way", open_kfid=KF)["url"]
    assert "enc_scene" not in plain
    link = wecom.post("kf/add_contact_way", open_kfid=KF, scene="shop-012")["url"]
    assert "shop-012" not in link
    assert wecom.post("kf/add_contact_way", open_kfid=KF, scene="shop-012")["url"] == link
    wecom.control.wecom("enter", "liwei", scene=link)
    assert wecom.events()[-1]["scene"] == "shop-012"
    assert wecom.code("kf/add_contact_way", open_kfid=KF, scene="x" * 33) == 40058


def test_each_servicer_has_a_result_of_their_own(wecom: WeCom) -> None:
    rows = wecom.post("kf/servicer/add", open_kfid=KF, userid_list=["wang", "mei", "nobody"], department_id_list=[1, 99])
    assert [(row["errcode"], row["errmsg"]) for row in rows["result_list"]][:3] == [
        (0, "success"),
        (0, "ignored"),
        (40003, "invalid userid"),
    ]
    assert [row["errcode"] for row in rows["result_list"][3:]] == [0, 40035]
    listed = wecom.http.get(
        f"{wecom.sandbox.url}/qyapi/cgi-bin/kf/servicer/list", params={"access_token": wecom.token, "open_kfid": KF}
    ).json()["servicer_list"]
    assert listed[-1] == {"department_id": 1}


def test_customers_are_known_by_name(wecom: WeCom) -> None:
    wecom.control.wecom("enter", "liwei", scene="s")
    found = wecom.post("kf/customer/batchget", external_userid_list=[LIWEI, "wmX"], need_enter_session_context=1)
    assert found["customer_list"][0]["nickname"] == "liwei"
    assert found["customer_list"][0]["enter_session_context"]["scene"] == "s"
    assert found["invalid_external_userid"] == ["wmX"]


# wechatpy


class Client(WeChatClient):  # type: ignore[misc]
    """wechatpy's client of WeCom with its fixed address turned to the sandbox. It has no calls of customer service."""

    def __init__(self, url: str) -> None:
        self.API_BASE_URL = f"{url}/qyapi/cgi-bin/"
        super().__init__(account.WECOM_CORP_ID, account.WECOM_SECRET)
        self._http.trust_env = False

    def fetch_access_token(self) -> Any:
        asked = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(url=f"{self.API_BASE_URL}gettoken", params=asked)


@pytest.fixture
def client(sandbox: Running) -> Any:
    client = Client(sandbox.url)
    yield client
    client._http.close()


def test_wechatpy_uploads_a_file_and_sends_it_through_its_own_door(sandbox: Running, client: Client) -> None:
    sandbox.control.wecom("say", "liwei", text="x")
    picture = io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"x" * 50)
    picture.name = "x.png"
    uploaded = client.media.upload("image", picture)
    assert isinstance(uploaded["created_at"], str | int)
    body = {"touser": LIWEI, "open_kfid": KF, "msgtype": "image", "image": {"media_id": uploaded["media_id"]}}
    assert client.post("kf/send_msg", data=body)["errcode"] == 0
    asked = {"access_token": client.access_token, "media_id": uploaded["media_id"]}  # its own download knows one host only
    got = httpx.get(f"{sandbox.url}/qyapi/cgi-bin/media/get", params=asked, trust_env=False)
    assert got.content == picture.getvalue()


def test_wechatpy_gets_over_an_expired_token_and_raises_what_wecom_refuses(sandbox: Running, client: Client) -> None:
    client.fetch_access_token()
    sandbox.control.wecom("retire")
    assert client.post("kf/account/list", data={"limit": 1})["account_list"][0]["open_kfid"] == KF
    with pytest.raises(WeChatClientException) as refused:
        client.post("kf/add_contact_way", data={"open_kfid": "wkNobody"})
    assert refused.value.errcode == 95000


def test_older_programs_list_accounts_by_get(wecom: WeCom) -> None:
    asked = {"access_token": wecom.gettoken()["access_token"]}
    rows = wecom.http.get(f"{wecom.sandbox.url}/qyapi/cgi-bin/kf/account/list", params=asked).json()["account_list"]
    assert [sorted(row) for row in rows] == [["avatar", "name", "open_kfid"]]
