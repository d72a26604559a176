"""The journal and the tables folded from it."""

from __future__ import annotations

from typing import Annotated

import typer

from careline.errors import Failed
from cli.output import Column
from cli.runtime import runtime

app = typer.Typer()

INFO = [
    Column("path"),
    Column("store_id", "STORE"),
    Column("engine"),
    Column("state"),
    Column("version", how="count"),
    Column("events", how="count"),
    Column("last_seq", how="count"),
    Column("bytes", how="count"),
    Column("rows.channel", "CHANNELS", "count"),
    Column("rows.contact", "CONTACTS", "count"),
    Column("rows.conversation", "CHATS", "count"),
    Column("rows.message", "MESSAGES", "count"),
    Column("inbound.new", "INBOUND TO APPLY", "count"),
    Column("inbound.dead", "INBOUND UNREADABLE", "count"),
]
REBUILT = [
    Column("events", how="count"),
    Column("rows", how="count"),
    Column("differing", how="count"),
]


@app.command("info")
def info(ctx: typer.Context) -> None:
    """Show where the store is and what is in it.

    Example: careline store info -o json
    """
    run = runtime(ctx)
    found = run.line.store.info()
    run.show_one(found, columns=INFO)
    for dead in run.line.store.inbound.walk(state="dead", limit=5):
        run.say(f"inbound {dead.id} of {dead.channel} could not be applied: {dead.error}")


@app.command("rebuild")
def rebuild_store(
    ctx: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare: exit 1 when the tables are not what the journal says.")
    ] = False,
) -> None:
    """Fold the journal again, and put the result in place of the tables.

    Example: careline store rebuild --check
    """
    from careline.store.rebuild import rebuild

    run = runtime(ctx)
    store = run.line.store
    check = check or run.dry_run
    done = 0
    with run.progress("events", store.info().events) as step:

        def progress(reached: int) -> None:
            nonlocal done
            step(reached - done)
            done = reached

        found = rebuild(store, check=check, progress=progress)
    wrong = sum(found.differing.values())
    run.show_one({"events": found.events, "rows": sum(found.rows.values()), "differing": wrong}, columns=REBUILT)
    for table, number in found.differing.items():
        run.say(f"{table}: {number} row{'' if number == 1 else 's'} differed, {', '.join(found.examples[table])}")
    if wrong and check:
        raise Failed("The tables are not what the journal says.", code="store_differs", run="careline store rebuild")
