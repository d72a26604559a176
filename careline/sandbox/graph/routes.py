"""Graph: which call is this, may this token make it, and what does it answer."""

from __future__ import annotations

import json
import re
from inspect import isawaitable
from typing import Any
from urllib.parse import parse_qsl

from careline.sandbox import account
from careline.sandbox.asgi import Answer, Request
from careline.sandbox.graph import (
    access,
    analytics,
    blocking,
    codes,
    media,
    messages,
    nodes,
    numbers,
    profile,
    template_more,
    templates,
    uploads,
    webhooks,
)
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError, graph_json
from careline.sandbox.graph.fields import words
from careline.sandbox.graph.lists import shaped
from careline.sandbox.graph.usage import CALL_LIMITS, count, headers
from careline.sandbox.phone import Json
from careline.sandbox.refusals import NotEmulated
from careline.sandbox.running import Sandbox

ROUTES: Routes = {
    **nodes.ROUTES,
    **numbers.ROUTES,
    **profile.ROUTES,
    **blocking.ROUTES,
    **analytics.ROUTES,
    **messages.ROUTES,
    **media.ROUTES,
    **webhooks.ROUTES,
    **templates.ROUTES,
    **template_more.ROUTES,
    **uploads.ROUTES,
    **codes.ROUTES,
}
_NOT_EMULATED = words(
    "marketing_messages smb_app_data calls groups message_history flows "
    "template_performance_metrics "
    "assigned_users activities schedules solutions product_catalogs  "
    "whatsapp_business_encryption official_business_account archive unarchive"
)


async def answer(sandbox: Sandbox, request: Request) -> Answer:
    """What Graph answers."""
    version, parts = _path(request.path)
    try:
        found = await _route(sandbox, request, parts)
        reply = found if isinstance(found, Answer) else graph_json(shaped(found, sandbox.world.settings.paging))
    except GraphError as error:
        reply = error.answer(sandbox.world.settings.errors == "openapi")
    except NotEmulated as missing:
        text = f"The careline sandbox does not emulate {missing}."
        reply = graph_json({"error": {"message": text, "type": "NotEmulated", "code": 501}}, 501, 501)
    reply.headers |= headers(sandbox, version, reply.code in CALL_LIMITS)
    return reply


async def _route(sandbox: Sandbox, request: Request, parts: list[str]) -> Any:
    sent = _sent(request)
    if parts == ["oauth", "access_token"]:
        return access.exchanged(sandbox, sent)
    access.authorize(sandbox, request, sent, parts)
    if parts[:1] == [media.PATH]:
        return media.download(sandbox, request)
    if request.method == "GET" and parts == ["debug_token"]:
        return nodes.debug_token(sandbox, str(sent.get("input_token", "")))
    node, edge, rest = (*parts, "", "")[0], (*parts, "", "")[1], parts[2:]
    kind = _kind(sandbox, node)
    answers = ROUTES.get((request.method, kind, edge))
    if kind in ("account", "template"):
        count(sandbox)
    if answers is None:
        raise _nowhere(sandbox, request.method, parts)
    answer = answers(Call(sandbox, request, node, rest, sent))
    return await answer if isawaitable(answer) else answer


def _kind(sandbox: Sandbox, node: str) -> str:
    """What kind of node that id is; empty for one that does not exist."""
    if node in (account.APP_ID, "app"):
        return "app"
    if node == "message_template_library":
        return "library"
    if node.startswith("upload:"):
        return "upload"
    if node == account.BUSINESS_ACCOUNT_ID:
        return "account"
    if node in sandbox.world.whatsapp.numbers:
        return "number"
    if node in sandbox.world.whatsapp.media:
        return "media"
    return "template" if node in sandbox.world.whatsapp.templates else ""


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
    if not request.body or "/upload:" in request.path:  # a piece of a file is bytes and nothing else
        return sent
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return sent | media.form(request.body, kind)
    if kind.startswith("application/x-www-form-urlencoded"):
        return sent | dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        body = json.loads(request.body)
        body = json.loads(body) if isinstance(body, str) else body  # some clients write an object as JSON twice
    except (ValueError, RecursionError):
        raise GraphError(100, "(#100) Invalid parameter", details="The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise GraphError(100, "(#100) Invalid parameter", details="The body must be a JSON object.")
    return sent | body
