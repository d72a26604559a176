"""A way to PostgreSQL that can be blocked: connections stay open, and nothing comes through."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Proxy:
    """Listens on a free port of this machine and hands everything to the server's own socket, unless ``blocked``."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._open = threading.Event()
        self._open.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[socket.socket] = []
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def block(self) -> None:
        """Swallow what comes from now on, on both ways."""
        self._open.clear()

    def unblock(self) -> None:
        """Let it go on, and what was swallowed too."""
        self._open.set()

    def close(self) -> None:
        """End everything."""
        self._open.set()
        for one in (self._listening, *self._pairs):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._path)
                self._pairs += (client, server)
                for there, back in ((client, server), (server, client)):
                    threading.Thread(target=self._carry, args=(there, back), daemon=True).start()

    def _carry(self, there: socket.socket, back: socket.socket) -> None:
        with suppress(OSError):
            while data := there.recv(65536):
                self._open.wait()
                back.sendall(data)
        with suppress(OSError):
            self._open.wait()
            back.shutdown(socket.SHUT_RDWR)
