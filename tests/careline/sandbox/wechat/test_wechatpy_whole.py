"""What no other test here calls of wechatpy's client, so that nothing of what the sandbox answers is left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wechatpy.client import api
from wechatpy.exceptions import WeChatClientException

from careline.clock import DAY
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.receiver import Receiver
from tests.careline.sandbox.wechat.test_wechatpy_files import JPEG, MP4, PNG, named, uploaded
from tests.careline.sandbox.wechat.test_wechatpy_people import Anywhere

MEI = account.openid_of("mei")
ARTICLE = {"title": "新款", "content": "围巾到了"}
MENU = {"button": [{"type": "click", "name": "订单", "key": "orders"}]}
NOT_CALLED = {  # mostly not emulated: the sandbox says so
    api.WeChatMessage: "mass subscribe_authorize_url subscribe_template",
    api.WeChatMaterial: "comment",
    api.WeChatMedia: "upload_mass_image",  # upload_image by its old name
}


@pytest.fixture
def client(sandbox: Running) -> Iterator[Any]:
    client = Anywhere(sandbox.url)
    yield client
    client._http.close()


def test_news_and_videos_are_made_of_files_and_kept_for_three_days(sandbox: Running, client: Any, connected: Receiver) -> None:
    sandbox.control.say("mei", "在吗")
    cover = client.material.add("image", named(JPEG, "cover.jpg"))["media_id"]
    news = client.media.upload_articles([ARTICLE | {"thumb_media_id": cover}])
    video = client.media.upload_video(uploaded(client, "video", MP4, "a.mp4"), "围巾", "怎么围")
    assert (news["type"], video["type"], type(video["created_at"])) == ("news", "video", int)
    assert client.message.send_articles(MEI, news["media_id"])["errcode"] == 0
    assert client.message.send_video(MEI, video["media_id"], "围巾")["errcode"] == 0
    sandbox.control.advance(3 * DAY)
    sandbox.control.say("mei", "还在吗")
    with pytest.raises(WeChatClientException, match="40007"):
        client.message.send_articles(MEI, news["media_id"])


def test_one_article_of_the_material_is_written_anew(client: Any) -> None:
    cover = client.material.add("image", named(PNG, "cover.png"))["media_id"]
    news = client.material.add_articles([ARTICLE | {"thumb_media_id": cover}])["media_id"]
    client.material.update_article(news, 0, {"title": "清仓", "content": "半价", "thumb_media_id": cover})
    assert client.material.get(news)[0]["title"] == "清仓"
    client.material.update_articles(news, 0, [{"title": "售罄", "content": "没了", "thumb_media_id": cover}])
    assert client.material.get(news)[0]["title"] == "售罄"
    with pytest.raises(WeChatClientException, match="40035"):
        client.material.update_article(news, 1, ARTICLE | {"thumb_media_id": cover})


def test_the_address_of_a_file_is_one_that_a_browser_opens(client: Any) -> None:
    id = uploaded(client, "image", JPEG, "a.jpg")
    address = client.media.get_url(id)
    assert address.startswith("https://")
    assert id in address


def test_a_menu_of_choices_goes_out_and_a_link_does_not(sandbox: Running, client: Any, connected: Receiver) -> None:
    sandbox.control.say("mei", "在吗")
    choices = {"head_content": "满意吗？", "list": [{"id": "101", "content": "满意"}], "tail_content": "谢谢"}
    assert client.message.send_msg_menu(MEI, choices)["errcode"] == 0
    with pytest.raises(WeChatClientException, match="40008"):
        client.message.send_link(MEI, {"title": "a", "description": "b", "url": "https://shop.example", "picurl": ""})


def test_a_notification_goes_out_for_a_grant_and_only_for_one(sandbox: Running, client: Any, connected: Receiver) -> None:
    sandbox.control.follow("mei")
    root = client.API_BASE_URL.removesuffix("/cgi-bin/")
    template = client.post(f"{root}/wxaapi/newtmpl/addtemplate", data={"tid": "2414", "kidList": [1, 2]})["priTmplId"]
    data = {"thing1": {"value": "羊毛围巾"}, "thing2": {"value": "外滩店"}}
    sandbox.control.subscribe("mei", template, "accept")
    assert client.message.send_subscribe_message(MEI, template, data, page="https://shop.example")["errcode"] == 0
    with pytest.raises(WeChatClientException, match="43101"):
        client.message.send_subscribe_message(MEI, template, data)


def test_the_industry_is_changed_once_a_month(sandbox: Running, client: Any) -> None:
    assert client.template.set_industry(1, 2)["errcode"] == 0
    with pytest.raises(WeChatClientException, match="43100"):
        client.template.set_industry(1, 4)
    sandbox.control.advance(31 * DAY)
    client.fetch_access_token()
    assert client.template.set_industry(1, 4)["errcode"] == 0
    assert len(client.template.get("TM00015")) == 43


def test_a_menu_takes_the_place_of_another(client: Any) -> None:
    client.menu.create(MENU)
    client.menu.update({"button": [{"type": "view", "name": "商店", "url": "https://shop.example"}]})
    assert [one["name"] for one in client.menu.get()["menu"]["button"]] == ["商店"]


def test_what_the_console_answers_by_itself_is_told(sandbox: Running, client: Any) -> None:
    sandbox.control.autoreplies(is_autoreply_open=1)
    assert client.message.get_autoreply_info() == {"is_add_friend_reply_open": 0, "is_autoreply_open": 1}


def test_programs_of_before_ask_for_groups_and_for_people_who_moved(sandbox: Running, client: Any) -> None:
    sandbox.control.crowd(1)
    (openid,) = client.user.get_followers()["data"]["openid"]
    assert client.user.get_group_id(openid) == 0
    tag = client.tag.create("vip")["id"]
    client.tag.tag_user(tag, openid)
    assert client.user.get_group_id(openid) == tag
    (moved,) = client.user.change_openid("wx0000000000000001", [openid])
    assert (moved["ori_openid"], "new_openid" in moved) == (openid, False)
    assert list(client.tag.get_tag_users(tag)["data"]["openid"]) == [openid]
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]


@pytest.mark.parametrize(
    "part",
    [
        *(api.WeChatUser, api.WeChatTag, api.WeChatMenu, api.WeChatMedia, api.WeChatMaterial, api.WeChatMessage),
        *(api.WeChatTemplate, api.WeChatCustomService, api.WeChatQRCode),
    ],
)
def test_every_call_of_wechatpys_that_the_sandbox_knows_is_made_by_some_test_here(part: type) -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    left_out = NOT_CALLED.get(part, "").split()
    calls = [name for name, made in vars(part).items() if callable(made) and not name.startswith("_")]
    calls = [name for name in calls if not any(word in name for word in left_out)]
    assert [name for name in calls if f".{name}(" not in tests] == []
