"""Talks to a running sandbox: finds it, and lets its customers act. What the commands and the tests hold.

Only the standard library, so that the commands start fast.
"""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from careline.errors import CarelineError, Failed, Misconfigured, NotFound, Usage

Json = dict[str, Any]
_KINDS: dict[str, type[CarelineError]] = {"usage": Usage, "not_found": NotFound, "configuration": Misconfigured}
_LONGEST_S = 60.0


def directory(home: Path) -> Path:
    """Where the sandbox of a home keeps its papers."""
    return home / "sandbox"


def state(home: Path) -> Json | None:
    """What the running sandbox wrote of itself: ``url``, ``pid``, ``exports``. None when there is nothing."""
    try:
        held = json.loads((directory(home) / "state.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return held if isinstance(held, dict) else None


def is_alive(home: Path) -> bool:
    """True while a process holds the lock of this home's sandbox."""
    import fcntl

    try:
        with (directory(home) / "lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def find(home: Path, wait_s: float = 0) -> Json:
    """The state of the sandbox that runs here; waits up to ``wait_s`` for one. Raises NotFound."""
    deadline = time.monotonic() + wait_s
    while True:
        held = state(home)
        if held is not None and is_alive(home):
            return held
        if time.monotonic() >= deadline:
            raise NotFound("No sandbox is running here.", run="careline sandbox start --background")
        time.sleep(0.05)


class Control:
    """The control API of one sandbox. Every method returns its answer, or raises a CarelineError with what to run next."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def say(
        self,
        who: str,
        text: str = "",
        platform: str = "",
        bsuid: bool = False,
        name: str = "",
        *,
        kind: str = "text",
        reply_to: str = "",
        body: Json | None = None,
        content: bytes = b"",
        mime: str = "",
        filename: str = "",
    ) -> Json:
        """A customer writes, or sends something of another ``kind``. ``bsuid``: one who shows no phone.

        ``reply_to`` is the id of the message they answer or react to, ``body`` fields for their message's part of the webhook,
        ``content`` the bytes of their file.
        """
        sent = {"kind": kind, "reply_to": reply_to, "body": body or {}, "mime": mime, "filename": filename}
        file = base64.b64encode(content).decode()
        return self._post("say", who=who, text=text, platform=platform, bsuid=bsuid, name=name, content=file, **sent)

    def follow(self, who: str, scene: str = "", platform: str = "") -> Json:
        """They follow the Official Account, by search or by the code with that scene."""
        return self._post("follow", who=who, scene=scene, platform=platform)

    def unfollow(self, who: str) -> Json:
        """They stop following."""
        return self._post("unfollow", who=who)

    def subscribe(self, who: str, template: str, answer: str = "accept") -> Json:
        """They accept or reject a WeChat notification, by title or id, or withdraw what they granted."""
        return self._post("subscribe", who=who, template=template, answer=answer)

    def console_menu(self, buttons: list[Json]) -> Json:
        """Make WeChat's menu in the console, where there are other types of buttons."""
        return self._post("wechat/menu", buttons=buttons)

    def pay(self, who: str) -> Json:
        """They pay with the WeChat account's member card."""
        return self._post("pay", who=who)

    def scan(self, who: str, scene: str, platform: str = "") -> Json:
        """They scan a code: by scene, ticket or address; on WhatsApp by code, link or prefilled text."""
        return self._post("scan", who=who, scene=scene, platform=platform)

    def tap(self, who: str, key: str, platform: str = "") -> Json:
        """They tap WeChat's menu, or a button of ours on WhatsApp."""
        return self._post("tap", who=who, key=key, platform=platform)

    def customer(self, who: str, platform: str = "") -> Json:
        """What their phone shows."""
        query = f"?{urlencode({'platform': platform})}" if platform else ""
        return self._call("GET", f"customers/{quote(who, safe='')}{query}")

    def status(self) -> Json:
        """What is configured, and how far the clock is ahead."""
        return self._call("GET", "status")

    def clock(self) -> Json:
        """``now`` and ``ahead``, in microseconds."""
        return self._call("GET", "clock")

    def advance(self, length: int) -> Json:
        """Move the clock on by so many microseconds."""
        return self._post("clock", advance=length)

    def set_clock(self, at: int) -> Json:
        """Let it be that instant (microseconds UTC) now."""
        return self._post("clock", set=at)

    def fault(self, code: str | int, next: int = 1, on: str = "", by_status: bool = False) -> Json:
        """The next calls answer that code, or lose their answer (timeout, reset, slow, 502).

        ``by_status``: a code that comes both ways comes by a failed status.
        """
        return self._post("faults", code=str(code), next=next, on=on, by_status=by_status)

    def faults(self) -> Json:
        """The faults still to come."""
        return self._call("GET", "faults")

    def clear_faults(self) -> Json:
        """Forget them."""
        return self._call("DELETE", "faults")

    def console(self, url: str, token: str, encoding_aes_key: str, mode: str = "safe") -> Json:
        """Paste a server configuration into WeChat's console, which checks it."""
        return self._post("wechat/console", url=url, token=token, encoding_aes_key=encoding_aes_key, mode=mode)

    def verification(self, event: str, seconds: int = 0, reason: str = "") -> Json:
        """WeChat tells of the account's verification: when it ends (unix seconds), or why it failed."""
        return self._post("wechat/news", event=event, seconds=seconds, reason=reason)

    def autoreplies(self, **info: Any) -> Json:
        """What WeChat's console answers customers by itself, as get_current_autoreply_info tells it."""
        return self._post("wechat/autoreplies", **info)

    def review(self, name: str, verdict: str, language: str = "", reason: str = "", category: str = "") -> Json:
        """Decide on a template now: approve, reject, pause or disable."""
        return self._post("templates/review", name=name, verdict=verdict, language=language, reason=reason, category=category)

    def quality(self, name: str, score: str, language: str = "") -> Json:
        """Give a template another quality: green, yellow or red, which pauses it."""
        return self._post("templates/quality", name=name, score=score, language=language)

    def categorise(self, name: str, category: str, language: str = "", announced: bool = False) -> Json:
        """File a template under another category, now or (``announced``) in 24 hours."""
        return self._post("templates/category", name=name, category=category, language=language, announced=announced)

    def reword(self, name: str, text: str, language: str = "") -> Json:
        """Give the body of a template other words."""
        return self._post("templates/wording", name=name, text=text, language=language)

    def slow_down(self, name: str, language: str = "") -> Json:
        """Pause a template by pacing."""
        return self._post("templates/pacing", name=name, language=language)

    def settings(self, **changes: str | int | float) -> Json:
        """Change how the sandbox behaves; the settings after that."""
        return self._post("settings", **changes) if changes else self._call("GET", "settings")

    def push_whatsapp(self, value: Json, field: str = "messages") -> Json:
        """Push any webhook value, signed."""
        return self._post("push/whatsapp", value=value, field=field)

    def push_wechat(self, who: str, fields: Json) -> Json:
        """Push any fields from a follower, in the console's mode."""
        return self._post("push/wechat", who=who, fields=fields)

    def desk(self, deed: str, agent: str, who: str = "", text: str = "") -> Json:
        """An agent of WeChat's desk: join or refuse the invitation, online, offline, accept, say, pass (to ``text``), close."""
        return self._post("desk", deed=deed, agent=agent, who=who, text=text)

    def crowd(self, count: int) -> Json:
        """Let so many people follow, who have followed since long: ``crowd-0``, ``crowd-1``…"""
        return self._post("crowd", count=count)

    def chatter(self, count: int, **how: int | str) -> Json:
        """So many messages that passed the desk: up to ``until``, ``every`` so many µs, of so many ``people``, any ``text``."""
        return self._post("chatter", count=count, **how)

    def wecom(self, what: str, who: str = "", **more: Any) -> Json:
        """On WeCom: say, enter (a ``scene``), tap (a ``key``), recall; servicer (``servicer``, ``deed``, ``text``).

        Besides: fail (a ``fail_type``), manage (``on``), retire the token, raw (``items``), many (a ``count``).
        ``account`` names the customer service account; without it that of the start.
        """
        return self._post(what, platform="wecom", who=who, **more)

    def numbers(self) -> list[Json]:
        """The account's WhatsApp numbers, each with the last code that came to its phone."""
        return list(self._call("GET", "numbers")["numbers"])

    def code(self, number: str = "") -> str:
        """The code that came to a number's phone by SMS or voice; the newest number without a name."""
        found = [one for one in self.numbers() if not number or number.lstrip("+") in (one["id"], one["phone"])]
        return str(found[-1]["code"]) if found else ""

    def judge(self, number: str = "", **what: str) -> Json:
        """Meta's side of a number: quality, status, throughput, limit, name (approve, reject, defer)."""
        return self._post("numbers", number=number, **what)

    def push_account(self, field: str, value: Json) -> Json:
        """Push news of the account to the app's callback, signed."""
        return self._post("push/account", field=field, value=value)

    def token(self, value: str = "", **what: Any) -> str:
        """Make an access token, or change one: ends_at (µs, None: never), scopes, valid."""
        return str(self._post("token", value=value, **what)["value"])

    def reset_app_secret(self) -> str:
        """Give the Meta app another secret; it."""
        return str(self._post("app_secret")["value"])

    def settle(self, timeout: float = 5) -> bool:
        """Wait until no webhook is under way. False: after ``timeout`` seconds one still is."""
        return bool(self._post("settle", timeout=timeout)["settled"])

    def log(self) -> Json:
        """The calls and pushes so far."""
        return self._call("GET", "log")

    def play(self, text: str) -> Json:
        """Play a scenario: its ``log``, how many ``steps``, and the one that was ``unmet``, if any."""
        return self._post("play", text=text)

    def reset(self) -> Json:
        """Forget everything, as if just started."""
        return self._post("reset")

    def stop(self) -> None:
        """Ask the sandbox to end."""
        self._post("stop")

    def _post(self, what: str, **asked: Any) -> Json:
        return self._call("POST", what, asked)

    def _call(self, method: str, what: str, asked: Json | None = None) -> Json:
        body = json.dumps(asked).encode() if asked is not None else None
        request = urllib.request.Request(f"{self.url}/_sandbox/{what}", body, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=_LONGEST_S) as answer:
                return dict(json.loads(answer.read()))
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise _error(refusal.read()) from None
        except OSError as error:
            raise Failed(f"The sandbox at {self.url} does not answer: {error}", run="careline sandbox status") from None


def _error(body: bytes) -> CarelineError:
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return Failed("The sandbox answered nonsense.", run="careline sandbox status")
    return _KINDS.get(error["kind"], Failed)(error["message"], run=error["run"])
