"""Receive webhooks."""

from __future__ import annotations

from typing import Annotated

import typer

from careline.line import Careline
from careline.receiving.app import Door
from careline.sending.outbox import settle_dead
from cli.runtime import runtime

app = typer.Typer()


@app.command()
def receive(
    ctx: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="0 takes a free one.", min=0, max=65535)] = 8080,
) -> None:
    """Receive webhooks at /webhooks/CHANNEL until it is stopped; an answer of 200 means: on disk.

    Example: careline receive --port 8080
    """
    from careline.receiving.server import serve

    run = runtime(ctx)
    line = run.line
    if run.dry_run:
        run.say(f"Would receive on http://{host}:{port}/webhooks/… for {_names(line)}.")
        return
    line.store.inbound.put([])  # a disk that cannot be written is said now, not to the platforms later
    settle_dead(line.store)
    doors = line.doors()

    def door(name: str) -> Door | None:
        found = doors.get(name)
        return None if found is None else Door(name, *found)

    serve(
        line.store,
        host=host,
        port=port,
        door=door,
        hear=line.hear,
        policy_of=line.policy,
        report=run.say,
        listening=lambda at, number: run.say(f"receiving on http://{at}:{number}/webhooks/… for {_names(line)}"),
    )
    run.say("stopped; everything that was answered 200 is in the store")


def _names(line: Careline) -> str:
    return ", ".join(channel.name for channel in line.channels()) or "no channel yet"
