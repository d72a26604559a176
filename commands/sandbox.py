"""WhatsApp and WeChat on this machine: started and stopped, and the customer's side of both."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from careline.clock import SECOND
from careline.errors import Failed, Misconfigured, NotFound, Usage
from careline.model import Channel, Code
from careline.rules import times
from careline.rules.records import callback_url
from careline.sandbox import account, shells
from careline.sandbox.control import Control, find
from cli.options import ChannelArgument, ChannelOption
from cli.output import Column, json_text
from cli.runtime import Runtime, runtime

app = typer.Typer()

ENV = 'eval "$(careline sandbox env)"'
WAIT_S = 10
LAST = 3
RUNNING = [
    Column("url"),
    Column("pid"),
    Column("now_at", "now", "when", cell=lambda r: times.rfc3339(r["now_at"])),
    Column("ahead_s", "ahead", "length"),
    Column("whatsapp.callback", "whatsapp pushes to"),
    Column("wechat.callback", "wechat pushes to"),
    Column("wechat.mode", "wechat mode"),
]
CLOCK = [Column("now_at", "now", "when"), Column("ahead_s", "ahead", "length")]
ACT = [Column("who", "customer"), Column("did"), Column("id"), Column("url", "pushed to"), Column("status", "answer")]
BUBBLES = [Column("at_at", "at", "when"), Column("from"), Column("kind"), Column("text"), Column("state", how="state")]
FAULT = [Column("code"), Column("left", "calls", "count"), Column("on")]

WhoArgument = Annotated[str, typer.Argument(metavar="WHO", help="A phone like +393331234567, or any name for WeChat.")]


@app.command()
def start(
    ctx: typer.Context,
    port: Annotated[int, typer.Option("--port", metavar="P", help="0 takes a free one.", min=0, max=65535)] = 8123,
    background: Annotated[bool, typer.Option("--background", help="Return as soon as it answers.")] = False,
) -> None:
    """Start both platforms on 127.0.0.1.

    Example: careline sandbox start --background
    """
    from careline.sandbox import server

    run = runtime(ctx)
    home = run.settings.home
    if _would(run, f"start a sandbox on port {port}"):
        return
    if background:
        run.tell(server.start_in_background(home, port).url)
        run.say(f"point this shell at it: {ENV}")
    else:
        server.serve(home, port, lambda running: run.say(f"sandbox on {running.url}; in another shell: {ENV}"))
        run.say("stopped")


@app.command()
def stop(ctx: typer.Context) -> None:
    """Stop it: the platforms forget, the store does not.

    Example: careline sandbox stop
    """
    from careline.sandbox import server

    run = runtime(ctx)
    if not _would(run, f"stop the sandbox at {find(run.settings.home)['url']}"):
        run.say(f"stopped {server.stop(run.settings.home)}")


@app.command()
def status(ctx: typer.Context) -> None:
    """Say whether it runs, and where it pushes to.

    Example: careline sandbox status
    """
    run = runtime(ctx)
    held = find(run.settings.home)
    now = Control(held["url"]).status()
    times = _times(now.pop("clock"))
    run.show_one(now | {"pid": held["pid"]} | times, columns=RUNNING)


@app.command()
def env(
    ctx: typer.Context,
    shell: Annotated[str, typer.Option("--shell", metavar="bash|fish|powershell", help="Whose words to use.")] = "bash",
    unset: Annotated[bool, typer.Option("--unset", help="Take them back.")] = False,
) -> None:
    """Print what points this shell at it.

    Example: eval "$(careline sandbox env)"
    """
    run = runtime(ctx)
    if shell not in shells.WORDS:
        raise Usage(f"--shell is {shell!r}.", code="bad_option", hint=f"It is one of {', '.join(shells.WORDS)}.")
    if unset:
        run.write("".join(shells.unsetting(account.exports("", run.settings.home), shell)))
        return
    wait_s = run.timeout_us / SECOND if run.timeout_us is not None else WAIT_S
    run.write("".join(shells.setting(find(run.settings.home, wait_s)["exports"], shell)))


@app.command()
def paste(
    ctx: typer.Context,
    name: ChannelArgument,
    mode: Annotated[str, typer.Option("--mode", metavar="plain|compatible|safe", help="How WeChat pushes.")] = "safe",
) -> None:
    """Paste a channel's settings into WeChat's console.

    Example: careline sandbox paste brand-cn
    """
    run = runtime(ctx)
    channel = _channel(run, name, "wechat")
    url = callback_url(channel)
    if not url:
        raise Misconfigured(f"{name} has no public address.", run=f"careline channels register wechat {name} --help")
    token, key = (run.line.secrets.get(name, "wechat", each) for each in ("token", "encoding_aes_key"))
    if _would(run, f"paste {url} into the console, in {mode} mode"):
        return
    _control(run).console(url, token, key, mode)
    run.tell(f"WeChat checked {url} and pushes to it now, in {mode} mode.")


@app.command()
def say(
    ctx: typer.Context,
    who: WhoArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What they write.")] = "",
    kind: Annotated[
        str, typer.Option("--kind", metavar="KIND", help="On WhatsApp something else: image, voice, location, contacts…")
    ] = "text",
    bsuid: Annotated[bool, typer.Option("--bsuid", help="On WhatsApp somebody who shows a username and no phone.")] = False,
    channel: ChannelOption = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What WhatsApp shows of them; WeChat shows no name.")
    ] = "",
) -> None:
    """Let a customer write.

    Example: careline sandbox say +393331234567 "Dov'è il mio ordine?"
    """
    run = runtime(ctx)

    def write(control: Control, platform: str) -> dict[str, Any]:
        return control.say(who, text, "whatsapp" if bsuid else platform, bsuid, name, kind=kind)

    _act(run, who, channel, "write", write, hidden=bsuid)


@app.command()
def follow(
    ctx: typer.Context,
    who: WhoArgument,
    scene: Annotated[str, typer.Option("--scene", metavar="SCENE", help="They come by this code.")] = "",
    channel: ChannelOption = None,
) -> None:
    """Let a customer follow the WeChat account.

    Example: careline sandbox follow liwei --scene shop-012
    """
    run = runtime(ctx)
    _act(run, who, channel, "follow", lambda control, platform: control.follow(who, scene, platform))


@app.command()
def scan(
    ctx: typer.Context,
    who: WhoArgument,
    scene: Annotated[str, typer.Argument(metavar="SCENE", help="The scene of the code; on WhatsApp what it writes.")],
    channel: ChannelOption = None,
) -> None:
    """Let a customer scan a code.

    Example: careline sandbox scan liwei shop-012
    """
    run = runtime(ctx)
    known = _scene(run, scene)
    _act(run, who, channel, "scan", lambda control, platform: control.scan(who, known, platform))


@app.command()
def tap(
    ctx: typer.Context,
    who: WhoArgument,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key of a menu item, or the button's text.")],
    channel: ChannelOption = None,
) -> None:
    """Let a customer tap a menu item or a button.

    Example: careline sandbox tap liwei orders
    """
    run = runtime(ctx)
    _act(run, who, channel, "tap", lambda control, platform: control.tap(who, key, platform))


@app.command()
def show(ctx: typer.Context, who: WhoArgument, channel: ChannelOption = None) -> None:
    """Show what a customer's phone shows.

    Example: careline sandbox show +393331234567
    """
    run = runtime(ctx)
    seen = _control(run).customer(who, _platform(run, channel))
    title = f"{seen['name']} on {seen['platform']}, {seen['who']}"
    run.show(_bubbles(seen), columns=BUBBLES, title=title, empty="Nothing yet.")


@app.command()
def code(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="A WhatsApp number of yours; else the newest one.")] = "",
) -> None:
    """Print the code that came to a business number's phone.

    Example: careline sandbox code +390287654321
    """
    run = runtime(ctx)
    came = _control(run).code(number)
    if not came:
        raise NotFound("No code has come.", run="careline channels code CHANNEL")
    run.tell(came)


@app.command()
def clock(
    ctx: typer.Context,
    how: Annotated[str, typer.Argument(metavar="advance|set", help="Without it: what time it is.")] = "",
    value: Annotated[str, typer.Argument(metavar="DURATION|TIME", help="23h59m, or tomorrow, 17:30, 2026-03-06T16:55.")] = "",
) -> None:
    """Show its clock, or move it.

    Example: careline sandbox clock advance 23h59m
    """
    run = runtime(ctx)
    control = _control(run)
    if how not in ("", "advance", "set") or bool(how) != bool(value):
        raise Usage(
            "A clock is moved by advance DURATION or by set TIME.", code="bad_clock", run="careline sandbox clock advance 24h"
        )
    now = control.clock()
    length = times.parse_duration(value) if how == "advance" else 0
    at = times.parse_time(value, now["now"], run.tz) if how == "set" else now["now"] + length
    if how and not _would(run, f"let it be {times.say_when(at, run.tz, now['now'])}"):
        now = control.advance(length) if how == "advance" else control.set_clock(at)
    if run.on_screen:
        ahead = f", {times.compact(now['ahead'])} ahead of this machine's" if now["ahead"] else ""
        run.tell(f"the sandbox's clock: {times.say_when(now['now'], run.tz, now['now'])} {times.city(run.tz)}{ahead}")
    else:
        run.show_one(_times(now), columns=CLOCK)


@app.command()
def fault(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="A platform's code, or timeout, reset, slow, 502.")] = "",
    calls: Annotated[int, typer.Option("--next", metavar="N", help="For so many calls.", min=1)] = 1,
    by_status: Annotated[
        bool, typer.Option("--by-status", help="Tell it after accepting the message, where the platform does both.")
    ] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Forget those still to come.")] = False,
) -> None:
    """Let the next calls fail with a code.

    Example: careline sandbox fault 131056 --next 2
    """
    run = runtime(ctx)
    control = _control(run)
    if bool(code) == clear:
        raise Usage("A fault is a CODE, or --clear.", code="bad_option", run="careline sandbox fault --help")
    if clear:
        if not _would(run, "forget the faults still to come"):
            control.clear_faults()
            run.say("no more faults")
    elif not _would(run, f"answer {code} {calls} times"):
        run.show_one(control.fault(code, calls, by_status=by_status), columns=FAULT)


@app.command()
def play(ctx: typer.Context, file: Annotated[str, typer.Argument(metavar="FILE", help="The scenario; - is stdin.")]) -> None:
    """Play a scenario: a week in a second, and the same log each time. What the platforms hold is forgotten first.

    Example: careline sandbox play docs/scenarios/week.txt
    """
    run = runtime(ctx)
    control = _control(run)
    text = run.read_stdin() if file == "-" else _read(file)
    if _would(run, f"forget what the platforms hold and play {file}"):
        return
    played = control.play(text)
    if run.output in ("json", "jsonl"):
        run.tell(json_text(played))
    else:
        for line in played["log"]:
            run.tell(line)
    if unmet := played["unmet"]:
        raise Failed(f"Line {unmet['line']}, {unmet['step']}: {unmet['why']}.", code="scenario_unmet")
    run.say(f"{played['steps']} steps, all as expected")


def _would(run: Runtime, what: str) -> bool:
    """True with --dry-run, which says what would be done."""
    if run.dry_run:
        run.say(f"would {what}")
    return run.dry_run


def _read(file: str) -> str:
    try:
        return Path(file).read_text("utf-8-sig")
    except OSError as error:
        raise Usage(f"{file} cannot be read: {error.strerror}.", code="unreadable_file") from None
    except UnicodeDecodeError:
        raise Usage(f"{file} is not UTF-8 text.", code="not_text") from None


def _control(run: Runtime) -> Control:
    return Control(find(run.settings.home)["url"])


def _channel(run: Runtime, name: str, *kinds: str) -> Channel:
    if not run.settings.is_sandbox:
        raise Misconfigured(f"The profile {run.settings.profile} is not the sandbox's.", code="not_sandbox", run=ENV)
    return run.line.channel(name, *kinds)


def _scene(run: Runtime, scene: str) -> str:
    """What stands in the picture: of a WhatsApp code not the scene of our ledger, but Meta's code."""
    if not run.settings.is_sandbox:
        return scene
    found = run.line.store.select(Code, "WHERE scene = ? AND text <> ''", scene)
    return next((code.ticket or code.text for code in found), scene)


def _platform(run: Runtime, channel: str | None) -> str:
    """The platform of a channel named, checked to be what the platform pushes to; empty: WHO decides."""
    if channel is None:
        return ""
    found = _channel(run, channel)
    callback = _control(run).status()[found.kind]["callback"]
    if callback and not callback.endswith(f"/webhooks/{found.name}"):
        again = (
            f"careline sandbox paste {found.name}" if found.kind == "wechat" else "careline channels register whatsapp --help"
        )
        raise Misconfigured(f"{found.kind} pushes to {callback}, not to {found.name}.", code="other_channel", run=again)
    return found.kind


def _act(run: Runtime, who: str, channel: str | None, deed: str, does: Any, *, hidden: bool = False) -> None:
    """Do it, and show whether the receiver took it and what the phone shows now."""
    control = _control(run)
    platform = _platform(run, channel)
    if _would(run, f"let {who} {deed}"):
        return
    done = does(control, platform)
    if not done["pushes"]:
        run.say(f"{who} {done['did']}, and nothing was pushed: they are blocked.")
        return
    push = done["pushes"][-1]
    tried = [str(one["status"] or one["error"]) for one in push["tries"]]
    answers = ", ".join(dict.fromkeys(tried)) + (f" ({len(tried)} times)" if len(tried) > 1 else "")
    if tried and not push["arrived"]:
        sees = " The customer sees a service out of order." if done["fault_shown"] else " WhatsApp tries again."
        raise Failed(
            f"{who} {done['did']}, and {push['url']} did not take it: {answers}.{sees}",
            code="push_not_taken",
            run="careline receive",
        )
    record = done | {"url": push["url"], "status": tried[-1] if tried else "held back"}
    if run.output != "table":
        run.show_one(record, columns=ACT)
        return
    run.tell(f"{who} {done['did']}; {push['url']} answered {record['status']}")
    for one in _bubbles(control.customer(done["who"], "whatsapp" if hidden else platform))[-LAST:]:
        run.tell(f"  {one['from']:<8}  {one['text']}")


def _bubbles(seen: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        one | {"at_at": one["at"], "from": "shop" if one["direction"] == "out" else "customer"}
        for one in seen["messages"]
        if one["state"] not in ("accepted", "failed")
    ]


def _times(now: dict[str, Any]) -> dict[str, Any]:
    return {"now_at": now["now"], "ahead_s": now["ahead"] // SECOND}
