"""The peers that listen, each as its authors describe it, on the same uvicorn as ours: ``python -m bench.peers NAME``."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import uvicorn

from bench.payloads import ACCOUNT, APP_SECRET, NUMBER, VERIFY_TOKEN

PATH = "/webhooks/shop"
_PYWA = {
    "phone_id": NUMBER,
    "waba_id": ACCOUNT,
    "token": "none",
    "verify_token": VERIFY_TOKEN,
    "app_secret": APP_SECRET,  # so that it checks signatures, as ours does
    "webhook_endpoint": PATH,
}


def pywa_async() -> Any:
    """pywa's async client on Starlette, with a handler that does nothing."""
    app, client = _pywa("pywa_async")

    async def heard(_: Any, __: Any) -> None:
        pass

    client.on_message(heard)
    return app


def pywa_sync() -> Any:
    """pywa's default client on Starlette, which its own server is, with a handler that does nothing."""
    app, client = _pywa("pywa")

    def heard(_: Any, __: Any) -> None:
        pass

    client.on_message(heard)
    return app


def bare() -> Any:
    """An application that reads the body and answers 200."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return app


def _pywa(module: str) -> tuple[Any, Any]:
    from starlette.applications import Starlette

    app = Starlette()
    return app, import_module(module).WhatsApp(server=app, **_PYWA)


PEERS = {"pywa-async": pywa_async, "pywa-sync": pywa_sync, "bare": bare}


class _Announced(uvicorn.Server):
    """Says where it listens, in the words that ``bench.servers`` waits for."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        sys.stderr.write(f"receiving on http://{host}:{port}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    config = uvicorn.Config(PEERS[sys.argv[1]](), port=0, loop="uvloop", http="httptools", access_log=False, log_config=None)
    config.lifespan = "off"
    config.server_header = False
    _Announced(config).run()
