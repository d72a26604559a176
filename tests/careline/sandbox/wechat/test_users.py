"""Followers, tags and the blacklist in the sandbox, with WeChat's limits."""

from __future__ import annotations

from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import WeChat
from tests.careline.sandbox.receiver import Receiver

LIWEI = account.openid_of("liwei")


def test_an_account_without_followers_has_no_data(wechat: WeChat) -> None:
    assert wechat.get("user/get") == {"total": 0, "count": 0, "next_openid": ""}


def test_followers_come_ten_thousand_a_page_and_the_last_page_is_empty(sandbox: Running, wechat: WeChat) -> None:
    sandbox.control.crowd(10_001)
    first = wechat.get("user/get")
    assert (first["total"], first["count"], len(first["data"]["openid"])) == (10_001, 10_000, 10_000)
    second = wechat.get("user/get", next_openid=first["next_openid"])
    assert (second["count"], second["next_openid"]) == (1, second["data"]["openid"][0])
    assert wechat.get("user/get", next_openid=second["next_openid"]) == {"total": 10_001, "count": 0, "next_openid": ""}
    asked = [{"openid": openid, "lang": "zh_CN"} for openid in first["data"]["openid"][:101]]
    assert wechat.post("user/info/batchget", {"user_list": asked})["errcode"] == 40032
    assert len(wechat.post("user/info/batchget", {"user_list": asked[:100]})["user_info_list"]) == 100


def test_a_remark_has_fewer_than_thirty_characters(sandbox: Running, wechat: WeChat) -> None:
    sandbox.control.crowd(1)
    (openid,) = wechat.get("user/get")["data"]["openid"]
    assert wechat.post("user/info/updateremark", {"openid": openid, "remark": "x" * 30})["errcode"] == 40035
    assert wechat.post("user/info/updateremark", {"openid": openid, "remark": "客" * 29})["errcode"] == 0
    assert wechat.get("user/info", openid=openid)["remark"] == "客" * 29


def test_tags_have_short_names_of_their_own_and_people_have_twenty(sandbox: Running, wechat: WeChat) -> None:
    sandbox.control.crowd(51)
    people = wechat.get("user/get")["data"]["openid"]

    def create(name: str) -> dict[str, object]:
        return wechat.post("tags/create", {"tag": {"name": name}})

    assert [create(name).get("errcode") for name in ("", "客" * 11, "星标组")] == [45157, 45158, 45157]
    ids = [create(f"tag {n}")["tag"]["id"] for n in range(100)]  # type: ignore[index]
    assert create("one more")["errcode"] == 45056
    assert wechat.post("tags/update", {"tag": {"id": 2, "name": "x"}})["errcode"] == 45058
    assert wechat.post("tags/delete", {"tag": {"id": 7}})["errcode"] == 45159

    def give(id: object, *openids: str) -> int:
        return int(wechat.post("tags/members/batchtagging", {"tagid": id, "openid_list": openids})["errcode"])

    assert (give(ids[0], *people), give(ids[0], "nobody")) == (40032, 40003)
    assert [give(id, people[0]) for id in ids[:21]] == [0] * 20 + [45059]
    assert wechat.post("tags/getidlist", {"openid": people[0]})["tagid_list"] == ids[:20]
    assert wechat.post("tags/delete", {"tag": {"id": ids[0]}})["errcode"] == 0
    assert wechat.get("user/info", openid=people[0])["tagid_list"] == ids[1:20]


def test_nothing_passes_between_the_account_and_who_is_on_its_blacklist(
    sandbox: Running, wechat: WeChat, connected: Receiver
) -> None:
    sandbox.control.say("liwei", "hello")
    too_many = {"openid_list": [LIWEI] * 21}
    assert wechat.post("tags/members/batchblacklist", too_many)["errcode"] == 40032
    assert wechat.post("tags/members/batchblacklist", {"openid_list": [LIWEI]})["errcode"] == 0
    assert wechat.text("liwei") == 43019
    assert sandbox.control.say("liwei", "are you there?")["pushes"] == []
    assert wechat.post("tags/members/getblacklist", {"begin_openid": ""})["data"]["openid"] == [LIWEI]
    assert wechat.post("tags/members/batchunblacklist", {"openid_list": [LIWEI]})["errcode"] == 0
    assert wechat.text("liwei") == 0
