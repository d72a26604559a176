"""wechatpy's files and its messages of every type, against the sandbox as against WeChat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from wechatpy.exceptions import WeChatClientException

from careline.clock import DAY, MINUTE, SECOND
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.receiver import Receiver
from tests.careline.sandbox.wechat.test_wechatpy import Client

JPEG = b"\xff\xd8\xff\xe0" + bytes(200)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
AMR = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50  # one second
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(200)


def named(data: bytes, name: str) -> BytesIO:
    file = BytesIO(data)
    file.name = name
    return file


@pytest.fixture
def client(sandbox: Running) -> Iterator[Any]:
    client = Client(sandbox.url)
    yield client
    client._http.close()


@pytest.fixture
def mei(sandbox: Running, connected: Receiver) -> str:
    """A customer who has just written."""
    return str(sandbox.control.say("mei", "在吗")["who"])


def uploaded(client: Client, kind: str, data: bytes, name: str) -> str:
    answer = client.media.upload(kind, named(data, name))
    return str(answer["thumb_media_id" if kind == "thumb" else "media_id"])


def refused(errcode: int) -> Any:
    return pytest.raises(WeChatClientException, match=f"Error code: {errcode},")


# Files


@pytest.mark.parametrize(
    ("kind", "data", "name", "type"),
    [
        ("image", JPEG, "a.jpg", "image/jpeg"),
        ("image", PNG, "a.png", "image/png"),
        ("voice", AMR, "a.amr", "audio/amr"),
        ("thumb", JPEG, "t.jpg", "image/jpeg"),
    ],
)
def test_what_went_up_comes_down_for_three_days(
    sandbox: Running, client: Client, kind: str, data: bytes, name: str, type: str
) -> None:
    id = uploaded(client, kind, data, name)
    got = client.media.download(id)
    assert (got.content, got.headers["content-type"]) == (data, type)
    assert got.headers["content-disposition"].startswith("attachment; filename=")
    sandbox.control.advance(3 * DAY)
    with refused(40007):
        client.media.download(id)


def test_a_video_is_answered_by_an_address_that_needs_no_token(client: Client) -> None:
    answer = client.media.download(uploaded(client, "video", MP4, "a.mp4"))
    with httpx.Client(trust_env=False) as http:
        assert http.get(answer["video_url"]).content == MP4
        assert http.get(answer["video_url"] + "x").status_code == 404


def test_a_voice_of_a_customer_can_be_had_in_its_better_form(sandbox: Running, client: Client, connected: Receiver) -> None:
    sandbox.control.say("mei", kind="voice", content=AMR)
    id = sandbox.control.customer("mei")["messages"][-1]["media"]
    assert client.media.download(id).content == AMR
    clear = client.get("media/get/jssdk", params={"media_id": id})
    assert (clear.content, clear.headers["content-type"]) == (AMR, "voice/speex")


@pytest.mark.parametrize(
    ("kind", "data", "name", "errcode"),
    [
        ("document", JPEG, "a.jpg", 40004),
        ("image", b"%PDF-1.4", "a.jpg", 40005),
        ("voice", JPEG, "a.amr", 40005),
        ("thumb", PNG, "t.png", 40005),
        ("image", JPEG.ljust(10 * 1024 * 1024 + 1, b"\0"), "a.jpg", 40009),
        ("voice", b"ID3".ljust(2 * 1024 * 1024 + 1, b"\0"), "a.mp3", 40010),
        ("video", MP4.ljust(10 * 1024 * 1024 + 1, b"\0"), "a.mp4", 40011),
        ("thumb", JPEG.ljust(64 * 1024 + 1, b"\0"), "t.jpg", 40012),
        ("voice", b"#!AMR\n" + (b"\x04" + bytes(12)) * 3001, "a.amr", 45007),
        ("image", b"", "a.jpg", 44001),
    ],
)
def test_a_file_is_refused_by_what_is_wrong_with_it(client: Client, kind: str, data: bytes, name: str, errcode: int) -> None:
    with refused(errcode):
        client.media.upload(kind, named(data, name))


def test_an_upload_without_a_file_is_said_to_be_that(client: Client) -> None:
    for files in ({"other": named(JPEG, "a.jpg")}, {"media": ("", JPEG)}):
        with refused(41005):
            client.post("media/upload", params={"type": "image"}, files=files)


def test_permanent_material_stays_and_is_counted_listed_and_deleted(sandbox: Running, client: Client) -> None:
    first = client.material.add("image", named(JPEG, "first.jpg"))
    assert first["url"].startswith("http://mmbiz.qpic.cn/")
    sandbox.control.advance(SECOND)
    second = client.material.add("image", named(PNG, "second.png"))["media_id"]
    film = client.material.add("video", named(MP4, "a.mp4"), "围巾", "怎么围")["media_id"]
    sandbox.control.advance(30 * DAY)
    assert client.material.get_count() == {"voice_count": 0, "video_count": 1, "image_count": 2, "news_count": 0}
    page = client.material.batchget("image", 0, 1)
    assert (page["total_count"], page["item_count"], page["item"][0]["media_id"]) == (2, 1, second)
    assert client.material.get(first["media_id"]).content == JPEG
    assert client.material.get(film)["title"] == "围巾"
    client.material.delete(second)
    assert client.material.get_count()["image_count"] == 1
    with refused(40007):
        client.material.get(second)
    with refused(40007):
        client.media.download(first["media_id"])  # permanent material is had elsewhere


def test_a_list_of_material_has_at_most_twenty_a_page(client: Client) -> None:
    for kind, count, errcode in (("image", 21, 40035), ("image", 0, 40035), ("thumb", 20, 40004)):
        with refused(errcode):
            client.material.batchget(kind, 0, count)


def test_a_picture_for_an_article_gives_an_address(client: Client) -> None:
    assert client.media.upload_image(named(PNG, "a.png")).startswith("http://mmbiz.qpic.cn/")
    with refused(40009):
        client.media.upload_image(named(PNG.ljust(1024 * 1024 + 1, b"\0"), "a.png"))


# Messages


def test_wechatpy_sends_a_message_of_every_type(sandbox: Running, client: Client, mei: str) -> None:
    image, thumb = uploaded(client, "image", JPEG, "a.jpg"), uploaded(client, "thumb", JPEG, "t.jpg")
    cover = client.material.add("image", named(JPEG, "cover.jpg"))["media_id"]
    news = client.material.add_articles([{"thumb_media_id": cover, "title": "新款", "content": "围巾到了"}])["media_id"]
    article = {
        "title": "新款",
        "description": "围巾",
        "url": "https://shop.example/new",
        "picurl": "https://shop.example/a.jpg",
    }
    page = {"title": "订单", "appid": "wx0000000000000001", "pagepath": "pages/order", "thumb_media_id": thumb}
    say = client.message
    sends: list[Callable[[], Any]] = [
        lambda: say.send_text(mei, "您好"),
        lambda: say.send_image(mei, image),
        lambda: say.send_image(mei, cover),  # permanent material goes out as well
        lambda: say.send_voice(mei, uploaded(client, "voice", AMR, "a.amr")),
        lambda: say.send_video(mei, uploaded(client, "video", MP4, "a.mp4"), "围巾", "怎么围"),
        lambda: say.send_music(mei, "https://shop.example/a.mp3", "https://shop.example/b.mp3", thumb, "歌", "好听"),
        lambda: say.send_articles(mei, [article]),
        lambda: say.send_articles(mei, news),
        lambda: say.send_card(mei, "pFS7Fjg8kV1IdDz01r4SQwMkuCKc"),
        lambda: say.send_mini_program_page(mei, page),
    ]
    for number, send in enumerate(sends):
        if number % 5 == 0:
            sandbox.control.say("mei", "还有吗")
        assert send()["errcode"] == 0
    shown = [one for one in sandbox.control.customer("mei")["messages"] if one["direction"] == "out"]
    assert [one["kind"] for one in shown] == [
        *("text", "image", "image", "voice", "video", "music", "news", "mpnews", "wxcard", "miniprogrampage")
    ]
    assert shown[1]["media"] == image
    assert shown[4]["text"] == "围巾\n怎么围"


def test_a_menu_message_is_tapped_and_counts_as_a_tap(sandbox: Running, client: Client, mei: str) -> None:
    choices = [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}]
    menu = {"head_content": "满意吗？", "list": choices, "tail_content": "谢谢"}
    message = {"touser": mei, "msgtype": "msgmenu", "msgmenu": menu}
    for _ in range(5):
        assert client.post("message/custom/send", data=message)["errcode"] == 0
    assert sandbox.control.customer("mei")["window"]["left"] == 0
    sandbox.control.tap("mei", "满意")
    assert sandbox.control.customer("mei")["window"]["left"] == 3


@pytest.mark.parametrize(
    ("kind", "body", "errcode"),
    [
        ("image", {"media_id": "never"}, 40007),
        ("voice", {}, 40007),
        ("video", {"media_id": 7}, 40007),
        ("mpnews", {"media_id": "never"}, 40007),
        ("news", {"articles": []}, 44003),
        ("news", {"articles": [{"title": "a"}, {"title": "b"}]}, 45008),
        ("msgmenu", {"head_content": "?", "list": [{"id": str(n), "content": "x"} for n in range(11)]}, 45098),
        ("msgmenu", {"head_content": "?"}, 44004),
        ("music", {"musicurl": "https://shop.example/a.mp3", "hqmusicurl": "https://shop.example/b.mp3"}, 40007),
        ("wxcard", {}, 40035),
        ("mpnewsarticle", {}, 40035),
        ("miniprogrampage", {"title": "a", "pagepath": "b"}, 40013),
        ("link", {"title": "a", "description": "b", "url": "https://shop.example"}, 40008),
        ("type", {}, 40008),
        ("MSG_TYPE", {}, 40008),
    ],
)
def test_a_message_is_refused_by_what_is_wrong_with_it_and_costs_nothing(
    sandbox: Running, client: Client, mei: str, kind: str, body: dict[str, Any], errcode: int
) -> None:
    with refused(errcode):
        client.post("message/custom/send", data={"touser": mei, "msgtype": kind, kind: body})
    assert sandbox.control.customer("mei")["window"]["left"] == 5


def test_a_picture_that_is_no_picture_is_none(client: Client, mei: str) -> None:
    with refused(40007):
        client.message.send_image(mei, uploaded(client, "voice", AMR, "a.amr"))


def test_an_agent_that_the_desk_does_not_have_cannot_speak(client: Client, mei: str) -> None:
    with refused(65401):
        client.message.send_text(mei, "您好", account="nobody@kftest")


def test_a_window_may_be_said_to_be_closed_before_its_time(sandbox: Running, client: Client, mei: str) -> None:
    sandbox.control.advance(MINUTE)
    sandbox.control.fault(45015)
    with refused(45015):
        client.message.send_text(mei, "您好")
    assert client.message.send_text(mei, "您好")["errcode"] == 0


# Customers


@pytest.mark.parametrize("kind", ["image", "voice", "video", "shortvideo", "location", "link"])
def test_a_customer_sends_something_else_than_text_and_opens_the_window(
    sandbox: Running, connected: Receiver, kind: str
) -> None:
    sandbox.control.say("mei", kind=kind)
    seen = sandbox.control.customer("mei")
    assert (seen["messages"][-1]["kind"], seen["window"]["left"]) == (kind, 5)
    assert seen["who"] == account.openid_of("mei")
