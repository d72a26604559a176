"""What WeChat or WeCom may answer, or a proxy in their name: nothing that comes back is more than one of careline's errors."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from careline.channels.anycall import AnyCall
from careline.channels.ports import Attachment, Outgoing
from careline.channels.tencent.door import Door
from careline.channels.wechat import account as wechat
from careline.channels.wechat.client import WeChatClient
from careline.channels.wechat.codes import Codes
from careline.channels.wechat.history import History
from careline.channels.wechat.materials import Materials
from careline.channels.wechat.media import MediaCalls as WeChatFiles
from careline.channels.wechat.menus import Menus
from careline.channels.wechat.staff import Staff
from careline.channels.wechat.standing import Standing
from careline.channels.wechat.tags import Tags
from careline.channels.wechat.templates import Templates
from careline.channels.wechat.users import Users
from careline.channels.wecom import account as wecom
from careline.channels.wecom.client import WeComClient
from careline.channels.wecom.customers import Customers
from careline.channels.wecom.media import MediaCalls as WeComFiles
from careline.channels.wecom.pulls import Pulls
from careline.channels.wecom.servicers import Servicers
from careline.channels.wecom.sessions import Session, Sessions
from careline.errors import CarelineError
from careline.http import MAX_ANSWER, Http
from careline.media.fetch import fetch
from careline.media.shelf import Shelf
from careline.model import Channel, Media

ANSWERS = 40  # to each call
HANDLE = "wkShop/wmLiwei"
Call = Callable[[Door, Path], Any]


class Tokens:
    """Always the same."""

    async def get(self) -> str:
        return "t1"

    async def renew(self, refused: str) -> str:
        return "t1"


def picture(folder: Path) -> Attachment:
    path = folder / "picture.jpg"
    path.write_bytes(b"\xff\xd8\xff" + bytes(100))
    return Attachment(path, Media(mime="image/jpeg", name="picture.jpg", bytes=103))


async def every(rows: AsyncIterator[Any]) -> list[Any]:
    return [row async for row in rows]


async def fetched(source: Any, folder: Path) -> Media:
    return await fetch(source, Shelf(folder / "shelf"), Media(id="id"), "name", 10**6)


def text(to: str, kind: str) -> Outgoing:
    return Outgoing(to=to, to_kind=kind, kind="text", text="好", ours="m1@0a1b2c3d")


WECHAT: dict[str, Call] = {
    "getcallbackip": lambda door, _: wechat.Account(door).callback_ips(),
    "anything": lambda door, _: wechat.Account(door).anything(AnyCall("GET", "/cgi-bin/x", (), None)),
    "stable_token": lambda door, _: wechat.stable_token(door.http, "wx1", "secret"),
    "token": lambda door, _: wechat.classic_token(door.http, "wx1", "secret"),
    "send": lambda door, _: WeChatClient(door).send(WeChatClient(door).request(text("oLiwei", "wechat_openid"))),
    "typing": lambda door, _: WeChatClient(door).typing("oLiwei"),
    "qrcode/create": lambda door, _: Codes(door).create_qr("shop", False, True, None),
    "getmsglist": lambda door, _: History(door).page(0, 86_400, 1, 100),
    "get_materialcount": lambda door, _: Materials(door).counts(),
    "batchget_material": lambda door, _: every(Materials(door).all_of("image")),
    "add_material": lambda door, folder: Materials(door).add(picture(folder)),
    "media/upload": lambda door, folder: WeChatFiles(door).upload(picture(folder)),
    "media/get": lambda door, folder: fetched(WeChatFiles(door), folder),
    "menu/get": lambda door, _: Menus(door).get(),
    "get_current_selfmenu_info": lambda door, _: Menus(door).current(),
    "menu/create": lambda door, _: Menus(door).create([]),
    "addconditional": lambda door, _: Menus(door).add_conditional([], {}),
    "getkflist": lambda door, _: Staff(door).agents(),
    "kfaccount/add": lambda door, _: Staff(door).add("a@b", "A"),
    "inviteworker": lambda door, _: Staff(door).invite("a@b", "wx"),
    "uploadheadimg": lambda door, folder: Staff(door).picture("a@b", picture(folder)),
    "getsessionlist": lambda door, _: Staff(door).sessions("a@b"),
    "getwaitcase": lambda door, _: Staff(door).waiting(),
    "getsession": lambda door, _: Staff(door).session_of("oLiwei"),
    "quota/get": lambda door, _: Standing(door).quota("/cgi-bin/x"),
    "callback/check": lambda door, _: Standing(door).probe(),
    "get_current_autoreply_info": lambda door, _: Standing(door).answers_by_itself(),
    "tags/get": lambda door, _: Tags(door).all(),
    "tags/create": lambda door, _: Tags(door).create("VIP"),
    "batchtagging": lambda door, _: every(Tags(door).give(1, ["oLiwei"])),
    "get_all_private_template": lambda door, _: Templates(door).notices(),
    "gettemplate": lambda door, _: Templates(door).subscriptions(),
    "user/get": lambda door, _: Users(door).openids(),
    "user/info/batchget": lambda door, _: Users(door).infos(["oLiwei"]),
    "getblacklist": lambda door, _: Users(door).barred(),
    "batchblacklist": lambda door, _: every(Users(door).bar(["oLiwei"])),
}
WECOM: dict[str, Call] = {
    "gettoken": lambda door, _: wecom.corp_token(door.http, "ww1", "secret"),
    "kf/account/list": lambda door, _: wecom.Accounts(door).all(),
    "kf/account/add": lambda door, _: wecom.Accounts(door).add("Care", "media"),
    "kf/account/update": lambda door, _: wecom.Accounts(door).rename("wkShop", "Care"),
    "kf/add_contact_way": lambda door, _: wecom.Accounts(door).link("wkShop", "shop"),
    "kf/send_msg": lambda door, _: WeComClient(door).send(WeComClient(door).request(text(HANDLE, "wecom_external"))),
    "kf/send_msg_on_event": lambda door, _: WeComClient(door).send(WeComClient(door).welcome("code", "您好", "w1")),
    "ready": lambda door, _: WeComClient(door).ready(HANDLE),
    "kf/customer/batchget": lambda door, _: Customers(door).named(["wmLiwei"]),
    "kf/sync_msg": lambda door, _: Pulls(door).page("wkShop", "c1", "t1"),
    "kf/servicer/list": lambda door, _: Servicers(door).all("wkShop"),
    "kf/servicer/add": lambda door, _: Servicers(door).add("wkShop", ["mei"], [1]),
    "service_state/get": lambda door, _: Sessions(door).get(HANDLE),
    "service_state/trans": lambda door, _: Sessions(door).move(HANDLE, Session("bot")),
    "media/upload": lambda door, folder: WeComFiles(door).upload(picture(folder)),
    "media/get": lambda door, folder: fetched(WeComFiles(door), folder),
}
CALLS = [pytest.param("wechat", call, id=f"wechat {name}") for name, call in WECHAT.items()]
CALLS += [pytest.param("wecom", call, id=f"wecom {name}") for name, call in WECOM.items()]

NAMES = re.findall(
    r"\w+",
    """
    access_token expires_in ip_list ticket url expire_seconds recordlist number msgid openid opercode time text worker item
    total_count media_id name content news_item title update_time menu conditionalmenu button sub_button menuid is_menu_open
    selfmenu_info kf_list kf_account kf_nick kf_id kf_headimgurl kf_wx invite_status kf_online_list status accepted_case
    sessionlist createtime latest_time count waitcaselist quota daily_limit used remain dns ping ip package_loss list
    is_autoreply_open tags tag id template_list template_id example data priTmplId type total next_openid user_info_list
    subscribe subscribe_time unionid remark tagid_list qr_scene qr_scene_str language account_list open_kfid manage_privilege
    msg_list next_cursor has_more service_state servicer_userid customer_list external_userid nickname servicer_list userid
    department_id stop_type result_list errmsg video_url voice_count
    """,
)
ODD = (None, True, 0, 1, 4, -1, 1.5, 10**30, "", "x", " 7", "\ud83d", "a\x00b", [], {}, [None], [[]], [1, "x"])
BODIES = (
    b"",
    b"null",
    b"[]",
    b'"ok"',
    b"0",
    b"{}",
    b'{"errcode":"x"}',
    b'{"errcode":1e400}',
    b'{"errcode":' + b"9" * 5000 + b"}",
    b'{"errcode":-1}',
    b'{"errcode":40001,"errmsg":{"a":[1]}}',
    b'{"errcode":42001}',
    b'{"errcode":0,"msg_list":[' + b"[" * 5000,
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b"\xef\xbb\xbf{}",
    b"\xff\xfe\x00{",
    b"<html><title>Log in to the hotel's network</title></html>",
)
TYPES = ("application/json; charset=utf-8", "text/plain", "text/html", "image/jpeg", "")


def shape(chance: random.Random, depth: int = 0) -> Any:
    """Any JSON, mostly made of the names that answers have, and deeper than they are."""
    pick = chance.random()
    if depth > 1 or pick < 0.4:
        return chance.choice(ODD)
    made = {name: shape(chance, depth + 1) for name in (chance.sample(NAMES, 40) if depth else NAMES)}
    return [made] if pick > 0.7 and depth else made


def answer(chance: random.Random) -> httpx.Response:
    """Anything that may come back."""
    if chance.random() < 0.3:
        body = chance.choice(BODIES)
    else:
        told = {"errcode": 0} if chance.random() < 0.7 else {}
        made = shape(chance)
        body = json.dumps(told | made if isinstance(made, dict) else made).encode()
    status = chance.choice((200, 200, 200, 200, 302, 403, 404, 413, 429, 500, 502))
    return httpx.Response(status, content=body, headers={"content-type": chance.choice(TYPES)})


@pytest.mark.parametrize(("kind", "call"), CALLS)
def test_no_answer_is_more_than_an_error_of_ours(kind: str, call: Call, tmp_path: Path) -> None:
    chance = random.Random(5)
    channel = Channel(name="ch", kind=kind, account_id="account", api_url="https://api.example")
    manners = replace(wechat.MANNERS if kind == "wechat" else wecom.MANNERS, pauses_s=())

    async def ask(http: httpx.AsyncClient) -> None:
        with suppress(CarelineError):
            async with asyncio.timeout(10):
                await call(Door(channel, http, Tokens(), manners), tmp_path)

    async def all() -> None:
        async with Http(transport=httpx.MockTransport(lambda _: answer(chance))).client("https://api.example") as http:
            for _ in range(ANSWERS):
                await ask(http)

    asyncio.run(all())


# What an answer may be and still be one


async def asked_of_wecom(call: Callable[[Door], Any], *answers: bytes) -> tuple[Any, list[dict[str, Any]]]:
    """What a call comes to when WeCom answers this, and what it was asked."""
    left, asked = list(answers), list[dict[str, Any]]()

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        return httpx.Response(200, content=left.pop(0))

    channel = Channel(name="kf", kind="wecom", account_id="ww1", api_url="https://api.example")
    async with Http(transport=httpx.MockTransport(reply)).client("https://api.example") as http:
        return await call(Door(channel, http, Tokens(), wecom.MANNERS)), asked


def page(*rows: object, more: int = 0) -> bytes:
    return json.dumps({"errcode": 0, "errmsg": "ok", "next_cursor": "c2", "has_more": more, "msg_list": list(rows)}).encode()


def test_half_a_character_or_a_nul_costs_no_page() -> None:
    rows = {"msgid": "1", "text": {"content": "half \ud83d"}}, {"msgid": "2", "text": {"content": "nul \x00"}}
    found, _ = asyncio.run(asked_of_wecom(lambda door: Pulls(door).page("wkShop", "c1"), page(*rows)))
    assert [row["text"]["content"] for row in found.items] == ["half \ufffd", "nul \ufffd"]


def test_what_is_null_is_not_there() -> None:
    body = b'{"errcode":0,"errmsg":null,"next_cursor":null,"has_more":0,"msg_list":null}'
    found, _ = asyncio.run(asked_of_wecom(lambda door: Pulls(door).page("wkShop", "c1"), body))
    assert (found.items, found.cursor, found.more) == ((), "c1", False)


@pytest.mark.parametrize(
    "call",
    [
        lambda door: Pulls(door).page("wkShop", "c1"),
        lambda door: wecom.Accounts(door).all(),
        lambda door: Servicers(door).add("wkShop", ["mei"]),
        lambda door: WeComClient(door).send(WeComClient(door).request(text(HANDLE, "wecom_external"))),
    ],
)
def test_an_answer_without_an_errcode_is_not_wecoms(call: Callable[[Door], Any]) -> None:
    """It would say that nothing waits, that no account is left, that everybody was added, that a message arrived."""
    with pytest.raises(CarelineError, match="answered HTTP 200, but"):
        asyncio.run(asked_of_wecom(call, b'{"welcome":"to the hotel"}'))


def test_a_page_longer_than_we_take_in_is_asked_for_in_smaller_ones() -> None:
    long = page(*({"msgid": str(n), "text": {"content": "好" * 2_000}} for n in range(1_000)))
    found, asked = asyncio.run(
        asked_of_wecom(lambda door: Pulls(door).page("wkShop", "c1"), long + b" " * MAX_ANSWER, page({"msgid": "1"}, more=1))
    )
    assert [one["limit"] for one in asked] == [1000, 100]
    assert (len(found.items), found.more) == (1, True)


def test_more_messages_than_were_asked_for_are_not_taken_in() -> None:
    with pytest.raises(CarelineError, match="1,001 messages where 1,000"):
        asyncio.run(asked_of_wecom(lambda door: Pulls(door).page("wkShop", "c1"), page(*[{}] * 1_001)))


def test_a_stale_nudge_is_left_out_for_the_rest_of_a_pull() -> None:
    async def twice(door: Door) -> None:
        pulls = Pulls(door)
        await pulls.page("wkShop", "c1", "stale")
        await pulls.page("wkShop", "c2", "stale")

    _, asked = asyncio.run(asked_of_wecom(twice, b'{"errcode":95007,"errmsg":"invalid msg token"}', page(), page()))
    assert [one.get("token", "") for one in asked] == ["stale", "", ""]


def test_a_message_keeps_our_own_id_where_wecom_gives_none() -> None:
    call = lambda door: WeComClient(door).send(WeComClient(door).request(text(HANDLE, "wecom_external")))  # noqa: E731
    sent, _ = asyncio.run(asked_of_wecom(call, b'{"errcode":0}'))
    assert sent.id == "m1-0a1b2c3d"
