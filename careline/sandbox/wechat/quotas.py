"""WeChat's daily quotas, which begin anew at 00:00 in Beijing, and the ten times a month that they may be cleared."""

from __future__ import annotations

from careline.sandbox import account
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError

DAY = 24 * 3600 * 1_000_000
BEIJING = 8 * 3600 * 1_000_000
QUOTAS = {  # calls a day
    "/cgi-bin/token": 2_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/user/info": 5_000_000,
}
FREE = ("/cgi-bin/clear_quota",)
CLEARINGS = 10  # a month


def spend(sandbox: Sandbox, path: str) -> None:
    """Count a call. Raises 45009 when the day's are used up."""
    if path in FREE:
        return
    used = _today(sandbox)
    if used.get(path, 0) >= QUOTAS.get(path, 10**9):
        raise WeChatError(45009)
    used[path] = used.get(path, 0) + 1


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
    if call.sent.get("appid") != account.WECHAT_APP_ID:
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
