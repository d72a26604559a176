"""What a platform answers to one call, with the trouble that was ordered, and noted in the log."""

from __future__ import annotations

import asyncio
import logging
from email.utils import formatdate

from careline.sandbox import chance, faults
from careline.sandbox.asgi import Answer, Request
from careline.sandbox.faults import Fault
from careline.sandbox.graph import routes as graph
from careline.sandbox.graph.usage import CALL_LIMITS, headers
from careline.sandbox.running import Call, Sandbox
from careline.sandbox.wechat import routes as wechat
from careline.sandbox.wecom import routes as wecom

LOG = logging.getLogger("careline.sandbox")
WECHAT_PATHS = ("/cgi-bin/", "/sns/", "/datacube/", "/customservice/", "/wxa/", "/wxaapi/", "/cv/")
SENDS = ("/messages", "/message/custom/send", "/message/template/send", "/message/subscribe/bizsend", "/kf/send_msg")
TOKENS = ("/cgi-bin/token", "/cgi-bin/stable_token", f"{wecom.BASE}/cgi-bin/gettoken")
PROXY_PAGE = Answer(502, b"<html><body>Bad gateway</body></html>", {"content-type": "text/html"})


async def respond(sandbox: Sandbox, request: Request) -> tuple[Answer, Fault | None]:
    """The answer, and the fault that hit the call: after ``timeout`` and ``reset`` the answer must not be delivered."""
    chance.SOURCE.set(sandbox.chance)
    platform = "wechat" if request.path.startswith(WECHAT_PATHS) else "whatsapp"
    platform = "wecom" if request.path.startswith(f"{wecom.BASE}/") else platform
    fault = faults.take(sandbox.faults, platform, _call(request))
    reply = await _reply(sandbox, request, platform, fault)
    reply.headers["date"] = formatdate(sandbox.now() / 1_000_000, usegmt=True)
    call = Call(sandbox.now(), request.method, request.path, reply.status, reply.code, fault.code if fault else "")
    sandbox.calls.append(call)
    LOG.info("%s %s %s %s %s", call.method, call.path, call.status, call.code, call.fault)
    return reply, fault


async def _reply(sandbox: Sandbox, request: Request, platform: str, fault: Fault | None) -> Answer:
    answer = {"wechat": wechat.answer, "wecom": wecom.answer}.get(platform, graph.answer)
    if fault is None:
        return await answer(sandbox, request)
    if fault.code == "502":
        return PROXY_PAGE
    if fault.special or fault.later:
        request.doomed = fault.later
        reply = await answer(sandbox, request)
        if fault.code == "slow":
            await asyncio.sleep(sandbox.world.settings.slow_s)
        return reply
    reply = fault.answer(sandbox.world.settings.errors == "openapi")
    if platform == "whatsapp":
        reply.headers |= headers(sandbox, "v23.0", int(fault.code) in CALL_LIMITS)
    return reply


def _call(request: Request) -> str:
    """What kind of call this is, for aiming a fault."""
    if request.path.endswith(SENDS):
        return "messages"
    if request.path.endswith("/kf/sync_msg"):
        return "pulls"
    if request.path in TOKENS:
        return "token"
    return "templates" if "/message_templates" in request.path else "other"
