"""wechatpy's calls about users, tags and the desk, made to the sandbox as to WeChat."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from wechatpy.exceptions import WeChatClientException

from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.receiver import Receiver
from tests.careline.sandbox.wechat.test_wechatpy import Client

LIWEI = account.openid_of("liwei")
MEI = f"mei@{account.WECHAT_USERNAME}"


class Anywhere(Client):
    """The same with the addresses that wechatpy writes out in full turned to the sandbox, too."""

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        here = self.API_BASE_URL.removesuffix("/cgi-bin/")
        return super()._request(method, url_or_endpoint.replace("https://api.weixin.qq.com", here), **kwargs)


@pytest.fixture
def client(sandbox: Running) -> Iterator[Any]:
    client = Anywhere(sandbox.url)
    yield client
    client._http.close()


def test_wechatpy_lists_followers_and_knows_what_they_are_called(sandbox: Running, client: Any) -> None:
    sandbox.control.crowd(150)
    openids = list(client.user.iter_followers())
    assert len(set(openids)) == 150
    client.user.update_remark(openids[0], "老客户")
    told = client.user.get_batch(openids[:100])
    assert (told[0]["remark"], told[1]["remark"], told[1]["subscribe"]) == ("老客户", "", 1)
    with pytest.raises(WeChatClientException, match="40032"):
        client.user.get_batch(openids[:101])


def test_wechatpy_tags_people_and_bars_them(sandbox: Running, client: Any) -> None:
    sandbox.control.crowd(60)
    openids = list(client.user.iter_followers())
    tag = client.tag.create("vip")
    client.tag.tag_user(tag["id"], openids[:50])
    client.tag.untag_user(tag["id"], openids[0])
    assert list(client.tag.iter_tag_users(tag["id"])) == openids[1:50]
    assert client.tag.get_user_tag(openids[1]) == [tag["id"]]
    client.tag.update(tag["id"], "VIP")
    assert [(one["name"], one["count"]) for one in client.tag.get()] == [("星标组", 0), ("VIP", 49)]
    client.tag.delete(tag["id"])
    client.tag.batch_black_list(openids[:20])
    assert client.tag.get_black_list()["total"] == 20
    client.tag.batch_unblack_list(openids[:20])
    assert client.tag.get_black_list() == {"total": 0, "count": 0, "next_openid": ""}


def test_wechatpy_staffs_the_desk_and_reads_its_records(sandbox: Running, client: Any, connected: Receiver) -> None:
    desk = client.customservice
    assert desk.add_account(MEI, "Mei", "secret")["errcode"] == 0
    desk.update_account(MEI, "Mei Lin", "secret")
    desk.upload_headimg(MEI, ("mei.jpg", io.BytesIO(b"\xff\xd8\xff\xe0picture"), "image/jpeg"))
    (agent,) = desk.get_accounts()
    assert agent["kf_nick"] == "Mei Lin"
    assert agent["kf_headimgurl"].startswith("http")
    client.post(
        "https://api.weixin.qq.com/customservice/kfaccount/inviteworker", data={"kf_account": MEI, "invite_wx": "mei_shop"}
    )
    sandbox.control.desk("join", "mei")
    sandbox.control.say("liwei", "hello")
    desk.create_session(LIWEI, MEI)
    sandbox.control.say("liwei", "is anybody there?")
    sandbox.control.desk("say", "mei", "liwei", "您好")
    assert desk.get_session(LIWEI)["kf_account"] == MEI
    assert [one["openid"] for one in desk.get_session_list(MEI)] == [LIWEI]
    assert [one["accepted_case"] for one in desk.get_online_accounts()] == [1]
    assert desk.get_wait_case() == {"count": 0, "waitcaselist": []}
    now = sandbox.control.clock()["now"] // 1_000_000
    records = desk.get_records(now - 600, now + 60)
    assert [one["text"] for one in records["recordlist"]] == ["is anybody there?", "您好"]
    desk.close_session(LIWEI, MEI)
    desk.delete_account(MEI)
    assert desk.get_accounts() == []
