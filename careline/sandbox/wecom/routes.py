"""WeCom's API under /qyapi: which call is this, may this token make it, and what does it answer."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

from careline.sandbox.asgi import Answer, Request, plain_json
from careline.sandbox.refusals import NotEmulated
from careline.sandbox.running import Sandbox
from careline.sandbox.tencent import sent, wrong_method
from careline.sandbox.wecom import accounts, media, messages, people, pulls, sessions, tokens
from careline.sandbox.wecom.call import Call, Routes
from careline.sandbox.wecom.errors import WeComError

BASE = "/qyapi"
ROUTES: Routes = {
    **accounts.ROUTES,
    **media.ROUTES,
    **messages.ROUTES,
    **people.ROUTES,
    **pulls.ROUTES,
    **sessions.ROUTES,
}


async def answer(sandbox: Sandbox, request: Request) -> Answer:
    """What WeCom answers."""
    try:
        found = await _route(sandbox, request, request.path.removeprefix(BASE))
        return found if isinstance(found, Answer) else plain_json(found)
    except WeComError as error:
        return error.answer()
    except NotEmulated as missing:
        text = f"the careline sandbox does not emulate {missing}"
        return plain_json({"errcode": 501, "errmsg": text}, 501, 501)


async def _route(sandbox: Sandbox, request: Request, path: str) -> Any:
    tokens.check_address(sandbox)
    free = tokens.ROUTES.get((request.method, path))
    answers = free or ROUTES.get((request.method, path))
    if answers is None:
        raise _nowhere(path)
    if free is None:
        tokens.check(sandbox, request.query.get("access_token"))
    found = answers(Call(sandbox, request, sent(request, WeComError)))
    return await found if isawaitable(found) else found


def _nowhere(path: str) -> Exception:
    """Why there is no answer: another method, no such path, not emulated."""
    if refused := wrong_method(path, {**ROUTES, **tokens.ROUTES}, WeComError):
        return refused
    return NotEmulated(path) if path.startswith("/cgi-bin/") else WeComError(40066)
