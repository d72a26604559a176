"""WhatsApp and WeChat on this machine: started and stopped, their clock, and what goes wrong on purpose."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from careline.clock import SECOND
from careline.errors import Failed, Misconfigured, NotFound, Usage
from careline.rules import times
from careline.rules.records import callback_url
from careline.sandbox import account, shells
from careline.sandbox.control import Control, find
from cli.inputs import text_of
from cli.options import ChannelArgument
from cli.output import Column, json_text
from cli.runtime import runtime
from commands import _sandbox_customers, _sandbox_desk, _sandbox_wecom
from commands._sandbox import ENV, controls, sandbox_channel, would

app = typer.Typer()

WAIT_S = 10
RUNNING = [
    Column("url"),
    Column("pid"),
    Column("now_at", "now", "when", cell=lambda r: times.rfc3339(r["now_at"])),
    Column("ahead_s", "ahead", "length"),
    Column("whatsapp.callback", "whatsapp pushes to"),
    Column("wechat.callback", "wechat pushes to"),
    Column("wechat.mode", "wechat mode"),
    Column("wecom.callback", "wecom pushes to"),
]
CLOCK = [Column("now_at", "now", "when"), Column("ahead_s", "ahead", "length")]
FAULT = [Column("code"), Column("left", "calls", "count"), Column("on")]


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
    if would(run, f"start a sandbox on port {port}"):
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
    if not would(run, f"stop the sandbox at {find(run.settings.home)['url']}"):
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
    channel = sandbox_channel(run, name, "wechat", "wecom")
    url = callback_url(channel)
    if not url:
        raise Misconfigured(f"{name} has no public address.", run=f"careline channels register {channel.kind} {name} --help")
    token, key = (run.line.secrets.get(name, channel.kind, each) for each in ("token", "encoding_aes_key"))
    if channel.kind == "wecom":
        if not would(run, f"paste {url} into the app's page"):
            controls(run).wecom("console", url=url, token=token, encoding_aes_key=key)
            run.tell(f"WeCom checked {url} and nudges it now.")
        return
    if would(run, f"paste {url} into the console, in {mode} mode"):
        return
    controls(run).console(url, token, key, mode)
    if mode == "plain" and not channel.accepts_plain:
        run.say(f"{name} hears encrypted pushes only; to hear these too: careline channels update {name} --accept-plain")
    run.tell(f"WeChat checked {url} and pushes to it now, in {mode} mode.")


@app.command()
def code(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="A WhatsApp number of yours; else the newest one.")] = "",
) -> None:
    """Print the code that came to a business number's phone.

    Example: careline sandbox code +390287654321
    """
    run = runtime(ctx)
    came = controls(run).code(number)
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
    control = controls(run)
    if how not in ("", "advance", "set") or bool(how) != bool(value):
        raise Usage(
            "A clock is moved by advance DURATION or by set TIME.", code="bad_clock", run="careline sandbox clock advance 24h"
        )
    now = control.clock()
    length = times.parse_duration(value) if how == "advance" else 0
    at = times.parse_time(value, now["now"], run.tz) if how == "set" else now["now"] + length
    if how and not would(run, f"let it be {times.say_when(at, run.tz, now['now'])}"):
        now = control.advance(length) if how == "advance" else control.set_clock(at)
    if run.on_screen:
        ahead = f", {times.compact(now['ahead'])} ahead of this machine's" if now["ahead"] else ""
        run.tell(f"the sandbox's clock: {times.say_when(now['now'], run.tz, now['now'])} {times.city(run.tz)}{ahead}")
    else:
        run.show_one(_times(now), columns=CLOCK)


@app.command()
def fault(
    ctx: typer.Context,
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="A platform's code, or timeout, reset, slow, 502; wecom:45009 for WeCom's.")
    ] = "",
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
    control = controls(run)
    if bool(code) == clear:
        raise Usage("A fault is a CODE, or --clear.", code="bad_option", run="careline sandbox fault --help")
    if clear:
        if not would(run, "forget the faults still to come"):
            control.clear_faults()
            run.say("no more faults")
    elif not would(run, f"answer {code} {calls} times"):
        run.show_one(control.fault(code, calls, by_status=by_status), columns=FAULT)


@app.command()
def play(ctx: typer.Context, file: Annotated[str, typer.Argument(metavar="FILE", help="The scenario; - is stdin.")]) -> None:
    """Play a scenario: a week in a second, and the same log each time. What the platforms hold is forgotten first.

    Example: careline sandbox play docs/scenarios/week.txt
    """
    run = runtime(ctx)
    control = controls(run)
    text = text_of(run, file)
    if would(run, f"forget what the platforms hold and play {file}"):
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


def _times(now: dict[str, Any]) -> dict[str, Any]:
    return {"now_at": now["now"], "ahead_s": now["ahead"] // SECOND}


app.registered_commands += _sandbox_customers.app.registered_commands
app.registered_commands += _sandbox_desk.app.registered_commands
app.registered_commands += _sandbox_wecom.app.registered_commands
