"""The ASGI application: one port, two platforms, and the control API beside them.

``/_sandbox/…`` is ours; the paths of WeChat's API are WeChat's; everything else is Graph's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from careline.sandbox import chance, control_api
from careline.sandbox.asgi import Answer, Receive, Scope, Send, TooLarge, read, write
from careline.sandbox.graph import templates
from careline.sandbox.respond import respond
from careline.sandbox.running import Sandbox

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
            templates.review(self._sandbox)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await read(scope, receive)
        except TooLarge:
            await write(Answer(413, b"", {"content-type": "text/html"}), send)
            return
        if request.path.startswith("/_sandbox/"):
            chance.SOURCE.set(self._sandbox.chance)
            await write(await control_api.answer(self._sandbox, request), send)
            return
        reply, fault = await respond(self._sandbox, request)
        if fault is None or fault.code not in ("timeout", "reset"):
            await write(reply, send)
            return
        if fault.code == "reset":
            self._abort(request.client)
        while (await receive())["type"] != "http.disconnect":
            pass
