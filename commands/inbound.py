"""Webhooks as they came: what could not be applied, and applying it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from careline.errors import NotFound, PartlyDone, Usage
from careline.line import Careline
from careline.store.inbound import Received
from cli.output import Column
from cli.runtime import runtime

app = typer.Typer()

STATES = ("new", "applied", "dead")
MOST = 10_000
COLUMNS = [
    Column("id", "INBOUND", "id"),
    Column("channel"),
    Column("state", how="state"),
    Column("received_at", "RECEIVED", "when"),
    Column("bytes", how="count"),
    Column("error"),
]
PAYLOAD = [*COLUMNS, Column("body")]
REPLAYED = [
    Column("payloads", how="count"),
    Column("events", "NEW EVENTS", "count"),
    Column("known", "KNOWN ALREADY", "count"),
    Column("dead", "NOT APPLIED", "count"),
]

StateOption = Annotated[str, typer.Option("--state", metavar="S", help="new, applied or dead.")]
IdsArgument = Annotated[list[int], typer.Argument(metavar="ID…", help="Numbers, as `inbound list` shows them.")]
MaybeIdsArgument = Annotated[list[int] | None, typer.Argument(metavar="[ID…]", help="Numbers, as `inbound list` shows them.")]


@app.command("list")
def list_inbound(ctx: typer.Context, state: StateOption = "") -> None:
    """List webhooks, the newest first.

    Example: careline inbound list --state dead
    """
    run = runtime(ctx)
    _check(state)
    inbound, limit = run.line.store.inbound, run.limit
    counts = inbound.counts()
    total = counts[state] if state else sum(counts.values())
    found = inbound.latest(MOST if limit is None else limit, state)
    run.show(map(_record, found), columns=COLUMNS, more=max(0, total - len(found)), empty="There is none.")


@app.command("show")
def show_inbound(ctx: typer.Context, id: Annotated[int, typer.Argument(metavar="ID", help="Its number.")]) -> None:
    """Show one webhook with its body, decrypted.

    Example: careline inbound show 17
    """
    run = runtime(ctx)
    received = _found(run.line, id)
    run.show_one({**_record(received), "body": received.body.decode("utf-8", "replace")}, columns=PAYLOAD)


@app.command("replay")
def replay_inbound(ctx: typer.Context, ids: MaybeIdsArgument = None, state: StateOption = "") -> None:
    """Apply webhooks again. What the journal knows already stays as it is, so replaying everything changes nothing.

    Exit 3 when some could not be applied: they are dead, with the reason.

    Example: careline inbound replay --state dead
    """
    from careline.receiving.apply import Applier

    run = runtime(ctx)
    line = run.line
    _check(state)
    if bool(ids) == bool(state):
        raise Usage("Which ones? Numbers, or --state dead or applied.", code="what_to_replay", run="careline inbound list")
    if state == "new":
        raise Usage("New ones are applied by `careline receive`.", code="not_applied_yet")
    if run.dry_run:
        number = len(ids) if ids else line.store.inbound.counts()[state]
        run.say(f"Would apply {number} webhook{'' if number == 1 else 's'} again.")
        return
    applier = Applier(line.store, line.hear, line.policy, lambda received, problem: None)
    sums = {"payloads": 0, "events": 0, "known": 0, "dead": 0}
    with run.progress("webhooks", len(ids) if ids else line.store.inbound.counts()[state]) as step:
        for received in _chosen(line, ids, state):
            problem, done = applier.apply_one(received)
            sums = {
                "payloads": sums["payloads"] + 1,
                "events": sums["events"] + done.events,
                "known": sums["known"] + done.known,
                "dead": sums["dead"] + bool(problem),
            }
            if problem:
                line.store.inbound.bury(received.id, problem)
                run.say(f"inbound {received.id} of {received.channel}: {problem}")
            elif received.state == "dead":
                line.store.inbound.revive([received.id])
            step(1)
    run.show_one(sums, columns=REPLAYED)
    if sums["dead"]:
        raise PartlyDone("Some could not be applied.", code="payloads_dead", run="careline inbound list --state dead")


@app.command("drop")
def drop_inbound(ctx: typer.Context, ids: IdsArgument) -> None:
    """Delete webhooks that are applied or dead. What a dead one says is lost for ever: nobody delivers it again.

    Example: careline inbound drop 17 --yes
    """
    run = runtime(ctx)
    found = [_found(run.line, id) for id in ids]
    if new := [received for received in found if received.state == "new"]:
        raise Usage(f"{new[0].id} is not applied yet.", code="not_applied_yet", hint="`careline receive` applies it.")
    dead = sum(received.state == "dead" for received in found)
    run.confirm(f"Delete {len(found)} webhook{'' if len(found) == 1 else 's'}, {dead} of them never applied?")
    if run.dry_run:
        run.say(f"Would delete {len(found)}.")
        return
    run.say(f"Deleted {run.line.store.inbound.drop(ids)}.")


def _record(received: Received) -> dict[str, Any]:
    return {
        "id": received.id,
        "channel": received.channel,
        "state": received.state,
        "received_at": received.received_at,
        "bytes": len(received.body),
        "error": received.error or None,
    }


def _chosen(line: Careline, ids: list[int] | None, state: str) -> Iterator[Received]:
    if ids:
        found = [_found(line, id) for id in ids]
        if new := [received for received in found if received.state == "new"]:
            raise Usage(f"{new[0].id} is not applied yet.", code="not_applied_yet", hint="`careline receive` applies it.")
        yield from found
        return
    yield from line.store.inbound.walk(state=state)


def _found(line: Careline, id: int) -> Received:
    received = line.store.inbound.find(id)
    if received is None:
        raise NotFound(f"There is no webhook {id}.", code="unknown_inbound", run="careline inbound list")
    return received


def _check(state: str) -> None:
    if state and state not in STATES:
        raise Usage(f"{state!r} is no state of a webhook.", code="unknown_state", hint=f"There are: {', '.join(STATES)}.")
