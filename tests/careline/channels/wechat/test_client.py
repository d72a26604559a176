from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from careline.channels.ports import Accepted, Client, Outgoing, Request, TokenSource
from careline.channels.tencent.door import Door
from careline.channels.wechat.account import MANNERS, Account, stable_token
from careline.channels.wechat.bodies import content
from careline.channels.wechat.client import WeChatClient
from careline.channels.wechat.codes import Codes, QrTicket
from careline.errors import CarelineError, CredentialsRefused, Misconfigured, NotSent, OutsideWindow, Refused, Unknown, Usage
from careline.http import Http
from tests.careline.channels.wechat.pushes import APP_ID, CHANNEL, OPENID

API_URL = "https://api.weixin.qq.com"
SECRET = "0123456789abcdef0123456789abcdef"
RID = "65f0a1b2-3c4d5e6f-0a1b2c3d"
OK = {"errcode": 0, "errmsg": "ok"}

Reaction = httpx.Response | Exception
T = TypeVar("T")


def says(body: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, text=json.dumps(body), headers={"content-type": "text/plain"})


def refuses(code: int, words: str = "some words") -> httpx.Response:
    return says({"errcode": code, "errmsg": f"{words} rid: {RID}"})


class WeChat:
    """Answers in the order given, and remembers what it was asked."""

    def __init__(self, *answers: Reaction) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Tokens:
    """Hands out t1 until that is refused, then t2, and so on."""

    def __init__(self) -> None:
        self.number = 1
        self.renewed: list[str] = []

    async def get(self) -> str:
        return f"t{self.number}"

    async def renew(self, refused: str) -> str:
        self.renewed.append(refused)
        self.number += 1
        return f"t{self.number}"


def run(
    wechat: WeChat,
    do: Callable[[Any], Awaitable[T]],
    kind: Callable[[Door], object] = WeChatClient,
    *,
    tokens: TokenSource | None = None,
    trace: Path | None = None,
) -> T:
    """What ``do`` gives; every answer that was prepared must have been used."""

    async def talk() -> T:
        async with Http(trace=trace, transport=httpx.MockTransport(wechat)).client(API_URL) as http:
            return await do(kind(Door(CHANNEL, http, Tokens() if tokens is None else tokens, MANNERS)))

    try:
        return asyncio.run(talk())
    finally:
        assert not wechat.answers


def outgoing(text: str = "你好", **more: Any) -> Outgoing:
    return Outgoing(**{"to": OPENID, "to_kind": "wechat_openid", "kind": "text", "text": text} | more)


def request(message: Outgoing) -> Request:
    return WeChatClient(Door(CHANNEL, httpx.AsyncClient(), Tokens(), MANNERS)).request(message)


def send(wechat: WeChat, *, tokens: TokenSource | None = None, trace: Path | None = None) -> Accepted:
    return run(wechat, lambda client: client.send(client.request(outgoing())), tokens=tokens, trace=trace)


def body_of(asked: httpx.Request) -> Any:
    return json.loads(asked.content)


# Sending


def test_a_text_goes_out_in_one_request_of_plain_utf8() -> None:
    wechat = WeChat(says(OK))
    assert send(wechat) == Accepted(id="")
    (asked,) = wechat.asked
    assert asked.method == "POST"
    assert str(asked.url) == "https://api.weixin.qq.com/cgi-bin/message/custom/send?access_token=t1"
    assert asked.headers["content-type"] == "application/json"
    expected = '{"touser":"%s","msgtype":"text","text":{"content":"你好"}}' % OPENID  # noqa: UP031
    assert asked.content == expected.encode()


def test_the_request_that_a_dry_run_prints_is_the_one_that_is_sent() -> None:
    prepared = request(outgoing('line 1\nline 2\t"quoted" 🙂'))
    wechat = WeChat(says(OK))
    run(wechat, lambda client: client.send(prepared))
    (asked,) = wechat.asked
    assert (asked.method, asked.url.path, asked.content.decode()) == (prepared.method, prepared.path, prepared.body)
    assert "\\u" not in prepared.body
    assert body_of(asked)["text"]["content"] == 'line 1\nline 2\t"quoted" 🙂'


def test_a_channel_behind_another_address_is_spoken_to_there() -> None:
    wechat = WeChat(says(OK))

    async def talk() -> None:
        async with Http(transport=httpx.MockTransport(wechat)).client("http://127.0.0.1:1/wechat") as http:
            client: Client = WeChatClient(Door(CHANNEL, http, Tokens(), MANNERS))
            await client.send(client.request(outgoing()))

    asyncio.run(talk())
    assert str(wechat.asked[0].url) == "http://127.0.0.1:1/wechat/cgi-bin/message/custom/send?access_token=t1"


@pytest.mark.parametrize("text", ["x" * 2048, "字" * 682 + "xx", "🙂" * 512])
def test_2048_bytes_are_taken(text: str) -> None:
    assert len(json.loads(request(outgoing(text)).body)["text"]["content"].encode()) == 2048


@pytest.mark.parametrize("text", ["x" * 2049, "字" * 683, "字" * 5000])
def test_more_bytes_are_refused_before_the_call_and_counted(text: str) -> None:
    with pytest.raises(Usage, match=f"{len(text.encode()):,} bytes, and WeChat takes 2,048") as caught:
        request(outgoing(text))
    assert caught.value.exit == 2


@pytest.mark.parametrize(
    "message",
    [
        outgoing(""),
        outgoing(" \n\t"),
        outgoing("bell \x07"),
        outgoing("nul \x00"),
        outgoing("\ud83d"),
        outgoing(to="o\udcff"),
        outgoing(to_kind="anonymous"),
        outgoing(kind="template", text=""),
    ],
)
def test_what_wechat_would_refuse_by_its_form_is_never_sent(message: Outgoing) -> None:
    with pytest.raises(Usage):
        request(message)


@pytest.mark.parametrize(
    ("code", "kind", "word"),
    [
        (45015, OutsideWindow, "window_closed"),
        (45047, OutsideWindow, "quota_used"),
        (43004, Refused, "not_following"),
        (48001, Refused, "not_granted"),
        (45009, NotSent, "daily_quota"),
        (45011, NotSent, "rate_limited"),
        (-1, NotSent, "not_sent"),
    ],
)
def test_a_refused_send_is_an_error_of_its_kind(code: int, kind: type[CarelineError], word: str) -> None:
    with pytest.raises(kind) as caught:
        send(WeChat(refuses(code, "their words")))
    error = caught.value
    assert (error.code, error.platform_code, error.trace_id) == (word, str(code), RID)
    assert error.message.endswith("their words")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, none of which lasts."""
    made: list[float] = []

    async def pause(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("careline.channels.tencent.door.asyncio.sleep", pause)
    return made


def addresses(*answers: httpx.Response) -> list[str]:
    return run(WeChat(*answers), lambda account: account.callback_ips(), Account)


def test_where_wechat_is_busy_what_changes_nothing_is_asked_again_ever_later(hasty: list[float]) -> None:
    assert addresses(refuses(-1), refuses(-1), refuses(-1), says({"ip_list": ["1.2.3.4"]})) == ["1.2.3.4"]
    assert hasty == [1, 2, 4]


def test_who_is_busy_for_long_is_left_alone(hasty: list[float]) -> None:
    with pytest.raises(NotSent) as caught:
        addresses(*[refuses(-1)] * 4)
    assert (caught.value.platform_code, caught.value.retry_after_s) == ("-1", 1)


def test_a_token_that_ends_while_wechat_is_busy_is_renewed(hasty: list[float]) -> None:
    assert addresses(refuses(-1), refuses(42001), refuses(-1), says({"ip_list": []})) == []


@pytest.mark.parametrize("code", [45009, 45011, 45015, 48001, 40035])
def test_any_other_refusal_is_final(hasty: list[float], code: int) -> None:
    with pytest.raises(CarelineError):
        addresses(refuses(code))
    assert hasty == []


def test_a_message_is_not_sent_again_by_itself(hasty: list[float]) -> None:
    with pytest.raises(NotSent):
        send(WeChat(refuses(-1)))
    assert hasty == []


def test_an_empty_text_is_refused_in_words() -> None:
    with pytest.raises(Usage, match=r"^The text is empty\.$"):
        content(outgoing(""))


def test_garbled_words_do_not_hide_the_number() -> None:
    send(WeChat(httpx.Response(200, content=b'{"errcode":0,"errmsg":"\xff"}')))
    with pytest.raises(Refused):
        send(WeChat(httpx.Response(200, content=b'{"errcode":40003,"errmsg":"\xe4\xbd"}')))


def test_a_refusal_wins_over_whatever_stands_beside_it_and_over_the_status() -> None:
    for answer in (says({"errcode": 45015, "errmsg": "", "msgid": 1}), says({"errcode": "45015"}, status=500)):
        with pytest.raises(OutsideWindow):
            send(WeChat(answer))


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text=""),
        httpx.Response(200, text="<html>welcome to the hotel</html>"),
        httpx.Response(200, text="[]"),
        httpx.Response(200, text="{}"),
        httpx.Response(200, text='{"errcode": "none"}'),
        httpx.Response(200, text="[" * 100_000),
        httpx.Response(500, text=""),
        httpx.Response(502, text="<html>bad gateway</html>"),
        says(OK, status=503),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("half an answer"),
    ],
)
def test_an_answer_that_does_not_say_leaves_the_send_unknown_and_is_not_repeated(answer: Reaction) -> None:
    wechat = WeChat(answer)
    with pytest.raises(Unknown):
        send(wechat)
    assert len(wechat.asked) == 1


@pytest.mark.parametrize("answer", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.Response(429)])
def test_what_provably_was_not_sent_may_be_run_again(answer: Reaction) -> None:
    with pytest.raises(NotSent):
        send(WeChat(answer))


@pytest.mark.parametrize("status", [301, 302, 400, 403, 404, 407])
def test_a_status_that_wechat_never_gives_points_to_the_address(status: int) -> None:
    with pytest.raises(Misconfigured, match=f"HTTP {status}") as caught:
        send(WeChat(httpx.Response(status, text="<html></html>")))
    assert "--api-url" in caught.value.hint


# Tokens


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_refused_token_is_renewed_and_the_send_repeated_once(code: int) -> None:
    wechat, tokens = WeChat(refuses(code), says(OK)), Tokens()
    send(wechat, tokens=tokens)
    assert [asked.url.params["access_token"] for asked in wechat.asked] == ["t1", "t2"]
    assert wechat.asked[0].content == wechat.asked[1].content
    assert tokens.renewed == ["t1"]


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_is_never_renewed_twice(code: int) -> None:
    wechat, tokens = WeChat(refuses(code), refuses(code)), Tokens()
    with pytest.raises(CredentialsRefused) as caught:
        send(wechat, tokens=tokens)
    assert tokens.renewed == ["t1"]
    assert caught.value.platform_code == str(code)
    assert caught.value.run == f"careline channels register wechat shop-cn --app-id {APP_ID}"


@pytest.mark.parametrize("code", [40164, 40013, 41001, 50002, 45009])
def test_other_refusals_never_cost_a_token(code: int) -> None:
    tokens = Tokens()
    with pytest.raises(CarelineError):
        send(WeChat(refuses(code)), tokens=tokens)
    assert tokens.renewed == []


def test_after_a_renewal_an_unknown_outcome_is_unknown() -> None:
    with pytest.raises(Unknown):
        send(WeChat(refuses(40001), httpx.ReadTimeout("slow")))


def test_an_error_of_the_token_source_passes_with_the_command_that_helps() -> None:
    class Dry(Tokens):
        async def get(self) -> str:
            raise CredentialsRefused("The app secret is wrong")

    wechat = WeChat()
    with pytest.raises(CredentialsRefused, match="app secret is wrong") as caught:
        send(wechat, tokens=Dry())
    assert wechat.asked == []
    assert caught.value.run.startswith("careline channels register wechat shop-cn")


def test_neither_errors_nor_traces_hold_the_token(tmp_path: Path) -> None:
    class Secretive(Tokens):
        async def get(self) -> str:
            return "tOkEn-of-many-characters"

    trace = tmp_path / "trace"
    with pytest.raises(Refused) as caught:
        send(WeChat(refuses(40003, "tOkEn-of-many-characters is yours?")), tokens=Secretive(), trace=trace)
    assert "tOkEn" not in str(vars(caught.value))
    assert caught.value.message.endswith("[hidden] is yours?")
    assert "custom/send" in trace.read_text()
    assert "tOkEn" not in trace.read_text()


def stable(wechat: WeChat, force: bool = False) -> tuple[str, int]:
    async def talk() -> tuple[str, int]:
        async with Http(transport=httpx.MockTransport(wechat)).client(API_URL) as http:
            return await stable_token(http, APP_ID, SECRET, force)

    try:
        return asyncio.run(talk())
    finally:
        assert not wechat.answers


@pytest.mark.parametrize("force", [False, True])
def test_a_stable_token_is_asked_for_by_post(force: bool) -> None:
    wechat = WeChat(says({"access_token": "t" * 512, "expires_in": 7200}))
    assert stable(wechat, force) == ("t" * 512, 7200)
    (asked,) = wechat.asked
    assert (asked.method, str(asked.url)) == ("POST", "https://api.weixin.qq.com/cgi-bin/stable_token")
    assert body_of(asked) == {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, "force_refresh": force}


@pytest.mark.parametrize(("told", "seconds"), [(120, 120), ("7200", 7200), (0, 1), (-3, 1)])
def test_a_token_lives_at_least_a_second(told: object, seconds: int) -> None:
    assert stable(WeChat(says({"access_token": "t", "expires_in": told})))[1] == seconds


@pytest.mark.parametrize("code", [40001, 40002, 40013, 40125, 40164, 40243, 41002, 41004, 50002, 89503, 89506, 89507])
def test_a_refused_secret_is_said_so_at_once_and_never_repeated(code: int) -> None:
    wechat = WeChat(refuses(code, f"invalid ip 203.0.113.9 of {SECRET}"))
    with pytest.raises(CredentialsRefused) as caught:
        stable(wechat)
    assert len(wechat.asked) == 1
    assert caught.value.platform_code == str(code)
    assert SECRET not in str(vars(caught.value))


def test_40001_blames_the_secret_when_a_token_is_asked_for() -> None:
    with pytest.raises(CredentialsRefused, match="app secret is wrong"):
        stable(WeChat(refuses(40001)))


@pytest.mark.parametrize("code", [-1, 45009, 45011])
def test_a_busy_token_endpoint_may_be_asked_again(code: int) -> None:
    with pytest.raises(NotSent):
        stable(WeChat(refuses(code)))


@pytest.mark.parametrize(
    "answer",
    [
        says({"expires_in": 7200}),
        says({"access_token": "", "expires_in": 7200}),
        says({"access_token": "t", "expires_in": "soon"}),
        httpx.Response(502),
        httpx.ReadTimeout("slow"),
    ],
)
def test_no_token_is_never_unknown_because_asking_changes_nothing(answer: Reaction) -> None:
    with pytest.raises(NotSent):
        stable(WeChat(answer))


# Codes

TICKET = {"ticket": "gQH47jwAAAA", "expire_seconds": 2592000, "url": "http://weixin.qq.com/q/02Xa1bC9"}


@pytest.mark.parametrize(
    ("scene", "numeric", "permanent", "body"),
    [
        (
            "shop-012",
            False,
            False,
            {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "shop-012"}}, "expire_seconds": 3600},
        ),
        ("7", True, False, {"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 7}}, "expire_seconds": 3600}),
        ("店", False, True, {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "店"}}}),
        ("100000", True, True, {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_000}}}),
    ],
)
def test_each_kind_of_code_is_asked_for_by_its_own_name(
    scene: str, numeric: bool, permanent: bool, body: dict[str, Any]
) -> None:
    wechat = WeChat(says(TICKET))
    made = run(wechat, lambda client: client.create_qr(scene, numeric, permanent, None if permanent else 3600), Codes)
    (asked,) = wechat.asked
    assert str(asked.url) == "https://api.weixin.qq.com/cgi-bin/qrcode/create?access_token=t1"
    assert body_of(asked) == body
    assert made == QrTicket(ticket=TICKET["ticket"], url=TICKET["url"], expire_seconds=None if permanent else 2592000)  # type: ignore[arg-type]


def test_a_code_lives_as_long_as_wechat_says_or_else_as_long_as_we_asked() -> None:
    for told, lives in (({"expire_seconds": 60}, 60), ({}, 3600)):
        wechat = WeChat(says({"ticket": "t", "url": "https://weixin.qq.com/q/0 2X"} | told))
        made = run(wechat, lambda client: client.create_qr("a", False, False, 3600), Codes)
        assert made == QrTicket(ticket="t", url="https://weixin.qq.com/q/02X", expire_seconds=lives)


@pytest.mark.parametrize(
    ("scene", "numeric", "permanent", "seconds"),
    [
        ("", False, True, None),
        ("x" * 65, False, True, None),
        (" x", False, True, None),
        ("x\n", False, True, None),
        ("\ud800", False, True, None),
        ("0", True, True, None),
        ("100001", True, True, None),
        ("007", True, True, None),
        ("-1", True, True, None),
        ("٣", True, True, None),
        ("shop", True, True, None),
        ("4294967296", True, False, 60),
        ("9" * 5000, True, False, 60),
        ("a", False, False, None),
        ("a", False, False, 0),
        ("a", False, False, 30 * 24 * 3600 + 1),
    ],
)
def test_a_code_that_wechat_would_refuse_is_never_asked_for(
    scene: str, numeric: bool, permanent: bool, seconds: int | None
) -> None:
    with pytest.raises(Usage):
        run(WeChat(), lambda client: client.create_qr(scene, numeric, permanent, seconds), Codes)


@pytest.mark.parametrize(("scene", "seconds"), [("1", 1), ("4294967295", 30 * 24 * 3600)])
def test_the_limits_of_a_temporary_code_are_inside(scene: str, seconds: int) -> None:
    run(WeChat(says(TICKET)), lambda client: client.create_qr(scene, True, False, seconds), Codes)


@pytest.mark.parametrize(("permanent", "kind"), [(True, Unknown), (False, NotSent)])
@pytest.mark.parametrize("answer", [httpx.Response(502), says({"ticket": "t"}), httpx.ReadTimeout("slow")])
def test_only_a_permanent_code_may_perhaps_have_been_made(permanent: bool, kind: type[CarelineError], answer: Reaction) -> None:
    with pytest.raises(kind):
        run(WeChat(answer), lambda client: client.create_qr("a", False, permanent, None if permanent else 60), Codes)


def test_a_refused_scene_says_what_else_it_may_mean() -> None:
    with pytest.raises(Refused) as caught:
        run(WeChat(refuses(40053)), lambda client: client.create_qr("a", False, True, None), Codes)
    assert "100,000" in caught.value.hint


# Addresses


def test_the_addresses_that_pushes_come_from_are_asked_for_by_get() -> None:
    wechat = WeChat(says({"ip_list": ["203.0.113.9", "198.51.100.0/25"]}))
    assert run(wechat, lambda client: client.callback_ips(), Account) == ["203.0.113.9", "198.51.100.0/25"]
    (asked,) = wechat.asked
    assert (asked.method, asked.content) == ("GET", b"")
    assert str(asked.url) == "https://api.weixin.qq.com/cgi-bin/getcallbackip?access_token=t1"
