"""Files to and from WeChat, at the wire: what is asked, and what each answer means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from careline.channels.ports import Attachment
from careline.channels.tencent.door import Door
from careline.channels.wechat.account import MANNERS
from careline.channels.wechat.files import MOST, kind_of
from careline.channels.wechat.media import KEPT, MediaCalls
from careline.clock import DAY, HOUR
from careline.errors import CarelineError, CredentialsRefused, Failed, NotFound, NotSent, Refused, Usage
from careline.http import Http
from careline.media.fetch import fetch
from careline.media.shelf import Shelf
from careline.model import Media
from tests.careline.channels.wechat.pushes import CHANNEL
from tests.careline.channels.wechat.test_client import Tokens, WeChat, refuses, run, says

JPEG = b"\xff\xd8\xff" + bytes(range(256)) * 300
PICTURE = {"content-type": "image/jpeg", "content-disposition": 'attachment; filename="x.jpg"'}


def picture(data: bytes = JPEG) -> httpx.Response:
    return httpx.Response(200, content=data, headers=PICTURE)


def attached(folder: Path, mime: str = "image/jpeg", name: str = "李薇 parcel.jpg", data: bytes = JPEG) -> Attachment:
    path = folder / "file"
    path.write_bytes(data)
    return Attachment(path, Media(mime=mime, name=name, bytes=len(data)))


def uploaded(wechat: WeChat, attachment: Attachment, tokens: Tokens | None = None) -> str:
    return str(run(wechat, lambda media: media.upload(attachment), MediaCalls, tokens=tokens))


def fetched(
    wechat: WeChat, folder: Path, *, tokens: Tokens | None = None, most: int = 10**6, trace: Path | None = None
) -> bytes:
    """The bytes of a customer's file, as they are kept."""
    shelf = Shelf(folder / "shelf")

    async def whole() -> bytes:
        async with Http(transport=httpx.MockTransport(lambda asked: in_pieces(wechat(asked))), trace=trace).client(
            "https://api.weixin.qq.com"
        ) as http:
            source = MediaCalls(Door(CHANNEL, http, tokens or Tokens(), MANNERS))
            media = await fetch(source, shelf, Media(id="id/1+2"), "name", most)
            path = shelf.path(media.sha256)
            assert path is not None
            return path.read_bytes()

    return asyncio.run(whole())


class Sent(httpx.AsyncByteStream):
    """Bytes as they come from a network, perhaps ending with a broken connection."""

    def __init__(self, data: bytes, *, broken: bool = False) -> None:
        self._data = data
        self._broken = broken

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._data), 1000):
            yield self._data[start : start + 1000]
        if self._broken:
            raise httpx.ReadError("gone")


def in_pieces(answer: httpx.Response) -> httpx.Response:
    if not isinstance(answer.stream, Sent):
        answer = httpx.Response(answer.status_code, headers=answer.headers, stream=Sent(answer.content))
    return answer


# Up


def test_a_file_goes_up_in_a_form_under_a_name_that_tells_nothing(tmp_path: Path) -> None:
    wechat = WeChat(says({"type": "image", "media_id": "m1", "created_at": 1}))
    assert uploaded(wechat, attached(tmp_path)) == "m1"
    (asked,) = wechat.asked
    assert str(asked.url) == "https://api.weixin.qq.com/cgi-bin/media/upload?type=image&access_token=t1"
    body = asked.read()
    assert int(asked.headers["content-length"]) == len(body)
    assert b'name="media"; filename="file.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + JPEG in body


@pytest.mark.parametrize(
    ("mime", "kind", "theirs", "name"),
    [
        ("image/png", "image", "image", "file.png"),
        ("audio/amr", "audio", "voice", "file.amr"),
        ("audio/mpeg", "audio", "voice", "file.mp3"),
        ("video/mp4", "video", "video", "file.mp4"),
    ],
)
def test_each_kind_goes_up_as_what_wechat_calls_it(tmp_path: Path, mime: str, kind: str, theirs: str, name: str) -> None:
    attachment = attached(tmp_path, mime)
    assert kind_of(attachment) == kind
    wechat = WeChat(says({"media_id": "m1"}))
    uploaded(wechat, attachment)
    assert wechat.asked[0].url.params["type"] == theirs
    assert f'filename="{name}"'.encode() in wechat.asked[0].read()


def test_a_refused_token_is_renewed_and_the_file_goes_up_again_whole(tmp_path: Path) -> None:
    wechat = WeChat(refuses(40001), says({"media_id": "m1"}))
    assert uploaded(wechat, attached(tmp_path)) == "m1"
    assert [JPEG in asked.read() for asked in wechat.asked] == [True, True]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refuses(40009), Refused),
        (refuses(45009), NotSent),
        (refuses(40164), CredentialsRefused),
        (says({"media_id": ""}), NotSent),
        (httpx.Response(502), NotSent),
        (httpx.ReadTimeout("slow"), NotSent),
    ],
)
def test_an_upload_that_fails_has_sent_nothing(
    tmp_path: Path, answer: httpx.Response | Exception, kind: type[CarelineError]
) -> None:
    with pytest.raises(kind):
        uploaded(WeChat(answer), attached(tmp_path))


def test_an_upload_is_kept_in_mind_for_an_hour_less_than_wechat_keeps_it() -> None:
    assert KEPT == 3 * DAY - HOUR


@pytest.mark.parametrize(("mime", "kind"), [("image/jpeg", "image"), ("audio/amr", "audio"), ("video/mp4", "video")])
def test_a_file_may_be_as_large_as_wechat_says_and_no_larger(tmp_path: Path, mime: str, kind: str) -> None:
    most = MOST[kind]
    assert kind_of(Attachment(tmp_path, Media(mime=mime, name="a", bytes=most))) == kind
    with pytest.raises(Usage, match="WeChat takes"):
        kind_of(Attachment(tmp_path, Media(mime=mime, name="a", bytes=most + 1)))


def test_a_voice_may_play_a_minute(tmp_path: Path) -> None:
    media = Media(mime="audio/mpeg", name="a.mp3", bytes=1000)
    assert kind_of(Attachment(tmp_path, media, seconds=60.0)) == "audio"
    with pytest.raises(Usage, match="plays 61 seconds"):
        kind_of(Attachment(tmp_path, media, seconds=60.9))


# Down


def test_a_file_comes_down_and_its_id_goes_out_escaped(tmp_path: Path) -> None:
    wechat = WeChat(picture())
    assert fetched(wechat, tmp_path) == JPEG
    assert wechat.asked[0].url.raw_path == b"/cgi-bin/media/get?media_id=id%2F1%2B2&access_token=t1"


def test_a_video_is_had_from_the_address_that_wechat_names_and_the_token_does_not_go_there(tmp_path: Path) -> None:
    wechat = WeChat(says({"video_url": " http://vod.example/film?x=1"}), httpx.Response(200, content=b"film"))
    assert fetched(wechat, tmp_path) == b"film"
    assert str(wechat.asked[1].url) == "http://vod.example/film?x=1"
    assert "t1" not in str(wechat.asked[1].headers)


@pytest.mark.parametrize(
    "answer", [{}, {"video_url": 7}, {"video_url": "file:///etc/passwd"}, {"video_url": "ftp://x"}, [], "text"]
)
def test_an_answer_that_is_neither_a_file_nor_a_refusal_is_said_to_be_that(tmp_path: Path, answer: object) -> None:
    with pytest.raises(Failed, match="no file where one was asked for"):
        fetched(WeChat(says(answer)), tmp_path)


@pytest.mark.parametrize("code", [40007, 40118, 40121])
def test_a_file_that_is_gone_is_not_found(tmp_path: Path, code: int) -> None:
    with pytest.raises(NotFound) as caught:
        fetched(WeChat(refuses(code)), tmp_path)
    assert (caught.value.code, caught.value.platform_code) == ("media_gone", str(code))


def test_a_refusal_is_one_under_whatever_type_it_comes(tmp_path: Path) -> None:
    for type in ("image/jpeg", "application/octet-stream", "text/html"):
        refusal = httpx.Response(200, content=b' {"errcode": 40007, "errmsg": "x"}', headers={"content-type": type})
        with pytest.raises(NotFound):
            fetched(WeChat(refusal), tmp_path)


@pytest.mark.parametrize("type", ["application/json", "text/plain", "application/octet-stream"])
def test_a_file_that_has_a_name_is_one_even_if_it_is_json(tmp_path: Path, type: str) -> None:
    headers = {"content-type": type, "content-disposition": 'attachment; filename="x.json"'}
    assert fetched(WeChat(httpx.Response(200, content=b'{"errcode": 1}', headers=headers)), tmp_path) == b'{"errcode": 1}'


def test_a_refused_token_is_renewed_once_for_a_file_too(tmp_path: Path) -> None:
    tokens = Tokens()
    assert fetched(WeChat(refuses(42001), picture()), tmp_path, tokens=tokens) == JPEG
    assert tokens.renewed == ["t1"]
    with pytest.raises(CredentialsRefused):
        fetched(WeChat(refuses(42001), refuses(42001)), tmp_path, tokens=Tokens())


def test_a_file_that_breaks_off_begins_anew_the_next_time(tmp_path: Path) -> None:
    wechat = WeChat(httpx.Response(200, stream=Sent(JPEG[:3000], broken=True), headers=PICTURE), picture())
    assert fetched(wechat, tmp_path) == JPEG


def test_no_more_is_read_than_a_customers_file_may_have(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="sends more than"):
        fetched(WeChat(picture()), tmp_path, most=1000)


def test_no_trace_holds_the_token_of_a_download(tmp_path: Path) -> None:
    class Secretive(Tokens):
        async def get(self) -> str:
            return "tOkEn-of-many-characters"

    trace = tmp_path / "trace"
    fetched(WeChat(picture()), tmp_path, tokens=Secretive(), trace=trace)
    assert "media/get" in trace.read_text()
    assert "tOkEn" not in trace.read_text()
