"""WeChat's daily quotas, which begin anew at 00:00 in Beijing, and the ten times a month that they may be cleared."""

from __future__ import annotations

from careline.sandbox import account
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError

DAY = 24 * 3600 * 1_000_000
BEIJING = 8 * 3600 * 1_000_000
MINUTE = 60 * 1_000_000
STABLE = "/cgi-bin/stable_token"
QUOTAS = {  # calls a day, as an account has them that has not grown
    "/cgi-bin/token": 2_000,
    STABLE: 500_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/user/info": 5_000_000,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/menu/get": 10_000,
    "/cgi-bin/menu/delete": 1_000,
    "/cgi-bin/media/upload": 100_000,
    "/cgi-bin/media/get": 200_000,
}
A_MINUTE = {STABLE: 10_000}
FREE = ("/cgi-bin/clear_quota",)
CLEARINGS = 10  # a month


def spend(sandbox: Sandbox, path: str) -> None:
    """Count a call. Raises 45011 when the minute's are used up, 45009 when the day's are."""
    if path in FREE:
        return
    _spend_of_the_minute(sandbox, path)
    used = _today(sandbox)
    if used.get(path, 0) >= QUOTAS.get(path, 10**9):
        raise WeChatError(45009)
    used[path] = used.get(path, 0) + 1


def _spend_of_the_minute(sandbox: Sandbox, path: str) -> None:
    """WeChat tells such a limit of stable_token alone; the setting is one for every path."""
    wechat, minute = sandbox.world.wechat, sandbox.now() // MINUTE
    if minute != wechat.minute:
        wechat.minute, wechat.within = minute, {}
    most = sandbox.world.settings.wechat_a_minute or A_MINUTE.get(path, 10**9)
    if wechat.within.get(path, 0) >= most:
        raise WeChatError(45011)
    wechat.within[path] = wechat.within.get(path, 0) + 1


def _today(sandbox: Sandbox) -> dict[str, int]:
    """The calls of this day."""
    wechat = sandbox.world.wechat
    day = (sandbox.now() + BEIJING) // DAY
    if day != wechat.day:
        wechat.day, wechat.used = day, {}
    return wechat.used


def _told(call: Call) -> Json:
    path = str(call.sent.get("cgi_path", ""))
    if path not in QUOTAS:
        raise WeChatError(76021)
    used = _today(call.sandbox).get(path, 0)
    return OK | {"quota": {"daily_limit": QUOTAS[path], "used": used, "remain": QUOTAS[path] - used}}


def _clear(call: Call) -> Json:
    return _cleared(call, call.sent.get("appid"))


def _clear_by_secret(call: Call) -> Json:
    """The same without a token: it works when those of the token call are used up."""
    secret = call.query.get("appsecret") or call.sent.get("appsecret")
    if not secret:
        raise WeChatError(41004)
    if secret != account.WECHAT_SECRET:
        raise WeChatError(40125)
    return _cleared(call, call.query.get("appid") or call.sent.get("appid"))


def _cleared(call: Call, app_id: object) -> Json:
    if app_id != account.WECHAT_APP_ID:
        raise WeChatError(40013)
    wechat, now = call.account, call.now
    wechat.cleared_at[:] = [at for at in wechat.cleared_at if now - 30 * DAY < at <= now]
    if len(wechat.cleared_at) >= CLEARINGS:
        raise WeChatError(48006)
    wechat.cleared_at.append(now)
    wechat.used = {}
    return OK


ROUTES: Routes = {
    ("POST", "/cgi-bin/clear_quota"): _clear,
    ("POST", "/cgi-bin/openapi/quota/get"): _told,
}
WITHOUT_TOKEN: Routes = {("POST", "/cgi-bin/clear_quota/v2"): _clear_by_secret}
