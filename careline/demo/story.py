"""What happens in the demo: each step a command as one could type it, and what must come of it."""

from __future__ import annotations

import json
import shlex
import socket
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from careline.demo.shell import Ran, Shell
from careline.errors import Failed

TEMPLATE = """\
name = "order_update"
language = "it"
category = "utility"
body = "Ciao {{1}}, il tuo ordine è arrivato nel nostro negozio di Milano."
footer = "Negozio Rossi"
examples = ["Anna"]
"""
ANNA = "+393331234567"

Say = Callable[[str], None]


class Told(Struct, frozen=True):
    """One thing to show: what is about to happen (``words``), or a command that ran."""

    words: str = ""
    ran: Ran | None = None


def play(folder: Path, env: Mapping[str, str], *, color: bool) -> Generator[Told]:
    """The story in ``folder``, step by step. Raises Failed when a step does not do what it says."""
    home = folder / "home"
    outside = {k: v for k, v in env.items() if not k.startswith("CARELINE_")}
    shell = Shell(folder, {**outside, "CARELINE_HOME": str(home), "CARELINE_AGENT": "mei", "TZ": "Europe/Rome"}, color=color)
    try:
        yield from _setting_up(shell)
        yield from _codes_and_templates(shell)
        yield from _customers(shell)
        yield from _windows(shell)
        yield from _afterwards(shell)
    finally:
        shell.close()


def _setting_up(shell: Shell) -> Iterator[Told]:
    yield Told(words="A sandbox: WhatsApp and WeChat on this machine, with a clock of their own.")
    shell.start("careline sandbox start --port 0", "sandbox.log")
    yield Told(ran=Ran("careline sandbox start --port 0 &", 0, ""))
    exports = shell.ask("careline sandbox env --shell bash")
    if not exports:
        raise Failed("The sandbox did not start.", run=f"cat {shell.folder / 'sandbox.log'}")
    port = _free_port()
    shell.env |= _exported(exports) | {"CARELINE_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    yield Told(ran=Ran('eval "$(careline sandbox env)"', 0, ""))
    shell.start(f"careline receive --port {port}", "receive.log")
    yield Told(ran=Ran(f"careline receive --port {port} &", 0, ""))
    _must(shell.until(lambda: _listens(port)), "The receiver did not start.", f"cat {shell.folder / 'receive.log'}")

    yield Told(words="Two channels, each registered by one command.")
    number, account = shell.env["CARELINE_SANDBOX_PHONE_NUMBER_ID"], shell.env["CARELINE_SANDBOX_BUSINESS_ACCOUNT_ID"]
    ids = f"--phone-number-id {number} --business-account-id {account} --app-id {shell.env['CARELINE_SANDBOX_APP_ID']}"
    yield _done(shell, f"careline channels register whatsapp shop-it {ids}", shows="shop-it is active")
    app_id = shell.env["CARELINE_SANDBOX_WECHAT_APP_ID"]
    yield _done(shell, f"careline channels register wechat brand-cn --app-id {app_id}", shows="EncodingAESKey")
    yield Told(words="What a person pastes into WeChat's console, which checks the address at once.")
    yield _done(shell, "careline sandbox paste brand-cn")


def _codes_and_templates(shell: Shell) -> Iterator[Told]:
    yield Told(words="A template goes to review. Half an hour later (by the sandbox's clock) it is approved.")
    (shell.folder / "order_update.it.toml").write_text(TEMPLATE, "utf-8")
    yield _done(shell, "careline templates submit order_update.it.toml", shows="pending")
    yield _done(shell, "careline sandbox clock advance 30m")
    yield _done(shell, "careline templates wait order_update/it --timeout 20s", shows="approved")

    yield Told(words="Codes for the shop window. Every picture is read back before it counts.")
    yield _done(shell, "careline qr create --channel brand-cn --scene shop-012 --out shop-012.png", shows="read back")
    text = shlex.quote("Ciao! Scrivo dalla vetrina.")
    yield _done(
        shell, f"careline qr create --channel shop-it --scene vetrina --text {text} --out vetrina.png", shows="read back"
    )
    for scene in ("shop-012", "vetrina"):
        code = _json(shell, f"careline qr show {scene} -o json")
        seen = _seen(shell.folder / f"{scene}.png")
        _must(seen == code["url"], f"{scene}.png says {seen!r} and the platform said {code['url']!r}.", "careline qr list")
    yield Told(words=f"The pictures are {shell.folder / 'shop-012.png'} and vetrina.png.")


def _customers(shell: Shell) -> Iterator[Told]:
    yield Told(words="A customer scans the WeChat code, follows and writes. Another writes on WhatsApp.")
    yield _done(shell, "careline sandbox scan liwei shop-012 --channel brand-cn")
    yield _done(shell, f"careline sandbox say liwei {shlex.quote('你好,我想退货')} --channel brand-cn")
    question = shlex.quote("Dov'è il mio ordine?")
    yield _done(shell, f"careline sandbox say {ANNA} {question} --name 'Anna Rossi' --channel shop-it")
    _must(shell.until(lambda: len(_waiting(shell)) == 2), "The two chats did not appear.", "careline queue list")
    code = _json(shell, "careline qr show shop-012 -o json")
    came = (code["scans"], code["follows"], code["chats"])
    _must(came == (1, 1, 1), f"The scan was not attributed to its code: {came}.", "careline qr list")
    yield _done(shell, "careline queue list", shows="answer the next one")

    yield Told(words="A person answers both: the windows are open.")
    chats = {row["channel"]: row["conversation"] for row in _waiting(shell)}
    chinese = shlex.quote("您好!请问订单号是多少?")
    yield _done(shell, f"careline reply {chats['brand-cn']} {chinese}", shows="4 of 5 left")
    italian = shlex.quote("Ciao! È in viaggio, arriva domani.")
    yield _done(shell, f"careline reply {chats['shop-it']} {italian}", shows="window open for 23 h")
    yield _done(shell, "careline queue list", shows="Nobody is waiting")
    yield _done(shell, f"careline chats show {chats['brand-cn']}", shows="came by code shop-012")


def _windows(shell: Shell) -> Iterator[Told]:
    yield Told(words="The next day: 25 hours later WhatsApp's window is closed, and careline refuses before Meta would.")
    yield _done(shell, "careline sandbox clock advance 25h")
    arrived = shlex.quote("È arrivato!")
    yield _done(shell, f"careline send --channel shop-it --to {ANNA} --text {arrived}", exit=7, shows="order_update/it")
    yield Told(words="The approved template goes through.")
    way = "--outside template:order_update --param 1=Anna --key arrived-1"
    yield _done(shell, f"careline send --channel shop-it --to {ANNA} --text {arrived} {way}", shows="accepted")
    yield Told(words="With the same key it is not sent twice.")
    before = len(_json(shell, "careline outbox list -o json"))
    yield _done(shell, f"careline send --channel shop-it --to {ANNA} --text {arrived} {way}")
    _must(len(_json(shell, "careline outbox list -o json")) == before, "It was sent twice.", "careline outbox list")

    yield Told(words="WeChat lets us answer five times. The sixth is refused here, before WeChat would answer 45047.")
    chat = next(c for c in _json(shell, "careline chats list -o json") if c["channel"] == "brand-cn")
    person = f"careline send --channel brand-cn --to c{str(chat['contact']).removeprefix('c')} --text"
    for left in (3, 2, 1, 0):
        yield _done(shell, f"{person} {5 - left}/5", shows=f"{left} of 5 left")
    yield _done(shell, f"{person} 6/5", exit=7, shows="used up")


def _afterwards(shell: Shell) -> Iterator[Told]:
    yield Told(words="Everything is exported, and the tables are proven to be what the journal says.")
    yield _done(shell, "careline export messages --to messages.jsonl")
    yield _done(shell, "careline export conversations --to conversations.csv")
    lines = (shell.folder / "messages.jsonl").read_text("utf-8").splitlines()
    _must(
        len(lines) == 9 and all(json.loads(line)["state"] for line in lines), "The export is not whole.", "careline chats list"
    )
    yield _done(shell, "careline store rebuild --check")


def _done(shell: Shell, typed: str, *, exit: int = 0, shows: str = "") -> Told:
    ran = shell.run(typed)
    if ran.exit != exit or shows not in ran.plain:
        missed = f"exit {ran.exit} instead of {exit}" if ran.exit != exit else f"{shows!r} was not shown"
        raise Failed(
            f"A step did not do what it says: {missed}.\n$ {typed}\n{ran.plain}", run=f"cat {shell.folder / 'receive.log'}"
        )
    return Told(ran=ran)


def _must(held: bool, otherwise: str, run: str) -> None:
    if not held:
        raise Failed(otherwise, run=run)


def _json(shell: Shell, typed: str) -> Any:
    answer = shell.ask(typed)
    _must(bool(answer), f"{typed} gave nothing.", typed)
    return json.loads(answer)


def _waiting(shell: Shell) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(shell.ask("careline queue list -o json") or "[]")
    return rows


def _seen(path: Path) -> str:
    """What a scanner reads in the picture."""
    import zxingcpp
    from PIL import Image

    with Image.open(path) as image:
        found = zxingcpp.read_barcodes(image)
    return found[0].text if len(found) == 1 else ""


def _exported(lines: str) -> dict[str, str]:
    """The variables of ``export NAME=VALUE`` lines."""
    words = (shlex.split(line) for line in lines.splitlines() if line.startswith("export "))
    return {name: value for _, pair in words for name, _, value in [pair.partition("=")]}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(0.5)
        return tried.connect_ex(("127.0.0.1", port)) == 0
