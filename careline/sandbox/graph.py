"""Graph: which call is this, may this token make it, and what does it answer."""

from __future__ import annotations

import json
import re
import secrets
from bisect import bisect_right
from inspect import isawaitable
from typing import Any
from urllib.parse import parse_qsl

from careline.sandbox import account, graph_codes, graph_messages, graph_nodes, graph_templates, graph_webhooks
from careline.sandbox.asgi import Answer, Request
from careline.sandbox.crypto import appsecret_proof
from careline.sandbox.graph_call import Call, Routes
from careline.sandbox.graph_errors import GraphError, NotEmulated, graph_json
from careline.sandbox.graph_fields import words
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Json

HOUR = 3600 * 1_000_000
CALLS_AN_HOUR = 5000
ROUTES: Routes = {
    **graph_nodes.ROUTES,
    **graph_messages.ROUTES,
    **graph_webhooks.ROUTES,
    **graph_templates.ROUTES,
    **graph_codes.ROUTES,
}
_NOT_EMULATED = words(
    "register deregister request_code verify_code media settings whatsapp_business_profile whatsapp_commerce_settings "
    "block_users conversational_automation marketing_messages smb_app_data calls groups message_history flows uploads "
    "template_analytics template_performance_metrics message_template_previews upsert_message_templates "
    "migrate_message_templates assigned_users activities schedules solutions product_catalogs compare unpause "
    "whatsapp_business_encryption official_business_account message_template_library archive unarchive"
)


async def answer(sandbox: Sandbox, request: Request) -> Answer:
    """What Graph answers."""
    version, parts = _path(request.path)
    try:
        reply = graph_json(await _route(sandbox, request, parts))
    except GraphError as error:
        reply = error.answer()
    except NotEmulated as missing:
        text = f"The careline sandbox does not emulate {missing}."
        reply = graph_json({"error": {"message": text, "type": "NotEmulated", "code": 501}}, 501, 501)
    reply.headers |= _headers(sandbox, version)
    return reply


async def _route(sandbox: Sandbox, request: Request, parts: list[str]) -> Any:
    sent = _sent(request)
    if parts == ["oauth", "access_token"]:
        return _app_token(sent)
    _authorize(request, sent, parts)
    if request.method == "GET" and parts == ["debug_token"]:
        return graph_nodes.debug_token(sandbox, str(sent.get("input_token", "")))
    node, edge, rest = (*parts, "", "")[0], (*parts, "", "")[1], parts[2:]
    kind = _kind(sandbox, node)
    answers = ROUTES.get((request.method, kind, edge))
    if kind in ("account", "template"):
        _count(sandbox)
    if answers is None:
        raise _nowhere(sandbox, request.method, parts)
    answer = answers(Call(sandbox, request, node, rest, sent))
    return await answer if isawaitable(answer) else answer


def _kind(sandbox: Sandbox, node: str) -> str:
    """What kind of node that id is; empty for one that does not exist."""
    if node in (account.APP_ID, "app"):
        return "app"
    known = {account.PHONE_NUMBER_ID: "number", account.BUSINESS_ACCOUNT_ID: "account"}
    return known.get(node) or ("template" if node in sandbox.world.whatsapp.templates else "")


def _nowhere(sandbox: Sandbox, method: str, parts: list[str]) -> Exception:
    """Why there is no answer: not emulated, no such path, no such object."""
    if any(part in _NOT_EMULATED for part in parts) or parts == ["me"]:
        return NotEmulated("/".join(parts))
    if not parts or _kind(sandbox, parts[0]):
        if len(parts) < 2:
            return GraphError(100, f"Unsupported {method.lower()} request.", kind="GraphMethodException")
        return GraphError(2500, f"Unknown path components: /{'/'.join(parts[1:])}")
    if not parts[0].isdigit():
        return GraphError(803, f"(#803) Some of the aliases you requested do not exist: {parts[0]}", http=404)
    return GraphError(
        100,
        f"Unsupported {method.lower()} request. Object with ID '{parts[0]}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation.",
        subcode=33,
        kind="GraphMethodException",
    )


def _path(path: str) -> tuple[str, list[str]]:
    parts = [part for part in path.split("/") if part]
    if parts and re.fullmatch(r"v[0-9]+\.[0-9]+", parts[0]):
        return parts[0], parts[1:]
    return "v23.0", parts


def _sent(request: Request) -> Json:
    """Query and body as one: Graph takes parameters from either, as JSON or as a form."""
    sent: Json = dict(request.query)
    if not request.body:
        return sent
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return sent | dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise GraphError(100, "(#100) Invalid parameter", details="The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise GraphError(100, "(#100) Invalid parameter", details="The body must be a JSON object.")
    return sent | body


def _authorize(request: Request, sent: Json, parts: list[str]) -> None:
    held = re.sub(r"^(Bearer|OAuth)\s+", "", request.headers.get("authorization", ""), flags=re.IGNORECASE)
    token = str(sent.get("access_token") or held)  # the parameter wins over the header
    if not token:
        raise GraphError(104, "An access token is required to request this resource.", http=401)
    if token not in (account.ACCESS_TOKEN, account.APP_TOKEN):
        raise GraphError(190, "Invalid OAuth access token.", subcode=463)
    if token == account.APP_TOKEN and parts[:1] not in (["debug_token"], ["app"], [account.APP_ID]):
        raise GraphError(200, "(#200) An app access token cannot act for a business account.")
    if token != account.APP_TOKEN and parts == [account.APP_ID, "subscriptions"]:
        raise GraphError(15, "(#15) This method must be called with an app access_token.")
    proof = sent.get("appsecret_proof")
    if proof is not None and proof != appsecret_proof(account.APP_SECRET, token):
        raise GraphError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")


def _app_token(sent: Json) -> Json:
    if (str(sent.get("client_id")), sent.get("client_secret")) != (account.APP_ID, account.APP_SECRET):
        raise GraphError(1, "Error validating client secret.")
    return {"access_token": account.APP_TOKEN, "token_type": "bearer"}


def _count(sandbox: Sandbox) -> None:
    """Management calls: 5,000 in a rolling hour for an account with a registered number."""
    now = sandbox.now()
    calls = sandbox.world.whatsapp.calls
    del calls[: bisect_right(calls, now - HOUR)]
    if len(calls) >= CALLS_AN_HOUR:
        raise GraphError(80007)
    calls.append(now)


def _headers(sandbox: Sandbox, version: str) -> dict[str, str]:
    percent = 100 * len(sandbox.world.whatsapp.calls) // CALLS_AN_HOUR
    usage = {"call_count": percent, "total_cputime": percent, "total_time": percent}
    business = [{"type": "whatsapp_business_management", **usage, "estimated_time_to_regain_access": 0}]
    return {
        "facebook-api-version": version,
        "x-fb-trace-id": secrets.token_urlsafe(8),
        "x-fb-request-id": secrets.token_urlsafe(16),
        "x-fb-rev": "1000000001",
        "x-app-usage": json.dumps(usage),
        "x-business-use-case-usage": json.dumps({account.BUSINESS_ACCOUNT_ID: business}),
    }
