"""What WeChat tells of the account and of itself."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from careline.sandbox import chance
from careline.sandbox.asgi import Answer, Request
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError

KEPT = 200
DAY = 24 * 3600 * 1_000_000
ACTIONS = ("dns", "ping", "all")
OPERATORS = ("DEFAULT", "CHINANET", "UNICOM", "CAP")


def remember(sandbox: Sandbox, request: Request, rid: str, answer: Answer) -> None:
    """Keep a call that was refused for those who ask by its ``rid``."""
    requests = sandbox.world.wechat.requests
    query = {name: value for name, value in request.query.items() if name not in ("access_token", "secret", "appsecret")}
    requests[rid] = {
        "invoke_time": sandbox.now() // 1_000_000,
        "cost_in_ms": 1,
        "request_url": urlencode(query),
        "request_body": "" if request.path.endswith("token") else request.body[:4096].decode("utf-8", "replace"),
        "response_body": answer.body.decode(),
        "client_ip": request.client[0],
    }
    while len(requests) > KEPT:
        requests.pop(next(iter(requests)))


def _rid(call: Call) -> Json:
    found = call.account.requests.get(str(call.sent.get("rid", "")))
    if found is None:
        raise WeChatError(76001)
    if call.now // 1_000_000 - found["invoke_time"] > 7 * DAY // 1_000_000:
        raise WeChatError(76002)
    return OK | {"request": found}


def _addresses(call: Call) -> Json:
    return {"ip_list": ["127.0.0.1"]}


def _callback(call: Call) -> Json:
    """What WeChat's own probe of the server's address finds: here it is this machine, which is reached."""
    console, action = call.account.console, call.sent.get("action")
    operator = call.sent.get("check_operator", "DEFAULT")
    if console is None or action not in ACTIONS or operator not in OPERATORS:
        raise WeChatError(40097)
    ip = urlsplit(console.url).hostname or ""
    found: Json = {}
    if action != "ping":
        found["dns"] = [{"ip": ip, "real_operator": operator}]
    if action != "dns":
        found["ping"] = [{"ip": ip, "from_operator": operator, "package_loss": "0%", "time": "1.000ms"}]
    return found


def _autoreplies(call: Call) -> Json:
    off = {"is_add_friend_reply_open": 0, "is_autoreply_open": 0}
    return off | call.account.autoreplies


def _ticket(call: Call) -> Json:
    if call.query.get("type") not in ("jsapi", "wx_card"):
        raise WeChatError(40097)
    return OK | {"ticket": chance.token_urlsafe(64), "expires_in": 7200}


ROUTES: Routes = {
    ("GET", "/cgi-bin/get_api_domain_ip"): _addresses,
    ("GET", "/cgi-bin/getcallbackip"): _addresses,
    ("POST", "/cgi-bin/callback/check"): _callback,
    ("GET", "/cgi-bin/get_current_autoreply_info"): _autoreplies,
    ("GET", "/cgi-bin/ticket/getticket"): _ticket,
    ("POST", "/cgi-bin/openapi/rid/get"): _rid,
}
