"""Runs the sandbox on 127.0.0.1 and keeps its papers: one state directory has at most one running sandbox.

``<home>/sandbox`` holds ``lock`` (held as long as the process lives, freed by the kernel), ``state.json`` (written once it
listens), ``clock`` and ``log``.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from msgspec import Struct

from careline.errors import Busy, Failed, Misconfigured, NotFound
from careline.sandbox.account import exports
from careline.sandbox.app import App
from careline.sandbox.clock import VirtualClock
from careline.sandbox.control import Control, directory, is_alive, state
from careline.sandbox.running import Sandbox

HOST = "127.0.0.1"
PORT = 8123
LINGER = struct.pack("ii", 1, 0)  # closing with this breaks the connection instead of ending it


class Running(Struct):
    """A sandbox that listens: its address, its exports, and a client for its control API."""

    url: str
    exports: dict[str, str]
    control: Control


def serve(home: Path, port: int = PORT, listening: Callable[[Running], None] | None = None) -> None:
    """Run a sandbox until it is stopped by SIGINT, SIGTERM or its control API.

    Raises Busy when one runs already, Misconfigured when the port is taken.
    """
    with _locked(home), _bound(port) as sock:
        asyncio.run(_run(home, sock, listening, signals=True))


@contextlib.contextmanager
def run_in_thread(home: Path, port: int = 0) -> Iterator[Running]:
    """A sandbox in a thread of this process, stopped at the end of the block."""
    ready: threading.Event = threading.Event()
    held: list[Running] = []

    def listening(running: Running) -> None:
        held.append(running)
        ready.set()

    with _locked(home), _bound(port) as sock:
        thread = threading.Thread(
            target=lambda: asyncio.run(_run(home, sock, listening, signals=False)), name="careline sandbox", daemon=True
        )
        thread.start()
        if not ready.wait(10):
            raise Failed("The sandbox did not start.")
        try:
            yield held[0]
        finally:
            held[0].control.stop()
            thread.join(10)


def start_in_background(home: Path, port: int = PORT) -> Running:
    """Start a sandbox that outlives this process and wait until it answers. Raises Busy, Misconfigured, Failed."""
    if is_alive(home):
        raise _busy(home)
    here = _papers(home)
    command = [sys.executable, "-m", "careline.sandbox", "--home", str(home.absolute()), "--port", str(port)]
    with (here / "log").open("ab") as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=Path(__file__).parents[2]
        )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        held = state(home)
        if held and held["pid"] == child.pid:
            child.returncode = 0  # it outlives us: nobody here will wait for it
            return Running(held["url"], held["exports"], Control(held["url"]))
        if child.poll() is not None:
            said = (here / "log").read_text("utf-8", "replace").strip().splitlines()
            raise Misconfigured(
                said[-1].split(" careline.sandbox ")[-1] if said else "The sandbox did not start.",
                run="careline sandbox start --port 0",
            )
        time.sleep(0.02)
    child.terminate()
    raise Failed("The sandbox did not answer within 20 s.", hint=f"its log: {here / 'log'}")


def stop(home: Path) -> str:
    """Stop the sandbox of this home and wait until it is gone; its address. Raises NotFound when none runs."""
    held = state(home)
    if held is None or not is_alive(home):
        raise NotFound("No sandbox is running here.", run="careline sandbox start --background")
    Control(held["url"]).stop()
    deadline = time.monotonic() + 10
    while is_alive(home):
        if time.monotonic() > deadline:
            raise Failed(f"The sandbox does not stop; its process is {held['pid']}.")
        time.sleep(0.02)
    return str(held["url"])


class _Server(uvicorn.Server):
    """uvicorn, telling when it listens and leaving the signals to us."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()

    def leave(self) -> None:
        """Stop soon. Answers under way may end."""
        self.should_exit = True

    def abort(self, client: tuple[str, int]) -> None:
        """Break the connection of ``client`` off."""
        for connection in list(self.server_state.connections):
            if getattr(connection, "client", None) == client:
                transport = connection.transport
                sock = transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
                transport.abort()


async def _run(home: Path, sock: socket.socket, listening: Callable[[Running], None] | None, *, signals: bool) -> None:
    url = f"http://{HOST}:{sock.getsockname()[1]}"
    here = directory(home)
    holder: list[_Server] = []
    sandbox = Sandbox(VirtualClock(here / "clock"), url, lambda: holder[0].leave())
    app: Any = App(sandbox, lambda client: holder[0].abort(client))
    config = uvicorn.Config(
        app,
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )

    def told() -> None:
        running = Running(url, exports(url, home), Control(url))
        _write_state(here, {"url": url, "pid": os.getpid(), "exports": running.exports})
        if listening:
            listening(running)

    server = _Server(config, told)
    holder.append(server)
    if signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, server.leave)
    try:
        await server.serve(sockets=[sock])
    finally:
        (here / "state.json").unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (_papers(home) / "lock").open("w") as lock:
        for _ in range(10):  # somebody who only looks holds it for an instant
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.02)
        else:
            raise _busy(home)
        (directory(home) / "state.json").unlink(missing_ok=True)
        yield


@contextlib.contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    # the protocol is named because asyncio turns Nagle off only where it can read it: 40 ms an answer otherwise
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, port))
        except OSError as error:
            raise Misconfigured(
                f"Port {port} of {HOST} cannot be used: {error.strerror}.", run="careline sandbox start --port 0"
            ) from None
        sock.listen(256)
        yield sock


def _papers(home: Path) -> Path:
    here = directory(home)
    try:
        here.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"The sandbox cannot write to {here}: {error.strerror}.", hint="set CARELINE_HOME") from None
    return here


def _busy(home: Path) -> Busy:
    held = state(home)
    where = f" at {held['url']}" if held else ""
    return Busy(f"A sandbox is running already{where}.", run="careline sandbox status")


def _write_state(here: Path, content: dict[str, Any]) -> None:
    new = here / "state.json.new"
    new.write_text(json.dumps(content, indent=1), "utf-8")
    os.replace(new, here / "state.json")


def main(arguments: list[str]) -> int:
    """The background process: ``--home DIR --port P``. What goes wrong is the last line of its log."""
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for noisy in ("httpx", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        serve(Path(options["--home"]), int(options["--port"]))
    except (Busy, Misconfigured) as error:
        logging.getLogger("careline.sandbox").error("%s", error.message)
        return int(error.exit)
    return 0
