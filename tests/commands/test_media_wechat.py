"""WeChat's files, captions and messages in its own JSON, from the command line to the customer's phone and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from careline.channels.wechat.bodies import TYPES
from careline.clock import DAY, HOUR, MINUTE
from careline.model import Message, Upload
from careline.sandbox import account
from tests.commands.desk import LIWEI, Desk

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(300)
AMR = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50
SEND = "send --channel brand-cn --to c1"
ARTICLE = {"title": "新款围巾", "url": "https://shop.example/new"}
MENU = {"head_content": "满意吗？", "list": [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}]}


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """The desk with one WeChat account and Li Wei waiting in chat 1."""
    desk.register("brand-cn")
    desk.liwei_writes()
    return desk


def file(shop: Desk, name: str, data: bytes) -> Path:
    path = shop.folder / name
    path.write_bytes(data)
    return path


@pytest.fixture
def photo(shop: Desk) -> Path:
    return file(shop, "parcel.jpg", JPEG)


def on_phone(shop: Desk) -> list[tuple[str, str]]:
    messages = shop.control.customer(LIWEI)["messages"]
    return [(one["kind"], one["text"]) for one in messages if one["direction"] == "out"]


def left(shop: Desk) -> int:
    return int(shop.control.customer(LIWEI)["window"]["left"])


# Files


@pytest.mark.parametrize(
    ("name", "data", "kind", "theirs"),
    [
        ("parcel.jpg", JPEG, "image", "image"),
        ("moving.gif", b"GIF89a" + bytes(200), "image", "image"),
        ("old.bmp", b"BM" + bytes(200), "image", "image"),
        ("hello.amr", AMR, "audio", "voice"),
        ("film.mp4", MP4, "video", "video"),
    ],
)
def test_a_file_of_each_kind_reaches_the_phone(shop: Desk, name: str, data: bytes, kind: str, theirs: str) -> None:
    record = shop.json(f"{SEND} --media {file(shop, name, data)}")
    assert (record["kind"], record["state"], record["media"]["name"]) == (kind, "accepted", name)
    assert on_phone(shop) == [(theirs, "")]
    assert left(shop) == 4


def test_a_caption_is_a_second_message_and_a_second_of_the_window(shop: Desk, photo: Path) -> None:
    record = shop.json(f"{SEND} --media {photo} --text 您的包裹 --key k1")
    assert (record["kind"], record["caption"]["kind"], record["caption"]["text"]) == ("image", "text", "您的包裹")
    assert on_phone(shop) == [("image", ""), ("text", "您的包裹")]
    assert left(shop) == 3
    assert shop.json(f"{SEND} --media {photo} --text 您的包裹 --key k1")["id"] == record["id"]
    assert left(shop) == 3
    shown = shop.screen(f"{SEND} --media {photo} --text 您的包裹")
    assert shown.count("accepted") == 2


def test_a_file_with_a_caption_goes_only_where_both_fit(shop: Desk, photo: Path) -> None:
    for _ in range(4):
        shop.done(f"{SEND} --text 您好")
    error = shop.refused(f"{SEND} --media {photo} --text 您的包裹", 7)
    assert (error["code"], "has room for one message" in error["message"]) == ("quota_short", True)
    assert shop.calls("/media/upload") == 0
    shop.done(f"{SEND} --media {photo}")


def test_a_caption_that_is_held_up_goes_alone_the_next_time(shop: Desk, photo: Path) -> None:
    shop.done(f"{SEND} --media {photo} --text 您的包裹 --key k1 -n")
    shop.done(f"{SEND} --media {photo} --key k1")
    shop.control.fault(45011)
    error = shop.refused(f"{SEND} --media {photo} --text 您的包裹 --key k1", 8)
    assert "The file is sent (m2), its caption not" in error["message"]
    shop.done(f"{SEND} --media {photo} --text 您的包裹 --key k1")
    assert on_phone(shop) == [("image", ""), ("text", "您的包裹")]


def test_a_dry_run_shows_both_requests_and_uploads_nothing(shop: Desk, photo: Path) -> None:
    shown = shop.done(f"{SEND} --media {photo} --text 您的包裹 -n").stdout
    first, second = (json.loads(one) for one in shown.replace("}\n{", "}\n\0{").split("\0"))
    assert "uploaded first" in first["body"]["image"]["media_id"]
    assert second["body"]["text"] == {"content": "您的包裹"}
    assert shop.calls("/media/upload") == 0


def test_a_file_is_uploaded_once_in_three_days(shop: Desk, photo: Path) -> None:
    for _ in range(2):
        shop.done(f"{SEND} --media {photo}")
    assert (shop.calls("/media/upload"), len(shop.rows(Upload))) == (1, 1)
    shop.pass_by(2 * DAY + 23 * HOUR)
    shop.liwei_writes()
    shop.done(f"{SEND} --media {photo}")
    assert shop.calls("/media/upload") == 2


def test_a_file_that_wechat_has_no_more_is_uploaded_again_and_sent_in_the_same_run(shop: Desk, photo: Path) -> None:
    shop.done(f"{SEND} --media {photo}")
    shop.control.fault(40007)
    record = shop.json(f"{SEND} --media {photo} --key k1")
    assert record["state"] == "accepted"
    assert [(m.state, m.error.code if m.error else "") for m in shop.sent()] == [
        ("accepted", ""),
        ("failed", "upload_gone"),
        ("accepted", ""),
    ]
    assert (shop.calls("/media/upload"), left(shop)) == (2, 3)
    shop.control.fault(40007, next=2)
    assert shop.refused(f"{SEND} --media {photo} --key k2", 8)["code"] == "upload_gone"  # twice is enough


@pytest.mark.parametrize("closed", ["time", "count", "unfollow"])
def test_for_a_closed_window_nothing_is_uploaded_and_nothing_is_called(shop: Desk, photo: Path, closed: str) -> None:
    path = file(shop, "news.json", json.dumps({"news": {"articles": [ARTICLE]}}).encode())
    if closed == "time":
        shop.pass_by(48 * HOUR - MINUTE)
    elif closed == "count":
        for _ in range(5):
            shop.done(f"{SEND} --text 您好")
    else:
        shop.control.unfollow(LIWEI)
    before = shop.calls("/custom/send")
    for given in (f"--media {photo}", f"--media {file(shop, 'a.amr', AMR)}", f"--json {path}", "--text 您好"):
        assert shop.refused(f"{SEND} {given}", 7)["code"] == ("quota_used" if closed == "count" else "window_closed")
    assert (shop.calls("/media/upload"), shop.calls("/custom/send")) == (0, before)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("big.jpg", JPEG.ljust(10 * 1024 * 1024 + 1, b"\0"), "larger than brand-cn takes: 10 MB"),
        ("long.mp3", b"ID3".ljust(2 * 1024 * 1024 + 1, b"\0"), "2.0 MB; WeChat takes 2.0 MB"),
        ("long.amr", b"#!AMR\n" + (b"\x04" + bytes(12)) * 3051, "plays 61 seconds; WeChat takes 60"),
        ("bill.pdf", b"%PDF-1.4", "carries no such file"),
        ("none.jpg", b"", "not image/jpeg by its content"),
    ],
)
def test_a_file_that_wechat_would_refuse_is_refused_before_the_call(shop: Desk, name: str, data: bytes, why: str) -> None:
    assert why in shop.refused(f"{SEND} --media {file(shop, name, data)}", 2)["message"]
    assert shop.calls("/media/upload") == 0


# WeChat's own JSON


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ({"msgtype": "news", "news": {"articles": [ARTICLE]}}, "news", "新款围巾 https://shop.example/new"),
        ({"news": {"articles": [ARTICLE]}}, "news", "新款围巾 https://shop.example/new"),
        ({"msgmenu": MENU}, "msgmenu", "满意吗？ [满意] [不满意]"),
        ({"wxcard": {"card_id": "pFS7"}}, "wxcard", "pFS7"),
        ({"mpnewsarticle": {"article_id": "a-1"}}, "mpnewsarticle", "a-1"),
        ({"text": {"content": "您好"}}, "text", "您好"),
    ],
)
def test_a_message_in_wechats_own_json_goes_out(shop: Desk, body: dict[str, Any], kind: str, text: str) -> None:
    record = shop.json(f"{SEND} --json -", input=json.dumps(body))
    assert (record["kind"], record["text"], record["state"]) == (kind, text, "accepted")
    assert on_phone(shop)[0][0] == kind


OF_EVERY_TYPE: list[dict[str, Any]] = [
    {"text": {"content": "您好"}},
    *({kind: {"media_id": "id"}} for kind in ("image", "voice", "video", "mpnews")),
    {"music": {"musicurl": "https://shop.example/a", "hqmusicurl": "https://shop.example/b", "thumb_media_id": "id"}},
    {"news": {"articles": [ARTICLE]}},
    {"mpnewsarticle": {"article_id": "a-1"}},
    {"msgmenu": MENU},
    {"wxcard": {"card_id": "pFS7"}},
    {"miniprogrampage": {"title": "订单", "appid": "wx1", "pagepath": "pages/order", "thumb_media_id": "id"}},
]


@pytest.mark.parametrize("gone", ["quota_used", "window_closed", "unfollowed"])
def test_where_no_window_is_open_no_message_of_any_type_is_tried(shop: Desk, photo: Path, gone: str) -> None:
    assert {kind for body in OF_EVERY_TYPE for kind in body} == set(TYPES)
    if gone == "quota_used":
        for _ in range(5):
            shop.done(f"{SEND} --text 您好")
    elif gone == "window_closed":
        shop.pass_by(2 * DAY)
    else:
        shop.control.unfollow(LIWEI)
    calls = shop.calls("/custom/send")
    for body in OF_EVERY_TYPE:
        error = shop.refused(f"{SEND} --json -", 7, input=json.dumps(body))
        assert error["code"] == ("quota_used" if gone == "quota_used" else "window_closed")
    shop.refused(f"{SEND} --media {photo}", 7)
    assert (shop.calls("/custom/send"), shop.calls("/media/upload")) == (calls, 0)


def test_a_choice_that_is_tapped_comes_back_with_its_id_and_opens_a_tap(shop: Desk) -> None:
    shop.done(f"{SEND} --json -", input=json.dumps({"msgmenu": MENU}))
    shop.control.tap(LIWEI, "满意")
    answer = list(shop.store.select(Message, "ORDER BY id"))[-1]
    assert (answer.text, answer.action) == ("满意", "101")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"msgtype": "type", "type": {}}, "has the type 'type'"),
        ({"msgtype": "MSG_TYPE", "news": {}}, "has the type 'MSG_TYPE'"),
        ({"msgtype": "link", "link": {}}, "Only mini programs"),
        ({"news": {"articles": [ARTICLE, ARTICLE]}}, "has 2 articles, and WeChat takes one"),
        ({"news": {"articles": [{"title": "a"}]}}, "`url` - at `news.articles[0]`"),
        ({"news": {"articles": [ARTICLE], "color": "red"}}, "unknown field `color`"),
        ({"msgmenu": {"list": [MENU["list"][0]] * 11}}, "11 choices"),
        ({"msgmenu": {"list": []}}, "0 choices"),
        ({"text": {"content": " "}}, "The text is empty"),
        ({"text": {"content": "字" * 683}}, "2,049 bytes"),
        ({"text": {"content": "a\u0007"}}, "control character"),
        ({"image": {"media_id": ""}}, "length >= 1"),
        ({"text": {"content": "a"}, "touser": "o1"}, "has 'touser'"),
        ({"text": {"content": "a"}, "image": {"media_id": "x"}}, "has no type"),
        ([], "not a JSON object"),
    ],
)
def test_what_wechat_would_refuse_of_a_json_is_refused_before_the_call(shop: Desk, body: Any, why: str) -> None:
    assert why in shop.refused(f"{SEND} --json -", 2, input=json.dumps(body))["message"]
    assert shop.calls("/custom/send") == 0


def test_a_template_carries_no_file(shop: Desk, photo: Path) -> None:
    assert shop.refused(f"{SEND} --template 通知 --media {photo}", 2)["code"] == "not_supported"


def test_an_id_that_wechat_does_not_know_is_a_refusal(shop: Desk) -> None:
    error = shop.refused(f"{SEND} --json -", 6, input=json.dumps({"image": {"media_id": "never"}}))
    assert (error["code"], error["platform_code"]) == ("upload_gone", "40007")


# The desk, typing


def test_a_message_appears_from_the_account_of_the_desk(shop: Desk) -> None:
    shown = json.loads(shop.done(f"{SEND} --text 您好 --desk mei@gh_shop -n").stdout)
    assert shown["body"]["customservice"] == {"kf_account": "mei@gh_shop"}
    env = {"CARELINE_AGENT": "mei", "CARELINE_DESK": "mei@gh_shop"}
    assert json.loads(shop.done("reply 1 您好 -n", env=env).stdout)["body"]["customservice"] == {"kf_account": "mei@gh_shop"}
    own = {"text": {"content": "您好"}, "customservice": {"kf_account": "ai@gh_shop"}}
    shown = json.loads(shop.done(f"{SEND} --json - -n", input=json.dumps(own)).stdout)
    assert shown["body"]["customservice"] == {"kf_account": "ai@gh_shop"}
    assert shop.refused(f"{SEND} --text 您好 --desk nobody@gh_shop", 5)["platform_code"] == "65401"


def test_an_agent_of_the_desk_speaks_to_the_customer(shop: Desk) -> None:
    shop.done(f"channels staff brand-cn add mei@{account.WECHAT_USERNAME} --nick 小美")
    (agent,) = shop.json("channels staff brand-cn list")
    shop.done("reply 1 您好", env={"CARELINE_AGENT": "mei", "CARELINE_DESK": agent["id"]})
    assert on_phone(shop) == [("text", "您好")]


def test_typing_is_shown_and_what_keeps_it_from_being_shown_is_no_failure(shop: Desk) -> None:
    assert shop.done("chats read 1 --typing").stderr == "chat 1 typing\n"
    assert "it is shown already" in shop.done("chats read 1 --typing").stderr
    shop.pass_by(MINUTE)
    assert "half a minute" in shop.done("chats read 1 --typing").stderr
    assert shop.refused("chats read 1", 2)["code"] == "not_supported"


def test_a_message_refers_to_no_other_and_reacts_to_none(shop: Desk) -> None:
    me = {"CARELINE_AGENT": "mei"}
    for given in ("--to m1 您好", "--react 👍"):
        assert shop.refused(f"reply 1 {given}", 2, env=me)["code"] == "not_supported"


# What customers send


def test_the_files_of_a_chat_are_fetched_and_written(shop: Desk, photo: Path) -> None:
    shop.control.say(LIWEI, kind="image", content=JPEG)
    shop.control.say(LIWEI, kind="voice", content=AMR)
    shop.control.say(LIWEI, kind="video", content=MP4)
    shop.control.say(LIWEI, kind="location")
    shop.done(f"{SEND} --media {photo}")
    out = shop.folder / "files"
    rows = shop.json(f"chats media 1 --out {out}")
    assert [(row["kind"], row["mime"], row["bytes"]) for row in rows] == [
        ("image", "image/jpeg", len(JPEG)),
        ("audio", "audio/amr", len(AMR)),
        ("video", "video/mp4", len(MP4)),
        ("image", "image/jpeg", len(JPEG)),
    ]
    assert [Path(row["file"]).suffix for row in rows] == [".jpg", ".amr", ".mp4", ".jpg"]
    assert Path(rows[2]["file"]).read_bytes() == MP4
    calls = shop.calls("/media/get")
    shop.pass_by(4 * DAY)
    assert shop.json(f"chats media 1 --out {out}") == rows
    assert shop.calls("/media/get") == calls
    shop.done("store rebuild --check")


def test_a_file_that_wechat_has_no_more_is_told(shop: Desk) -> None:
    shop.control.say(LIWEI, kind="image", content=JPEG)
    shop.pass_by(3 * DAY)
    result = shop(f"chats media 1 --out {shop.folder / 'files'} -o json")
    assert (result.exit, json.loads(result.stdout)[0]["error"]) == (3, "WeChat has this file no more.")


def test_the_openid_is_no_part_of_what_is_uploaded(shop: Desk) -> None:
    shop.done(f"{SEND} --media {file(shop, '李薇的包裹.jpg', JPEG)}")
    assert account.openid_of(LIWEI) not in shop.rows(Upload)[0].id
    media = shop.sent()[0].media
    assert media is not None
    assert media.name == "李薇的包裹.jpg"


def test_an_answer_with_a_file_and_a_caption_ends_the_wait_with_its_first_message(shop: Desk, photo: Path) -> None:
    shop.done(f"reply 1 您的包裹 --media {photo}", env={"CARELINE_AGENT": "mei"})
    assert on_phone(shop) == [("image", ""), ("text", "您的包裹")]
    chat = shop.json("chats show 1")
    assert (chat["waiting_since_at"], chat["messages_out"], chat["agent"]) == (None, 2, "mei")


# Permanent files


def test_a_permanent_file_is_sent_without_ever_being_uploaded_again(shop: Desk, photo: Path) -> None:
    media_id = shop.done(f"channels media add brand-cn {photo}").stdout.strip()
    shop.pass_by(300 * DAY)
    shop.liwei_writes()
    shop.done(f"{SEND} --media {photo}")
    assert shop.control.customer(LIWEI)["messages"][-1]["media"] == media_id
    assert shop.calls("/media/upload") == 0
    shop.done(f"channels media remove brand-cn {media_id} --yes")
    shop.done(f"{SEND} --media {photo}")
    assert shop.calls("/media/upload") == 1
    assert shop.refused(f"channels media remove brand-cn {media_id} --yes", 5)["code"] == "media_gone"
    shop.done("store rebuild --check")


def test_permanent_files_are_listed_with_the_room_that_is_left(shop: Desk, photo: Path) -> None:
    for number in range(25):
        shop.done(f"channels media add brand-cn {file(shop, f'{number}.jpg', JPEG + bytes([number]))}")
    film = shop.done(f"channels media add brand-cn {file(shop, 'film.mp4', MP4)} --title 围巾").stdout.strip()
    rows = shop.json("channels media list brand-cn --all")
    assert len(rows) == 26
    assert rows[-1] == {"media_id": film, "kind": "video", "name": "file.mp4", "updated_at": rows[-1]["updated_at"], "url": ""}
    assert len(shop.json("channels media list brand-cn --kind image --limit 21")) == 21
    result = shop.done("channels media list brand-cn --kind voice", terminal=True)
    assert "25 of 100,000 image, 0 of 1,000 voice, 1 of 1,000 video" in result.stderr


def test_a_cover_goes_with_a_song(shop: Desk) -> None:
    cover = shop.done(f"channels media add brand-cn {file(shop, 'c.jpg', JPEG)} --cover").stdout.strip()
    song = {
        "title": "歌",
        "musicurl": "https://shop.example/a",
        "hqmusicurl": "https://shop.example/b",
        "thumb_media_id": cover,
    }
    shop.done(f"{SEND} --json -", input=json.dumps({"music": song}))
    assert on_phone(shop)[0][0] == "music"
    large = file(shop, "large.jpg", JPEG.ljust(64 * 1024 + 1, b"\0"))
    assert "no cover" in shop.refused(f"channels media add brand-cn {large} --cover", 2)["message"]


def test_what_cannot_be_permanent_is_refused_and_a_dry_run_adds_nothing(shop: Desk, photo: Path) -> None:
    assert shop.refused(f"channels media add brand-cn {file(shop, 'a.pdf', b'%PDF-1.4')}", 2)["code"] == "bad_file"
    assert shop.refused("channels media list brand-cn --kind film", 2)["code"] == "bad_choice"
    assert shop.done(f"channels media add brand-cn {photo} -n").stdout == ""
    shop.refused("channels media remove brand-cn x", 2)
    assert shop.calls("/add_material") == 0
