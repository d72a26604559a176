"""The desk that is built into WeChat, in the sandbox: agents, sessions, what passes them and what is pushed."""

from __future__ import annotations

from typing import Any

import pytest

from careline.errors import CarelineError
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import WeChat
from tests.careline.sandbox.receiver import Receiver

MINUTE = 60 * 1_000_000
MEI, LAN = (f"{name}@{account.WECHAT_USERNAME}" for name in ("mei", "lan"))
LIWEI = account.openid_of("liwei")


class Desk(WeChat):
    """WeChat's API, with the paths that begin with /customservice."""

    def kf(self, path: str, body: Any = None, **params: str) -> dict[str, Any]:
        self.token = self.token or self.stable()["access_token"]
        url, asked = f"{self.sandbox.url}/customservice/{path}", {"access_token": self.token, **params}
        reply = self.http.get(url, params=asked) if body is None else self.http.post(url, json=body, params=asked)
        return dict(reply.json())

    def code(self, path: str, body: Any = None, **params: str) -> int:  # type: ignore[override]
        return int(self.kf(path, body, **params).get("errcode", 0))

    def add(self, name: str, nickname: str = "Mei") -> int:
        return self.code("kfaccount/add", {"kf_account": name, "nickname": nickname})

    def staffed(self, *names: str) -> None:
        """These agents, bound and online."""
        for name in names:
            assert self.add(name, name.partition("@")[0]) == 0
            body = {"kf_account": name, "invite_wx": f"wx_{name[:3]}_shop"}
            assert self.code("kfaccount/inviteworker", body) == 0
            self.sandbox.control.desk("join", name)

    def records(self, since: int, until: int, msgid: int = 1, number: int = 100) -> dict[str, Any]:
        body = {"starttime": since, "endtime": until, "msgid": msgid, "number": number}
        return self.kf("msgrecord/getmsglist", body)

    def now_s(self) -> int:
        return int(self.sandbox.control.clock()["now"]) // 1_000_000


@pytest.fixture
def desk(sandbox: Running, http: Any) -> Desk:
    return Desk(sandbox, http)


def pushed(receiver: Receiver) -> list[str]:
    from careline.sandbox.crypto import decrypt
    from careline.sandbox.wechat import xml

    found = []
    for got in receiver.got:
        if got.method == "POST":
            root = xml.read(
                decrypt(account.WECHAT_AES_KEY, account.WECHAT_APP_ID, xml.read(got.body).findtext("Encrypt") or "")
            )
            found.append(root.findtext("Event") or root.findtext("Content") or "")
    return found


def test_an_agent_is_added_once_with_a_name_that_wechat_takes(desk: Desk) -> None:
    assert (desk.add(MEI), desk.add(MEI)) == (0, 65406)
    assert desk.add("mei@elsewhere") == desk.add(f"eleven_lett@{account.WECHAT_USERNAME}") == 65404
    assert (desk.add(LAN, ""), desk.add(LAN, "n" * 17), desk.add(LAN, "n" * 16)) == (65403, 65403, 0)
    assert desk.code("kfaccount/update", {"kf_account": "who@x", "nickname": "x"}) == 65401
    assert desk.code("kfaccount/del", kf_account=LAN) == 0
    assert desk.code("kfaccount/del", {"kf_account": MEI}) == 0
    assert desk.get("customservice/getkflist") == {"kf_list": []}


def test_an_agent_exists_when_the_one_invited_has_accepted(desk: Desk) -> None:
    desk.add(MEI)

    def invite(whom: str) -> int:
        return desk.code("kfaccount/inviteworker", {"kf_account": MEI, "invite_wx": whom})

    (row,) = desk.get("customservice/getkflist")["kf_list"]
    assert "kf_wx" not in row
    assert "invite_wx" not in row
    assert (invite("1"), invite("mei_shop"), invite("mei_shop")) == (65409, 0, 65411)
    (row,) = desk.get("customservice/getkflist")["kf_list"]
    assert (row["invite_wx"], row["invite_status"]) == ("mei_shop", "waiting")
    desk.sandbox.control.desk("refuse", "mei")
    assert desk.get("customservice/getkflist")["kf_list"][0]["invite_status"] == "rejected"
    assert invite("mei_shop") == 0
    desk.sandbox.control.desk("join", "mei")
    (row,) = desk.get("customservice/getkflist")["kf_list"]
    assert (row["kf_wx"], invite("another_one")) == ("mei_shop", 65412)
    desk.add(LAN)
    assert desk.code("kfaccount/inviteworker", {"kf_account": LAN, "invite_wx": "mei_shop"}) == 65407


def test_a_session_needs_an_agent_who_is_bound_and_online_and_belongs_to_one(desk: Desk, connected: Receiver) -> None:
    desk.sandbox.control.follow("liwei")

    def begin(agent: str, openid: str = LIWEI) -> int:
        return desk.code("kfsession/create", {"kf_account": agent, "openid": openid})

    assert begin(MEI) == 65401
    desk.add(MEI)
    assert begin(MEI) == 65402
    assert desk.code("kfaccount/del", kf_account=MEI) == 0
    desk.staffed(MEI, LAN)
    desk.sandbox.control.desk("offline", "mei")
    assert begin(MEI) == 65415
    desk.sandbox.control.desk("online", "mei")
    assert (begin(MEI, "nobody"), begin(MEI), begin(MEI), begin(LAN)) == (40003, 0, 0, 65414)
    assert desk.kf("kfsession/getsession", openid=LIWEI)["kf_account"] == MEI
    assert [one["openid"] for one in desk.kf("kfsession/getsessionlist", kf_account=MEI)["sessionlist"]] == [LIWEI]
    online = {one["kf_account"]: one["accepted_case"] for one in desk.get("customservice/getonlinekflist")["kf_online_list"]}
    assert online == {MEI: 1, LAN: 0}
    close = {"kf_account": MEI, "openid": LIWEI}
    assert (desk.code("kfsession/close", close), desk.code("kfsession/close", close)) == (0, 65413)
    assert desk.kf("kfsession/getsession", openid=LIWEI) == {"createtime": 0, "kf_account": ""}


def test_what_a_customer_writes_goes_to_their_agent_alone_until_the_session_ends(desk: Desk, connected: Receiver) -> None:
    control = desk.sandbox.control
    desk.staffed(MEI, LAN)
    control.say("liwei", "before")
    desk.kf("kfsession/create", {"kf_account": MEI, "openid": LIWEI})
    assert control.say("liwei", "to the desk")["pushes"] == []
    control.desk("say", "mei", "liwei", "您好")
    control.settle()  # what is told of the desk may overtake what was told before
    control.desk("pass", "mei", "liwei", "lan")
    control.settle()
    control.desk("say", "lan", "liwei", "我是 Lan")
    control.desk("close", "lan", "liwei")
    control.settle()
    control.say("liwei", "after")
    assert pushed(connected) == ["before", "kf_create_session", "kf_switch_session", "kf_close_session", "after"]
    now = desk.now_s()
    lines = [(one["opercode"], one["worker"], one["text"]) for one in desk.records(now - 60, now + 60)["recordlist"]]
    assert lines == [(2003, MEI, "to the desk"), (2002, MEI, "您好"), (2002, LAN, "我是 Lan")]
    assert [one["text"] for one in control.customer("liwei")["messages"] if one["direction"] == "out"] == ["您好", "我是 Lan"]


def test_half_an_hour_of_silence_ends_a_session(desk: Desk, connected: Receiver) -> None:
    control = desk.sandbox.control
    desk.staffed(MEI)
    control.say("liwei", "hello")
    desk.kf("kfsession/create", {"kf_account": MEI, "openid": LIWEI})
    control.advance(29 * MINUTE)
    assert control.say("liwei", "still there")["pushes"] == []
    control.advance(30 * MINUTE)
    assert len(control.say("liwei", "anybody?")["pushes"]) == 1
    control.settle()
    assert sorted(pushed(connected)[-2:]) == ["anybody?", "kf_close_session"]  # told at once: either may overtake the other


def test_who_was_given_to_the_desk_is_pushed_until_an_agent_accepts(desk: Desk, connected: Receiver) -> None:
    control = desk.sandbox.control
    desk.staffed(MEI)
    answer = (
        f"<xml><ToUserName>{LIWEI}</ToUserName><FromUserName>{account.WECHAT_USERNAME}</FromUserName>"
        "<CreateTime>1</CreateTime><MsgType>transfer_customer_service</MsgType></xml>"
    )
    control.console(connected.url, account.WECHAT_TOKEN, account.WECHAT_AES_KEY, "plain")
    connected.respond = lambda got: (200, answer.encode())
    control.say("liwei", "one")
    control.say("liwei", "two")
    waiting = desk.kf("kfsession/getwaitcase")
    assert (waiting["count"], [one["openid"] for one in waiting["waitcaselist"]]) == (1, [LIWEI])
    control.desk("accept", "mei", "liwei")
    assert control.say("liwei", "three")["pushes"] == []
    assert desk.kf("kfsession/getwaitcase")["count"] == 0
    now = desk.now_s()
    assert [one["text"] for one in desk.records(now - 60, now + 60)["recordlist"]] == ["one", "two", "three"]
    with pytest.raises(CarelineError, match="does not wait"):
        control.desk("accept", "mei", "liwei")


def test_records_come_in_pages_of_at_most_a_day(desk: Desk, connected: Receiver) -> None:
    desk.sandbox.control.chatter(5, people=1)
    now = desk.now_s()
    assert desk.records(now - 86_401, now)["errcode"] == 65417
    assert desk.records(now, now)["errcode"] == desk.records(now - 60, now, number=10_001)["errcode"] == 65416
    since, got, msgid = now - 600, [], 1
    while True:
        page = desk.records(since, now + 1, msgid, 2)
        got += [one["text"] for one in page["recordlist"]]
        if page["number"] < 2:
            break
        msgid = page["msgid"]
    assert got == [f"line {n}" for n in range(5)]


def test_a_message_may_name_the_agent_it_comes_from_if_there_is_one(desk: Desk, connected: Receiver) -> None:
    desk.sandbox.control.say("liwei", "hello")
    body = {"touser": LIWEI, "msgtype": "text", "text": {"content": "hi"}, "customservice": {"kf_account": MEI}}
    assert desk.post("message/custom/send", body)["errcode"] == 65401
    desk.add(MEI)
    assert desk.post("message/custom/send", body)["errcode"] == 0
