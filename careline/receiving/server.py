"""Running the receiver: uvicorn in front, two threads behind, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from careline.errors import Failed
from careline.receiving.app import Door, Receiver
from careline.receiving.apply import Applier, Applying, Hear, PolicyOf
from careline.receiving.intake import Intake
from careline.store.sqlite import SqliteStore


def serve(
    store: SqliteStore,
    *,
    host: str,
    port: int,
    door: Callable[[str], Door | None],
    hear: Hear,
    policy_of: PolicyOf,
    report: Callable[[str], None],
    listening: Callable[[str, int], None],
) -> None:
    """Receive until SIGTERM or SIGINT, then finish what was accepted. ``listening`` hears the address once it is open.

    Raises Failed when the port is taken.
    """
    bound = _bind(host, port)
    applying = Applying(Applier(store, hear, policy_of, report), report)
    intake = Intake(store.inbound, applying.wake)
    config = uvicorn.Config(
        Receiver(door, intake, store.now, report),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=64 * 1024,
        limit_concurrency=1000,
        timeout_graceful_shutdown=10,
    )
    server = _Server(config, lambda: listening(*bound.getsockname()[:2]))
    intake.start()
    applying.start()
    try:
        asyncio.run(server.serve(sockets=[bound]))
    finally:
        intake.stop()
        applying.stop()
        bound.close()


class _Server(uvicorn.Server):
    """uvicorn, which would end the process by the signal that stopped it before the threads behind it have finished.

    ``listening`` is called once a signal would end it in order.
    """

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        bound = socket.socket(family, kind, protocol)  # asyncio turns Nagle's delay off only for a socket that says TCP
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen(2048)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise Failed(
            f"{host}:{port} cannot be listened on: {error.strerror or error}.",
            code="port_taken",
            hint="Another receiver may be running there, or the address is not this machine's.",
            run="careline receive --port 8081",
        ) from None
    return bound
