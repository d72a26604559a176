"""The calls about the desk, its history, followers and tags, on every shape that answers of theirs have had."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pytest

from careline.channels.tencent.door import Door
from careline.channels.wechat.account import MANNERS
from careline.channels.wechat.history import History, Page
from careline.channels.wechat.staff import Agent, Staff
from careline.channels.wechat.tags import Tags
from careline.channels.wechat.users import Users
from careline.clock import SECOND
from careline.errors import CarelineError, NotFound, Refused
from tests.careline.channels.wechat.pushes import CHANNEL, OPENID
from tests.careline.channels.wechat.test_client import API_URL, OK, Tokens, WeChat, refuses, says

T = TypeVar("T")
MEI = "mei@gh_shop"


def asked(wechat: WeChat, what: Callable[[Door], Awaitable[T]]) -> T:
    async def go() -> T:
        async with httpx.AsyncClient(base_url=API_URL, transport=httpx.MockTransport(wechat)) as http:
            return await what(Door(CHANNEL, http, Tokens(), MANNERS))

    return asyncio.run(go())


def sent(wechat: WeChat, place: int = -1) -> Any:
    return json.loads(wechat.asked[place].content)


# The desk


def test_agents_are_told_in_old_and_new_words() -> None:
    rows = [
        {"kf_account": " mei@gh_shop", "kf_nick": "Mei", "kf_id": 1001, "kf_headimgurl": " http://x/1", "kf_wx": "mei_shop"},
        {"kf_account": "lan@gh_shop", "kf_nick": "Lan", "kf_id": "1002", "kf_headimg": ""},
        {
            "kf_account": "bo@gh_shop",
            "kf_id": "1003",
            "invite_wx": "bo_shop",
            "invite_expire_time": 1_772_798_400,
            "invite_status": "waiting",
        },
    ]
    online = [{"kf_account": MEI, "status": 1, "kf_id": "1001", "accepted_case": 2, "auto_accept": 3}]
    wechat = WeChat(says({"kf_list": rows}), says({"kf_online_list": online}))
    found = asked(wechat, lambda door: Staff(door).agents())
    assert found[0] == Agent(MEI, "Mei", "1001", "http://x/1", "bound", "mei_shop", None, True, 2)
    assert (found[1].state, found[1].online, found[1].serving) == ("unbound", False, None)
    assert (found[2].state, found[2].wechat_id, found[2].invited_until_at) == ("waiting", "bo_shop", 1_772_798_400 * SECOND)


def test_a_desk_with_nobody_is_an_empty_list() -> None:
    assert asked(WeChat(says({}), says({"errcode": 0, "errmsg": ""})), lambda door: Staff(door).agents()) == []


def test_an_agent_who_is_there_is_renamed() -> None:
    wechat = WeChat(refuses(65406), says(OK))
    assert asked(wechat, lambda door: Staff(door).add(MEI, "Mei")) is False
    assert [request.url.path for request in wechat.asked] == ["/customservice/kfaccount/add", "/customservice/kfaccount/update"]


@pytest.mark.parametrize("code", [65407, 65408, 65411])
def test_an_invitation_that_is_out_is_no_failure(code: int) -> None:
    assert asked(WeChat(refuses(code)), lambda door: Staff(door).invite(MEI, "mei_shop")) is False


@pytest.mark.parametrize(("code", "kind"), [(65401, NotFound), (65400, Refused), (65409, Refused), (65412, Refused)])
def test_every_other_refusal_says_what_to_do(code: int, kind: type[CarelineError]) -> None:
    with pytest.raises(kind) as refused:
        asked(WeChat(refuses(code)), lambda door: Staff(door).invite(MEI, "mei_shop"))
    assert refused.value.hint
    assert refused.value.platform_code == str(code)


def test_more_may_wait_than_are_listed_and_older_answers_call_the_time_otherwise() -> None:
    rows = [{"latest_time": 1_772_798_400, "openid": OPENID}, {"createtime": 5, "openid": "o2", "kf_account": MEI}]
    count, listed = asked(WeChat(says({"count": 150, "waitcaselist": rows})), lambda door: Staff(door).waiting())
    assert (count, [(one.openid, one.agent) for one in listed]) == (150, [(OPENID, ""), ("o2", MEI)])
    assert [one.since_at for one in listed] == [1_772_798_400 * SECOND, 5 * SECOND]


def test_nobody_serves_whoever_has_a_session_without_an_agent() -> None:
    none = says({"createtime": 0, "kf_account": ""})
    assert asked(WeChat(none), lambda door: Staff(door).session_of(OPENID)) is None


# Its history


def record(text: str = "hello", opercode: int = 2003, worker: str = MEI) -> dict[str, Any]:
    return {"openid": OPENID, "opercode": opercode, "text": text, "time": 1_772_798_400, "worker": worker}


def page(wechat: WeChat, number: int = 2) -> Page:
    return asked(wechat, lambda door: History(door).page(0, 86_400, 1, number))


def test_a_full_page_goes_on_from_its_msgid_and_any_other_is_the_last() -> None:
    rows = [record(), record()]
    assert page(WeChat(says({"recordlist": rows, "number": 2, "msgid": 20165267}))).next == 20165267
    assert page(WeChat(says({"recordlist": rows[:1], "number": 1, "msgid": 20165267}))).next is None
    assert page(WeChat(says({"recordlist": [], "number": 0, "msgid": 20165267}))).next is None
    assert page(WeChat(says({"recordlist": rows}))).next is None  # an old answer: neither number nor msgid
    assert page(WeChat(says({"recordlist": rows, "number": 2, "msgid": 1}))).next is None  # it would never end


def test_who_wrote_which_way_is_read_from_each_line() -> None:
    rows = [
        record("您好", 2002, " test1"),
        record("[image]", 2003),
        record("in", 2001),
        record("", 1001),
        record("", 1004),
    ]
    found = page(WeChat(says({"recordlist": rows, "number": 5, "msgid": 2})), 100)
    told = [(one.direction, one.kind, one.text, one.worker) for one in found.records]
    assert told == [("out", "text", "您好", "test1"), ("in", "image", "", "mei"), ("in", "text", "in", "mei")]
    assert found.others == 2


def test_a_message_that_the_account_and_an_agent_received_is_one() -> None:
    rows = [record("hello", 2001, ""), record("hello", 2003), record("other", 2001, "")]
    found = page(WeChat(says({"recordlist": rows, "number": 3, "msgid": 2})), 100)
    assert [one.text for one in found.records] == ["hello", "other"]
    assert (found.records[0].opercode, found.others) == (2003, 1)


# Followers


def test_followers_end_with_an_empty_page_or_without_another_to_begin_with() -> None:
    first = {"total": 3, "count": 2, "data": {"openid": ["o1", " o2"]}, "next_openid": "o2"}
    for last in ({"total": 3, "count": 0, "next_openid": ""}, {"total": 3, "count": 1, "data": {"openid": ["o2"]}}):
        wechat = WeChat(says(first), says(last))
        assert asked(wechat, lambda door: Users(door).openids()) == ["o1", "o2"]
        assert [dict(one.url.params).get("next_openid") for one in wechat.asked] == ["", "o2"]


def test_a_list_that_repeats_itself_ends() -> None:
    same = {"total": 9, "count": 1, "data": {"openid": ["o1"]}, "next_openid": "o1"}
    assert asked(WeChat(says(same), says(same)), lambda door: Users(door).openids()) == ["o1"]


def test_followers_are_told_long_and_short_and_gone() -> None:
    rows = [
        {
            "subscribe": 1,
            "openid": " o1",
            "language": "zh_CN",
            "subscribe_time": 1_772_798_400,
            "unionid": " u1",
            "remark": "",
            "tagid_list": [128, 2],
            "subscribe_scene": "ADD_SCENE_QR_CODE",
            "qr_scene": 98765,
            "qr_scene_str": "",
        },
        {"subscribe": 1, "openid": "o2", "nickname": "x", "sex": 1, "language": "zh_CN", "subscribe_time": 1},
        {"subscribe": 0, "openid": "o3", "unionid": "u3"},
    ]
    long, short, gone = asked(WeChat(says({"user_info_list": rows})), lambda door: Users(door).infos(["o1", "o2", "o3"]))
    assert (long.openid, long.unionid, long.tags, long.scene, long.numeric) == ("o1", "u1", (2, 128), "98765", True)
    assert (short.following, short.tags, short.scene) == (True, (), "")
    assert (gone.following, gone.followed_at, gone.unionid) == (False, None, "u3")


def test_people_are_barred_by_twenty_and_tagged_by_fifty() -> None:
    people = [f"o{n}" for n in range(51)]

    async def each(door: Door) -> list[int]:
        barred = [len(some) async for some in Users(door).bar(people)]
        return barred + [len(some) async for some in Tags(door).give(128, people)]

    wechat = WeChat(*(says(OK) for _ in range(5)))
    assert asked(wechat, each) == [20, 20, 11, 50, 1]
    assert sent(wechat) == {"openid_list": ["o50"], "tagid": 128}


def test_a_tag_comes_with_its_number() -> None:
    made = asked(WeChat(says({"tag": {"id": "134", "name": "广东"}})), lambda door: Tags(door).create("广东"))
    assert (made.id, made.name) == (134, "广东")
