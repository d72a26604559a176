"""The calls that tests make over and over, as plain HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from careline.sandbox import account
from careline.sandbox.asgi import Request
from careline.sandbox.clock import VirtualClock
from careline.sandbox.graph import routes
from careline.sandbox.running import Sandbox
from careline.sandbox.server import Running

ANNA = "+393331234567"
HEADERS = {"authorization": f"Bearer {account.ACCESS_TOKEN}"}


class Graph:
    """Graph as a client without a library sees it."""

    def __init__(self, sandbox: Running, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.http = http

    def call(self, method: str, path: str, body: Any = None, **params: str) -> httpx.Response:
        return self.http.request(method, f"{self.sandbox.url}/v23.0/{path}", json=body, params=params, headers=HEADERS)

    def get(self, path: str, **params: str) -> dict[str, Any]:
        return dict(self.call("GET", path, **params).json())

    def error(self, method: str, path: str, body: Any = None, **params: str) -> tuple[int, int, int]:
        """HTTP status, code and subcode of a refusal."""
        reply = self.call(method, path, body, **params)
        error = reply.json()["error"]
        return reply.status_code, error["code"], error.get("error_subcode", 0)

    def subscribe(self, url: str) -> httpx.Response:
        body = {"override_callback_uri": url, "verify_token": account.VERIFY_TOKEN}
        return self.call("POST", f"{account.BUSINESS_ACCOUNT_ID}/subscribed_apps", body)

    def text(self, to: str = ANNA, body: str = "ciao", **more: Any) -> httpx.Response:
        message = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": body}} | more
        return self.call("POST", f"{account.PHONE_NUMBER_ID}/messages", message)

    def template(self, name: str, *components: Any, to: str = ANNA, language: str = "it") -> httpx.Response:
        template = {"name": name, "language": {"code": language}, "components": list(components)}
        message = {"messaging_product": "whatsapp", "to": to, "type": "template", "template": template}
        return self.call("POST", f"{account.PHONE_NUMBER_ID}/messages", message)

    def submit(self, name: str = "order_update", *components: Any, **more: Any) -> httpx.Response:
        body = {"type": "BODY", "text": "Il tuo pacco arriva oggi, grazie della pazienza."}
        wanted = {"name": name, "language": "it", "category": "UTILITY", "components": list(components) or [body]}
        return self.call("POST", f"{account.BUSINESS_ACCOUNT_ID}/message_templates", wanted | more)

    def approved(self, name: str, *components: Any, **more: Any) -> str:
        """A template that the review has let through; its id."""
        reply = self.submit(name, *components, **more)
        assert reply.status_code == 200, reply.text
        self.sandbox.control.review(name, "approve")
        return str(reply.json()["id"])


class Still:
    """Graph without a server in between, on a clock that stands still until it is moved, however busy the machine is."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.clock.hold(1_790_000_000_000_000)
        self.sandbox = Sandbox(clock, "http://127.0.0.1:1", lambda: None)

    async def post(self, path: str, body: Any) -> int:
        """The code of the refusal; 0 for none."""
        sent = json.dumps(body).encode()
        return (await routes.answer(self.sandbox, Request("POST", f"/v23.0/{path}", {}, HEADERS, sent))).code

    def tell(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run it to its end, and drop what would have been pushed later."""

        async def whole() -> None:
            await story()
            await self.sandbox.courier.close()

        asyncio.run(whole())


class WeChat:
    """WeChat's API as a client without a library sees it, with a token of its own."""

    def __init__(self, sandbox: Running, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.http = http
        self.token = ""

    def classic(self, secret: str = account.WECHAT_SECRET, app_id: str = account.WECHAT_APP_ID) -> dict[str, Any]:
        asked = {"grant_type": "client_credential", "appid": app_id, "secret": secret}
        return dict(self.http.get(f"{self.sandbox.url}/cgi-bin/token", params=asked).json())

    def stable(self, force: bool = False) -> dict[str, Any]:
        asked = {
            "grant_type": "client_credential",
            "appid": account.WECHAT_APP_ID,
            "secret": account.WECHAT_SECRET,
            "force_refresh": force,
        }
        return dict(self.http.post(f"{self.sandbox.url}/cgi-bin/stable_token", json=asked).json())

    def post(self, path: str, body: Any = None, content: bytes | None = None, token: str | None = None) -> dict[str, Any]:
        self.token = self.token or self.stable()["access_token"]
        params = {"access_token": self.token if token is None else token}
        url = f"{self.sandbox.url}/cgi-bin/{path}"
        sent = {"json": body} if content is None else {"content": content}
        return dict(self.http.post(url, params=params, **sent).json())  # type: ignore[arg-type]

    def get(self, path: str, **params: str) -> dict[str, Any]:
        self.token = self.token or self.stable()["access_token"]
        url = f"{self.sandbox.url}/cgi-bin/{path}"
        return dict(self.http.get(url, params={"access_token": self.token, **params}).json())

    def text(self, who: str, content: str = "hello") -> int:
        """Send a text; the errcode."""
        message = {"touser": account.openid_of(who), "msgtype": "text", "text": {"content": content}}
        return int(self.post("message/custom/send", message)["errcode"])

    def code(self, scene: str | int, *, permanent: bool = False, seconds: int = 3600) -> dict[str, Any]:
        kind = "QR_LIMIT_" if permanent else "QR_"
        name, key = ("SCENE", "scene_id") if isinstance(scene, int) else ("STR_SCENE", "scene_str")
        wanted = {"action_name": kind + name, "action_info": {"scene": {key: scene}}}
        return self.post("qrcode/create", wanted if permanent else wanted | {"expire_seconds": seconds})
