"""Where the tests of the commands work: a shop with a store and no network, and a desk with both platforms at the other end."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from careline.channels.ports import Push
from careline.clock import SECOND, Clock
from careline.line import Careline
from careline.model import Message, Row
from careline.receiving.apply import Applier
from careline.sandbox import account
from careline.sandbox.server import Running
from careline.settings import Settings
from careline.store.base import Store
from tests.careline.sandbox.receiver import Got, Receiver, agreeable
from tests.careline.world import NOON, World
from tests.conftest import Result

ANNA = "+393331234567"
LIWEI = "liwei"
AT = NOON + 20 * SECOND  # not near the edge of a minute: a test takes less than what is left of it
NEVER = 3600.0  # statuses of our messages come when a test asks for them, so that no test depends on who is faster
WHATSAPP = f"--phone-number-id {account.PHONE_NUMBER_ID} --business-account-id {account.BUSINESS_ACCOUNT_ID}"
WECHAT = f"--app-id {account.WECHAT_APP_ID}"

RECORDS = {  # what every record has, whatever else is added to it
    "channel": "name kind state address account_id api_url callback_url last_inbound_at checked_at health findings details "
    "created_at",
    "template": "name language channel account_id id state category reason quality hash file parameters submitted_at "
    "decided_at updated_at",
    "code": "scene channel numeric permanent ticket url file campaign caption expires_at created_at scans follows chats",
    "conversation": "id channel contact contact_name identity state priority labels team agent tier source scene category "
    "summary waiting_since_at created_at first_response_at resolved_at closed_at snoozed_until_at reopened messages_in "
    "messages_out previous window sla csat",
    "message": "id conversation channel contact direction kind text media template actor key reply_to platform_id state "
    "error window occurred_at recorded_at accepted_at delivered_at read_at",
    "queue row": "rank conversation channel contact contact_name language preview state priority labels team agent tier "
    "waiting_since_at waiting_s enqueued_at due_at due_reason sla window",
    "tail event": "seq at event actor row",
    "window": "kind open opened_at ends_at left_s quota used left",
    "export summary": "kind to cursor format rows deleted bytes first_seq last_seq duration_s manifest",
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
IDS = {"id": r"m?\d+", "conversation": r"\d+", "previous": r"\d+", "contact": r"c\d+"}

Program = Callable[..., Result]


def checked(kind: str, record: dict[str, Any]) -> dict[str, Any]:
    """The record, after checking that it has the fields of its kind, with times, lengths and ids as every record has them."""
    missing = set(RECORDS[kind].split()) - record.keys()
    assert not missing, f"{kind} lacks {missing}"
    _check(record, ids=kind in ("conversation", "message", "queue row"))
    return record


def _check(record: dict[str, Any], *, ids: bool) -> None:
    for name, value in record.items():
        if isinstance(value, dict):
            _check(value, ids=ids)
        elif value is None:
            continue
        elif name.endswith("_at"):
            assert INSTANT.fullmatch(value), (name, value)
        elif name.endswith("_s"):
            assert type(value) is int, (name, value)
        elif ids and name in IDS:
            assert re.fullmatch(IDS[name], value), (name, value)


def process(line: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run ``careline LINE`` as a process of its own, in the environment of this test."""
    env = {**os.environ, **options.pop("env", {})}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options
    return subprocess.run([sys.executable, "-m", "careline", *shlex.split(line)], env=env, timeout=30, **streams)


class Typing:
    """Types command lines and looks at what comes of them."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def __call__(self, line: str, **options: Any) -> Result:
        """Run ``careline LINE``."""
        return self._program(*shlex.split(line), **options)

    def done(self, line: str, **options: Any) -> Result:
        """The same, which must end well."""
        result = self(line, **options)
        assert result.exit == 0, f"{line}: {result}"
        return result

    def screen(self, line: str, **options: Any) -> str:
        """What a terminal shows on stdout, colours left out."""
        env = {"NO_COLOR": "1", **options.pop("env", {})}
        return self.done(line, terminal=True, env=env, **options).stdout

    def json(self, line: str, **options: Any) -> Any:
        """The JSON that it prints."""
        return json.loads(self.done(f"{line} -o json", **options).stdout)

    def refused(self, line: str, exit: int, **options: Any) -> dict[str, Any]:
        """The error as a script reads it, after checking its exit code and that nothing went to stdout."""
        result = self(f"{line} -o json", **options)
        assert (result.exit, result.stdout) == (exit, ""), f"{line}: {result}"
        error: dict[str, Any] = json.loads(result.stderr.splitlines()[-1])["error"]
        assert error["exit"] == exit
        return error


class Shop(Typing, World):
    """A store filled without any network, and a clock that stands near NOON until ``at`` moves it."""

    def __init__(self, program: Program, folder: Path, clock: Path) -> None:
        World.__init__(self, folder)
        Typing.__init__(self, program)
        self._clock = clock
        self.at(AT)

    def at(self, instant: int) -> None:
        """Let it be that instant for the commands."""
        self.now = instant
        self._clock.write_text(str(instant - Clock().now()))


class Desk(Typing):
    """Commands against the sandbox, with a receiver of careline's own that applies each push before it answers."""

    def __init__(self, program: Program, sandbox: Running, receiver: Receiver, env: Mapping[str, str], folder: Path) -> None:
        super().__init__(program)
        self.sandbox = sandbox
        self.control = sandbox.control
        self.receiver = receiver
        self.env = dict(env)
        self.folder = folder
        self._line: Careline | None = None
        self._applying = threading.Lock()
        receiver.respond = self._received
        self.control.reset()
        self.control.settings(sent_s=NEVER, delivered_s=0, retry_s=0.02, retries=2, wechat_wait_s=0.5, slow_s=0.05)
        self.at(AT)

    def at(self, instant: int) -> None:
        """Let it be that instant for the platforms and the commands."""
        self.control.set_clock(instant)

    def pass_by(self, length: int) -> None:
        """Let time pass."""
        self.control.advance(length)

    def register(self, *names: str) -> None:
        """Register ``shop-it`` and ``brand-cn``, or only the named one, and connect its webhooks."""
        if not names or "shop-it" in names:
            self.done(f"channels register whatsapp shop-it {WHATSAPP} --app-id {account.APP_ID}")
        if not names or "brand-cn" in names:
            self.done(f"channels register wechat brand-cn {WECHAT}")
            self.control.console(self.callback("brand-cn"), account.WECHAT_TOKEN, account.WECHAT_AES_KEY)

    def callback(self, channel: str) -> str:
        return f"{self.receiver.url.removesuffix('/shop')}/{channel}"

    def anna_writes(self, text: str = "Dov'è il mio ordine?") -> None:
        self.control.say(ANNA, text)

    def liwei_writes(self, text: str = "你好,我想退货") -> None:
        self.control.say(LIWEI, text)

    def approve(self, name: str = "order_update", body: str = "Ciao {{1}}, il tuo ordine è arrivato.", **more: str) -> Path:
        """Submit a template and have it approved; its file."""
        path = self.folder / f"{name}.toml"
        path.write_text(toml(name=name, body=body, **more), "utf-8")
        self.done(f"templates submit {path} --channel shop-it")
        self.control.review(name, "approve")
        self.done("templates list --channel shop-it")
        return path

    def phone(self, who: str = ANNA) -> list[str]:
        """The texts that reached a customer's phone."""
        return [one["text"] for one in self.control.customer(who)["messages"] if one["direction"] == "out"]

    def calls(self, path: str) -> int:
        """How many calls of that path the platforms have got."""
        return sum(1 for call in self.control.log()["calls"] if call["path"].endswith(path))

    @property
    def line(self) -> Careline:
        """The engine on the same store."""
        if self._line is None:
            self._line = Careline.open(Settings.load(self.env, {}, self.folder))
        return self._line

    @property
    def store(self) -> Store:
        return self.line.store

    def rows(self, kind: type[Row]) -> list[Any]:
        return list(self.store.select(kind))

    def sent(self) -> list[Message]:
        """Our messages, oldest first."""
        return list(self.store.select(Message, "WHERE direction = 'out' ORDER BY id"))

    def restart(self) -> None:
        """Let the receiver read its settings anew."""
        with self._applying:
            if self._line is not None:
                self._line.close()
            self._line = None

    def close(self) -> None:
        self.control.reset()
        with self._applying:
            self.receiver.respond = agreeable
            if self._line is not None:
                self._line.close()

    def _received(self, got: Got) -> tuple[int, bytes]:
        with self._applying:
            return self._applied(got) if self.receiver.respond == self._received else agreeable(got)

    def _applied(self, got: Got) -> tuple[int, bytes]:
        found = self.line.doors().get(got.path.removeprefix("/webhooks/"))
        if found is None:
            return 404, b"no such channel"
        webhook, secrets = found
        now = self.store.now()
        reply = webhook.answer(Push(got.method, got.query, got.headers, got.body), secrets, now)
        if reply.keep is not None:
            self.store.inbound.put([(got.path.removeprefix("/webhooks/"), now, reply.keep)])
            Applier(self.store, self.line.hear, self.line.policy, lambda received, why: None).apply_some()
        return reply.status, reply.body


def toml(
    name: str = "order_update",
    language: str = "it",
    category: str = "utility",
    body: str = "Ciao {{1}}, il tuo ordine è arrivato.",
    more: str = 'examples = ["Anna"]',
) -> str:
    """A template file."""
    fields = {"name": name, "language": language, "category": category, "body": body}
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items()) + more + "\n"


@contextmanager
def desk(program: Program, sandbox: Running, receiver: Receiver, env: Mapping[str, str], folder: Path) -> Iterator[Desk]:
    """A desk, closed at the end."""
    made = Desk(program, sandbox, receiver, env, folder)
    try:
        yield made
    finally:
        made.close()
