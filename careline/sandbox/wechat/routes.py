"""WeChat's API: which call is this, may this token make it, and what does it answer.

WeChat: HTTP 200 also for failures; a failure is an ``errcode`` other than 0; JSON must come as plain UTF-8, without escapes.
"""

from __future__ import annotations

import re
from inspect import isawaitable
from typing import Any

from careline.sandbox.asgi import Answer, Request, plain_json
from careline.sandbox.phone import Json
from careline.sandbox.refusals import NotEmulated
from careline.sandbox.running import Sandbox
from careline.sandbox.tencent import sent, wrong_method
from careline.sandbox.wechat import (
    account_calls,
    codes,
    desk_calls,
    materials,
    media,
    menus,
    messages,
    permissions,
    quotas,
    shorten,
    subscriptions,
    tags,
    templates,
    tokens,
    users,
)
from careline.sandbox.wechat.call import Call, Routes
from careline.sandbox.wechat.errors import WeChatError

ROUTES: Routes = {
    **account_calls.ROUTES,
    **messages.ROUTES,
    **media.ROUTES,
    **materials.ROUTES,
    **codes.ROUTES,
    **shorten.ROUTES,
    **users.ROUTES,
    **tags.ROUTES,
    **desk_calls.ROUTES,
    **templates.ROUTES,
    **subscriptions.ROUTES,
    **menus.ROUTES,
    **quotas.ROUTES,
}
WITHOUT_TOKEN: Routes = {**tokens.ROUTES, **quotas.WITHOUT_TOKEN, **codes.PICTURES, **media.VIDEOS}
_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
_KNOWN = re.compile(
    r"/cgi-bin/(user/|tags/|media/|material/|message/|"
    r"customservice/|get_current_|ticket/|groups/|draft/|freepublish/|comment/)|/(sns|datacube|customservice|wxa\w*|cv)/"
)


async def answer(sandbox: Sandbox, request: Request) -> Answer:
    """What WeChat answers."""
    try:
        found = await _route(sandbox, request)
        return found if isinstance(found, Answer) else plain_json(found)
    except WeChatError as error:
        refusal = error.answer()
        account_calls.remember(sandbox, request, error.rid, refusal)
        return refusal
    except NotEmulated as missing:
        text = f"the careline sandbox does not emulate {missing}"
        return plain_json({"errcode": 501, "errmsg": text}, 501, 501)


async def _route(sandbox: Sandbox, request: Request) -> Any:
    asked = request.method, request.path
    free = WITHOUT_TOKEN.get(asked)
    answers = free or ROUTES.get(asked)
    if answers is None:
        raise _nowhere(request)
    if free is None:
        tokens.check(sandbox, request.query.get("access_token"))
        permissions.check(sandbox, request.path)
        quotas.spend(sandbox, request.path)
    found = answers(Call(sandbox, request, _sent(request)))
    return await found if isawaitable(found) else found


def _nowhere(request: Request) -> Exception:
    """Why there is no answer: another method, not emulated, no such path."""
    if refused := wrong_method(request.path, {**ROUTES, **WITHOUT_TOKEN}, WeChatError):
        return refused
    return NotEmulated(request.path) if _KNOWN.match(request.path) else WeChatError(40066)


def _sent(request: Request) -> Json:
    in_address = ("POST", request.path) in quotas.WITHOUT_TOKEN  # all that it needs stands there
    found = sent(request, WeChatError, may_be_empty=in_address)
    if found and _ESCAPE.search(request.body):
        raise WeChatError(40033)
    return found
