"""The ASGI application: one port, two platforms, and the control API beside them.

``/_sandbox/…`` is ours; the paths of WeChat's API are WeChat's; everything else is Graph's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from careline.sandbox import control_api, faults, graph, graph_templates, wechat
from careline.sandbox.asgi import Answer, Receive, Request, Scope, Send, TooLarge, read, write
from careline.sandbox.faults import Fault
from careline.sandbox.running import Call, Sandbox

LOG = logging.getLogger("careline.sandbox")
WECHAT_PATHS = ("/cgi-bin/", "/sns/", "/datacube/", "/customservice/", "/wxa/", "/cv/")
PROXY_PAGE = Answer(502, b"<html><body>Bad gateway</body></html>", {"content-type": "text/html"})
TICK_S = 0.1


class App:
    """Answers requests, and lets reviews end as time goes by. ``abort`` breaks the connection of a client."""

    def __init__(self, sandbox: Sandbox, abort: Callable[[tuple[str, int]], None]) -> None:
        self._sandbox = sandbox
        self._abort = abort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        ticking = asyncio.create_task(self._tick())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        ticking.cancel()
        await self._sandbox.courier.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            graph_templates.review(self._sandbox)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await read(scope, receive)
        except TooLarge:
            await write(Answer(413, b"", {"content-type": "text/html"}), send)
            return
        if request.path.startswith("/_sandbox/"):
            await write(await control_api.answer(self._sandbox, request), send)
            return
        platform, answer = ("wechat", wechat.answer) if request.path.startswith(WECHAT_PATHS) else ("whatsapp", graph.answer)
        fault = faults.take(self._sandbox.faults, platform, _call(request))
        reply = await self._reply(request, fault, answer)
        self._note(request, fault, reply)
        if fault is None or fault.code not in ("timeout", "reset"):
            await write(reply, send)
            return
        if fault.code == "reset":
            self._abort(request.client)
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _reply(
        self, request: Request, fault: Fault | None, answer: Callable[[Sandbox, Request], Awaitable[Answer]]
    ) -> Answer:
        if fault is None:
            return await answer(self._sandbox, request)
        if fault.code == "502":
            return PROXY_PAGE
        if fault.special or fault.later:
            request.doomed = fault.later
            reply = await answer(self._sandbox, request)
            if fault.code == "slow":
                await asyncio.sleep(self._sandbox.world.settings.slow_s)
            return reply
        return fault.answer()

    def _note(self, request: Request, fault: Fault | None, reply: Answer) -> None:
        call = Call(self._sandbox.now(), request.method, request.path, reply.status, reply.code, fault.code if fault else "")
        self._sandbox.calls.append(call)
        LOG.info("%s %s %s %s %s", call.method, call.path, call.status, call.code, call.fault)


def _call(request: Request) -> str:
    """What kind of call this is, for aiming a fault."""
    if request.path.endswith(("/messages", "/message/custom/send")):
        return "messages"
    if request.path in ("/cgi-bin/token", "/cgi-bin/stable_token"):
        return "token"
    return "templates" if "/message_templates" in request.path else "other"
