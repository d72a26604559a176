"""WeChat's API: which call is this, may this token make it, and what does it answer.

WeChat: HTTP 200 also for failures; a failure is an ``errcode`` other than 0; JSON must come as plain UTF-8, without escapes.
"""

from __future__ import annotations

import json
import re

from careline.sandbox import account
from careline.sandbox.asgi import Answer, Request, plain_json
from careline.sandbox.pictures import jpeg
from careline.sandbox.refusals import NotEmulated
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import codes, messages, tokens
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.world import Json

DAY = 24 * 3600 * 1_000_000
BEIJING = 8 * 3600 * 1_000_000
QUOTAS = {  # calls a day
    "/cgi-bin/token": 2_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/user/info": 5_000_000,
}
CLEARINGS = 10  # a month
_NOT_EMULATED = re.compile(
    r"/cgi-bin/(callback/check|clear_quota/v2|openapi/rid/get|user/|tags/|menu/|media/|material/|template/|message/|shorten/|"
    r"customservice/|get_current_|ticket/|changeopenid|groups/|draft/|freepublish/|comment/)|/(sns|datacube|customservice|wxa|cv)/"
)
_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
_GET = frozenset(
    ["/cgi-bin/token", "/cgi-bin/get_api_domain_ip", "/cgi-bin/getcallbackip", "/cgi-bin/user/info", "/cgi-bin/showqrcode"]
)
_POST = frozenset(
    [
        "/cgi-bin/stable_token",
        "/cgi-bin/message/custom/send",
        "/cgi-bin/message/custom/typing",
        "/cgi-bin/qrcode/create",
        "/cgi-bin/clear_quota",
        "/cgi-bin/openapi/quota/get",
    ]
)


async def answer(sandbox: Sandbox, request: Request) -> Answer:
    """What WeChat answers."""
    try:
        if request.path == "/cgi-bin/showqrcode":
            return _picture(sandbox, request.query.get("ticket", ""))
        return plain_json(_route(sandbox, request))
    except WeChatError as error:
        return error.answer()
    except NotEmulated as missing:
        text = f"the careline sandbox does not emulate {missing}"
        return plain_json({"errcode": 501, "errmsg": text}, 501, 501)


def _route(sandbox: Sandbox, request: Request) -> Json:
    path = request.path
    if path in _GET and request.method != "GET":
        raise WeChatError(43001)
    if path in _POST and request.method != "POST":
        raise WeChatError(43002)
    if path not in _GET | _POST:
        if _NOT_EMULATED.match(path):
            raise NotEmulated(path)
        raise WeChatError(40066)
    if path == "/cgi-bin/token":
        tokens.check_account(dict(request.query))
        _spend(sandbox, path)
        return tokens.classic(sandbox)
    sent = _sent(request)
    if path == "/cgi-bin/stable_token":
        tokens.check_account(sent)
        return tokens.stable(sandbox, sent.get("force_refresh") is True)
    tokens.check(sandbox, request.query.get("access_token"))
    if path != "/cgi-bin/clear_quota":
        _spend(sandbox, path)
    match path.removeprefix("/cgi-bin/"):
        case "message/custom/send":
            return messages.send(sandbox, sent)
        case "message/custom/typing":
            return messages.typing(sandbox, sent)
        case "qrcode/create":
            return codes.create(sandbox, sent)
        case "user/info":
            return _user(sandbox, request.query.get("openid", ""))
        case "clear_quota":
            return _clear(sandbox, sent)
        case "openapi/quota/get":
            return _quota(sandbox, sent)
    return {"ip_list": ["127.0.0.1"]}


def _sent(request: Request) -> Json:
    if request.method == "GET":
        return {}
    if not request.body.strip():
        raise WeChatError(44002)
    if _ESCAPE.search(request.body):
        raise WeChatError(40033)
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        raise WeChatError(47001) from None
    if not isinstance(sent, dict):
        raise WeChatError(47001)
    return sent


def _user(sandbox: Sandbox, openid: str) -> Json:
    customer = sandbox.world.wechat.customers.get(openid)
    if customer is None:
        raise WeChatError(40003)
    if not customer.following:
        return {"subscribe": 0, "openid": openid}
    return {
        "subscribe": 1,
        "openid": openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": customer.subscribed_at // 1_000_000,
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": customer.subscribe_scene,
        "qr_scene": customer.qr_scene,
        "qr_scene_str": customer.qr_scene_str,
    }


def _picture(sandbox: Sandbox, ticket: str) -> Answer:
    scene = sandbox.world.wechat.scenes.get(ticket)
    if scene is None:
        return Answer(404, b"", {"content-type": "text/html"})
    return Answer(200, jpeg(scene.url), {"content-type": "image/jpg"})


def _today(sandbox: Sandbox) -> dict[str, int]:
    """The calls of this day. The day begins at 00:00 Beijing."""
    wechat = sandbox.world.wechat
    day = (sandbox.now() + BEIJING) // DAY
    if day != wechat.day:
        wechat.day, wechat.used = day, {}
    return wechat.used


def _spend(sandbox: Sandbox, path: str) -> None:
    used = _today(sandbox)
    if used.get(path, 0) >= QUOTAS.get(path, 10**9):
        raise WeChatError(45009)
    used[path] = used.get(path, 0) + 1


def _quota(sandbox: Sandbox, sent: Json) -> Json:
    path = str(sent.get("cgi_path", ""))
    if path not in QUOTAS:
        raise WeChatError(76021)
    used = _today(sandbox).get(path, 0)
    return {"errcode": 0, "errmsg": "ok", "quota": {"daily_limit": QUOTAS[path], "used": used, "remain": QUOTAS[path] - used}}


def _clear(sandbox: Sandbox, sent: Json) -> Json:
    if sent.get("appid") != account.WECHAT_APP_ID:
        raise WeChatError(40013)
    wechat, now = sandbox.world.wechat, sandbox.now()
    wechat.cleared_at[:] = [at for at in wechat.cleared_at if now - 30 * DAY < at <= now]
    if len(wechat.cleared_at) >= CLEARINGS:
        raise WeChatError(48006)
    wechat.cleared_at.append(now)
    wechat.used = {}
    return messages.OK
