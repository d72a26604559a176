"""WeChat's access tokens, in two families that never touch each other.

Classic: every call makes a new token, and the one before works five minutes more. Stable: the same token until its last five
minutes; a forced one ends the old at once, at most 20 a day and not within 30 seconds.
"""

from __future__ import annotations

from careline.sandbox import account, chance
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import quotas
from careline.sandbox.wechat.call import Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import Token

SECOND = 1_000_000
LIFETIME = 7200 * SECOND
OVERLAP = 300 * SECOND
DAY = 24 * 3600 * SECOND
KEPT = 50


def check_account(sent: Json) -> None:
    """Refuse a token call whose grant_type, appid or secret is missing or wrong."""
    if sent.get("grant_type") != "client_credential":
        raise WeChatError(40002)
    if not sent.get("appid"):
        raise WeChatError(41002)
    if sent["appid"] != account.WECHAT_APP_ID:
        raise WeChatError(40013)
    secret = sent.get("secret")
    if not secret:
        raise WeChatError(41004)
    if secret != account.WECHAT_SECRET:
        raise WeChatError(40001 if len(str(secret)) == len(account.WECHAT_SECRET) else 40125)


def classic(sandbox: Sandbox) -> Json:
    """GET /cgi-bin/token."""
    tokens, now = sandbox.world.wechat.classic, sandbox.now()
    _retire(tokens, now + OVERLAP)
    return _shown(_issue(tokens, now), now)


def stable(sandbox: Sandbox, force: bool) -> Json:
    """POST /cgi-bin/stable_token."""
    wechat, now = sandbox.world.wechat, sandbox.now()
    current = next((one for one in reversed(wechat.stable) if not one.retired and now < one.ends_at), None)
    if force:
        if current and wechat.forced_at and 0 <= now - wechat.forced_at[-1] < 30 * SECOND:
            return _shown(current, now)
        wechat.forced_at[:] = [at for at in wechat.forced_at if now - DAY < at <= now]
        if len(wechat.forced_at) >= 20:
            raise WeChatError(45009)
        wechat.forced_at.append(now)
        _retire(wechat.stable, now)
    elif current and now < current.ends_at - OVERLAP:
        return _shown(current, now)
    return _shown(_issue(wechat.stable, now), now)


def check(sandbox: Sandbox, value: str | None) -> None:
    """Refuse a call whose token is missing, malformed, replaced or expired."""
    if not value:
        raise WeChatError(41001)
    if len(value) < 20 or "_" not in value:
        raise WeChatError(40014)
    wechat, now = sandbox.world.wechat, sandbox.now()
    for token in (*wechat.classic, *wechat.stable):
        if token.value == value:
            if now < token.ends_at:
                return
            raise WeChatError(40001 if token.retired else 42001)
    raise WeChatError(40001)


def _issue(tokens: list[Token], now: int) -> Token:
    token = Token(f"90_{chance.token_urlsafe(96)}", now + LIFETIME)
    tokens.append(token)
    del tokens[:-KEPT]
    return token


def _retire(tokens: list[Token], at: int) -> None:
    for token in tokens:
        if at < token.ends_at:
            token.ends_at, token.retired = at, True


def _shown(token: Token, now: int) -> Json:
    return {"access_token": token.value, "expires_in": (token.ends_at - now) // SECOND}


def check_address(call: Call) -> None:
    """Refuse a caller whose address is not on the console's list, naming it as WeChat does: v4, and v4 mapped to v6."""
    allowed, ip = call.sandbox.world.settings.wechat_allow.replace(",", " ").split(), call.request.client[0]
    if allowed and ip not in allowed:
        raise WeChatError(40164, f"invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist")


def _classic(call: Call) -> Json:
    check_account(call.query)
    check_address(call)
    quotas.spend(call.sandbox, call.request.path)
    return classic(call.sandbox)


def _stable(call: Call) -> Json:
    check_account(call.sent)
    check_address(call)
    quotas.spend(call.sandbox, call.request.path)
    return stable(call.sandbox, call.sent.get("force_refresh") is True)


ROUTES: Routes = {
    ("GET", "/cgi-bin/token"): _classic,
    ("POST", "/cgi-bin/stable_token"): _stable,
}
"""Answered without a token."""
