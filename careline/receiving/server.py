"""Running the receiver: uvicorn in front, a thread that commits and a process that applies behind, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn

from careline.clock import SECOND
from careline.errors import STORE_CHANGED, CarelineError, Failed
from careline.receiving.app import Door, Receiver
from careline.receiving.applying import Applying, Report
from careline.receiving.health import Health
from careline.receiving.intake import Intake
from careline.receiving.log import Log, Say, Sparing
from careline.receiving.metrics import Metrics
from careline.receiving.protocol import IDLE_S, MAX_CONNECTIONS, MAX_HEAD, protocol
from careline.store.base import Store

LAST_ANSWERS_S = 10  # docker stop kills after ten seconds, systemd after ninety


def serve(
    store: Store,
    *,
    host: str,
    port: int,
    door: Callable[[str], Door | None],
    applier: Sequence[str],
    say: Say,
    listening: Callable[[str, int], None],
) -> None:
    """Receive until SIGTERM or SIGINT, then finish what was accepted. ``listening`` hears the address once it is open.

    ``applier`` is the command line of the process that applies. Raises Failed when the port is taken, Misconfigured when the
    store was migrated, sealed or filled meanwhile: then nothing more is taken in, and the platforms come again.
    """
    bound = _bind(host, port)
    log = Sparing(say)
    metrics = Metrics(lag_s=lambda: _lag_s(store), inbound=store.inbound.counts)
    refusals: list[CarelineError] = []

    def refused(error: Exception) -> None:
        if isinstance(error, CarelineError) and error.code in STORE_CHANGED and not refusals:
            refusals.append(error)
            server.should_exit = True

    def look_again() -> None:
        try:
            store.inbound.probe()
        except CarelineError as error:
            refused(error)
        server.should_exit = True

    applying = Applying(applier, lambda report: _count(metrics, log, report), log, look_again)
    intake = Intake(store.inbound, applying.wake, refused)
    health = Health(
        {
            "inbound": lambda: intake.trouble() or _writable(store),
            "applying": lambda: "" if applying.alive() else "its process is not running",
        },
        stopping=lambda: server.should_exit,
    )
    receiver = Receiver(door, intake.begin, store.now, log=log, metrics=metrics, health=health)
    server = Server(receiver, metrics, log, lambda: listening(*bound.getsockname()[:2]))
    _allow_files(MAX_CONNECTIONS + 200)
    gc.freeze()  # what was imported stays: looking through it again and again would make pushes wait
    with server.signals():
        intake.start()
        applying.start()
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(server.serve(sockets=[bound]))
        finally:
            intake.stop()
            applying.stop()
            bound.close()
            log.flush()
    if refusals:
        raise refusals[0]


class Server(uvicorn.Server):
    """uvicorn within our bounds, which ends in order however often it is told to.

    ``listening`` is called once a signal would end it in order.
    """

    def __init__(self, receiver: Receiver, metrics: Metrics, log: Say, listening: Callable[[], None], **limits: Any) -> None:
        def refused(status: int, why: str) -> None:
            if status:
                metrics.rejected("", status)
            log(Log("warning", "connection_closed", why, status=status))

        super().__init__(
            uvicorn.Config(
                receiver,
                http=protocol(refused, **limits),
                interface="asgi3",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level=logging.CRITICAL,  # uvicorn's own complaints have no bound; ours say the same
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=IDLE_S,
                h11_max_incomplete_event_size=MAX_HEAD,
                timeout_graceful_shutdown=LAST_ANSWERS_S,
            )
        )
        self._log = log
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(self._unforeseen)
        await super().startup(sockets)
        self._listening()

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT stop the server, and a second one changes nothing: what was accepted is finished."""

        def stop(number: int, frame: object) -> None:
            self.should_exit = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own ends the process by the signal that stopped it, before the threads behind it have finished."""
        yield

    def _unforeseen(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        words = f"{context.get('message', '')} ({type(error).__name__})" if error else str(context.get("message", ""))
        self._log(Log("error", "unforeseen", words))


def _lag_s(store: Store) -> float:
    oldest = store.inbound.oldest()
    return 0.0 if oldest is None else max(0.0, (store.now() - oldest) / SECOND)


def _writable(store: Store) -> str:
    store.inbound.probe()
    return ""


def _count(metrics: Metrics, log: Say, report: Report) -> None:
    for channel, done in report.channels.items():
        if done.strange:
            words = f"{channel}: {done.strange} said something about another number, or nothing that is understood"
            log(Log("warning", "not_understood", f"{words}; it is kept in the journal as a notice", channel=channel))
        metrics.applied(channel, done.events, done.known)
        metrics.dead(done.dead)


def _allow_files(wanted: int) -> None:
    """A connection is an open file, and a process usually may have 1,024."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The fastest event loop there is here."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop


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
