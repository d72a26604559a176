"""Receive webhooks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from careline.line import Careline
from careline.sending.outbox import settle_dead
from careline.store.inbound import Received
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.receiving.log import Say

app = typer.Typer()


@app.command()
def receive(
    ctx: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="0 takes a free one.", min=0, max=65535)] = 8080,
    log_format: Annotated[str, typer.Option("--log-format", metavar="text|json", help="The form of what it says.")] = "text",
    applying: Annotated[bool, typer.Option("--applying", hidden=True)] = False,
) -> None:
    """Receive webhooks at /webhooks/CHANNEL until it is stopped; an answer of 200 means: on disk.

    /healthz, /readyz and /metrics are for whoever runs it: let the proxy in front forward /webhooks/ only.

    Example: careline receive --port 8080
    """
    from careline.receiving.app import Door
    from careline.receiving.log import Log
    from careline.receiving.server import serve
    from cli.logs import writer

    run = runtime(ctx)
    line = run.line
    if run.dry_run:
        run.say(f"Would receive on http://{host}:{port}/webhooks/… for {_names(line)}.")
        return
    if applying:
        _apply(run, writer(run, log_format))
        return
    line.store.inbound.put([])  # a disk that cannot be written is said now, not to the platforms later
    settle_dead(line.store)
    doors = line.doors()
    say = writer(run, log_format)

    def door(name: str) -> Door | None:
        found = doors.get(name)
        return None if found is None else Door(name, *found)

    serve(
        line.store,
        host=host,
        port=port,
        door=door,
        applier=[*sys.orig_argv, "--applying"],
        say=say,
        listening=lambda at, number: say(
            Log(
                "info",
                "listening",
                f"receiving on http://{_host(at)}:{number}/webhooks/… for {_names(line)} into {line.store.where}",
            )
        ),
    )
    say(Log("info", "stopped", "stopped; everything that was answered 200 is in the store"))


def _apply(run: Runtime, say: Say) -> None:
    """The process beside the receiver: what it applied goes to its stdout, a line a batch."""
    import msgspec

    from careline.receiving.apply import Applier
    from careline.receiving.applying import Report, apply_until_closed
    from careline.receiving.daily import Daily
    from careline.receiving.log import Log
    from commands._receive_files import fetching
    from commands._receive_pulls import Pulling

    def buried(received: Received, problem: str) -> None:
        words = f"inbound {received.id} of {received.channel} could not be applied: {problem}"
        say(Log("error", "payload_dead", words, channel=received.channel))

    wake = fetching(run, say)

    def tell(report: Report) -> None:
        run.write(msgspec.json.encode(report) + b"\n")
        run.streams.flush()
        wake()

    line = run.line
    pulling = Pulling(run, say)
    applier = Applier(line.store, pulling.hearing(line.hear), line.policy, buried)
    pulling.start()
    Daily(lambda: _read_templates(run), "templates_unread", "the accounts' templates could not be read", say).start()
    apply_until_closed(line.store, applier, run.streams.stdin.fileno(), tell, say, keep=run.settings.inbound_keep)


def _read_templates(run: Runtime) -> None:
    """Note what the accounts' templates are now: the news of a change may have been lost."""
    import asyncio

    from careline.line import Careline

    with Careline.open(run.settings, trace=run.flags.get("trace")) as line:  # a thread of its own holds a store of its own
        for channel in {channel.account_id: channel for channel in line.channels("whatsapp")}.values():
            asyncio.run(line.read_templates(channel))


def _host(at: str) -> str:
    return f"[{at}]" if ":" in at else at


def _names(line: Careline) -> str:
    return ", ".join(channel.name for channel in line.channels()) or "no channel yet"
