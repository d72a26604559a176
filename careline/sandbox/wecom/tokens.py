"""WeCom's access token: the same for everybody who asks, for two hours, and after that another."""

from __future__ import annotations

from careline.sandbox import account, chance
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wecom.call import Call, Routes
from careline.sandbox.wecom.errors import WeComError
from careline.sandbox.wecom.state import AccessToken

SECOND = 1_000_000
LIFETIME = 7200 * SECOND
KEPT = 10


def check_address(sandbox: Sandbox) -> None:
    """Refuse every call while this machine's address is not among the trusted ones."""
    if not sandbox.world.settings.wecom_trusted:
        raise WeComError(60020)


def check(sandbox: Sandbox, value: str | None) -> None:
    """Refuse a call whose token is missing, unknown or expired."""
    if not value:
        raise WeComError(41001)
    for token in sandbox.world.wecom.access:
        if token.value == value:
            if sandbox.now() < token.ends_at:
                return
            raise WeComError(42001)
    raise WeComError(40014)


def _token(call: Call) -> Json:
    query = call.query
    if not query.get("corpid"):
        raise WeComError(41002)
    if not query.get("corpsecret"):
        raise WeComError(41004)
    if query["corpid"] != account.WECOM_CORP_ID:
        raise WeComError(40013)
    if query["corpsecret"] != account.WECOM_SECRET:
        raise WeComError(40001)
    tokens, now = call.company.access, call.now
    if not tokens or now >= tokens[-1].ends_at:
        tokens.append(AccessToken(chance.token_urlsafe(96), now + LIFETIME))
        del tokens[:-KEPT]
    left = (tokens[-1].ends_at - now) // SECOND
    return {"errcode": 0, "errmsg": "ok", "access_token": tokens[-1].value, "expires_in": left}


ROUTES: Routes = {("GET", "/cgi-bin/gettoken"): _token}
"""Answered without a token."""
