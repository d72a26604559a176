"""Webhooks as they came: what could not be applied, and applying it again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from careline.errors import NotFound, PartlyDone, Usage
from careline.line import Careline
from careline.store.inbound import Received
from cli.output import Column
from cli.runtime import Runtime, runtime

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

DROPPED = [Column("dropped", how="count"), Column("dead", "NEVER APPLIED", "count")]

StateOption = Annotated[str, typer.Option("--state", metavar="S", help="new, applied or dead.")]
IdsArgument = Annotated[list[str], typer.Argument(metavar="ID", help="Numbers, as `inbound list` shows them; - reads them.")]
MaybeIdsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Numbers, as `inbound list` shows them; - reads them.")
]
ReplayOption = Annotated[str, typer.Option("--state", metavar="S", help="All that are dead, or applied.")]
_LARGEST = 2**63 - 1


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
def show_inbound(ctx: typer.Context, id: Annotated[str, typer.Argument(metavar="ID", help="Its number.")]) -> None:
    """Show one webhook with its body, decrypted.

    Example: careline inbound show 17
    """
    run = runtime(ctx)
    received = _found(run.line, _number(id))
    run.show_one({**_record(received), "body": received.body.decode("utf-8", "replace")}, columns=PAYLOAD)


@app.command("replay")
def replay_inbound(ctx: typer.Context, ids: MaybeIdsArgument = None, state: ReplayOption = "") -> None:
    """Apply webhooks again. What the journal knows already stays as it is, so replaying everything changes nothing.

    Exit 3 when some could not be applied: they are dead, with the reason.

    Example: careline inbound replay --state dead
    """
    from careline.receiving.apply import Applier

    run = runtime(ctx)
    line = run.line
    numbers = _numbers(run, ids)
    if bool(numbers) == bool(state):
        words = "Either numbers or --state, not both." if state else "Which ones? Numbers, or --state dead or applied."
        raise Usage(words, code="what_to_replay", run="careline inbound list")
    if state and state not in ("dead", "applied"):
        raise Usage(
            f"{state} ones cannot be replayed.",
            code="unknown_state",
            hint="--state dead | applied. New ones are applied by `careline receive`.",
        )
    chosen = _old(line, numbers) if numbers else line.store.inbound.walk(state=state)
    many = len(numbers) or line.store.inbound.counts()[state]
    if run.dry_run:
        run.show_one({"payloads": many, "events": None, "known": None, "dead": None}, columns=REPLAYED)
        return
    applier = Applier(line.store, line.hear, line.policy, lambda received, problem: None)
    sums = dict.fromkeys(("payloads", "events", "known", "dead"), 0)
    with run.progress("webhooks", many) as step:
        for received in chosen:
            problem, done = applier.apply_one(received)
            sums["payloads"] += 1
            sums["events"] += done.events
            sums["known"] += done.known
            if problem:
                sums["dead"] += 1
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
    found = _old(run.line, _numbers(run, ids))
    dead = sum(received.state == "dead" for received in found)
    what = f"{len(found)} webhook{'' if len(found) == 1 else 's'}, {dead} of them never applied"
    if run.dry_run:
        run.say(f"Would delete {what}.")
        return
    run.confirm(f"Delete {what}?")
    dropped = run.line.store.inbound.drop([received.id for received in found])
    run.show_one({"dropped": dropped, "dead": dead}, columns=DROPPED)


def _record(received: Received) -> dict[str, Any]:
    return {
        "id": received.id,
        "channel": received.channel,
        "state": received.state,
        "received_at": received.received_at,
        "bytes": len(received.body),
        "error": received.error or None,
    }


def _numbers(run: Runtime, given: list[str] | None) -> list[int]:
    """The numbers given, each once, with the lines of stdin in the place of ``-``."""
    return list(dict.fromkeys(map(_number, run.names(given or []))))


def _number(text: str) -> int:
    if not text.isdecimal():
        raise Usage(f"{text!r} is no number of a webhook.", code="bad_number", run="careline inbound list")
    return int(text)


def _old(line: Careline, numbers: list[int]) -> list[Received]:
    """The webhooks with these numbers. Raises NotFound, and Usage for one that is not applied yet."""
    found = [_found(line, number) for number in numbers]
    if new := [received for received in found if received.state == "new"]:
        raise Usage(f"{new[0].id} is not applied yet.", code="not_applied_yet", hint="`careline receive` applies it.")
    return found


def _found(line: Careline, id: int) -> Received:
    received = line.store.inbound.find(id) if id <= _LARGEST else None
    if received is None:
        raise NotFound(f"There is no webhook {id}.", code="unknown_inbound", run="careline inbound list")
    return received


def _check(state: str) -> None:
    if state and state not in STATES:
        raise Usage(f"{state!r} is no state of a webhook.", code="unknown_state", hint=f"There are: {', '.join(STATES)}.")
