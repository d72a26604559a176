"""The store as a whole: what is in it, and moving, migrating, backing up, restoring and repairing it."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import asdict

from careline.errors import Failed, NotFound, Usage
from cli.output import Column
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.settings import StoreAddress
    from careline.store.base import Store

app = typer.Typer()

SHOWN = 5

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
MIGRATED = [
    Column("path"),
    Column("state"),
    Column("before", how="count"),
    Column("version", how="count"),
    Column("folded", "EVENTS FOLDED", "count"),
    Column("backups"),
]
BACKUP = [
    Column("path"),
    Column("store_id", "STORE"),
    Column("made_at", how="when"),
    Column("events", how="count"),
    Column("inbound", how="count"),
    Column("bytes", how="count"),
    Column("journal_hash"),
]
RESTORED = [
    Column("path"),
    Column("store"),
    Column("state"),
    Column("made_at", how="when"),
    Column("events", how="count"),
    Column("inbound", how="count"),
]
RELEASED = [Column("path"), Column("state"), Column("held"), Column("unsettled", how="count")]
COPIED = [
    Column("source", "FROM"),
    Column("target", "TO"),
    Column("state"),
    Column("events", how="count"),
    Column("rows", how="count"),
    Column("inbound", how="count"),
    Column("files", how="count"),
    Column("hash"),
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
    store = run.line.store_as_it_is
    found = store.info()
    run.show_one(found, columns=INFO)
    meta = store.meta()
    if to := meta.get("sealed"):
        run.say(f"It was moved to {to}: name that in CARELINE_STORE.")
    if source := meta.get("filling"):
        run.say(f"It is being filled from {source}: the same copy or restore goes on where it stopped.")
    if held := meta.get("held"):
        run.say(f"Sending is held: it was restored from {held}. `careline store release` ends that.")
    for dead in store.inbound.walk(state="dead", limit=SHOWN):
        run.say(f"inbound {dead.id} of {dead.channel} could not be applied: {dead.error}")
    if (more := found.inbound["dead"] - SHOWN) > 0:
        run.say(f"and {more:,} more: careline inbound list --state dead")


@app.command("migrate")
def migrate_store(ctx: typer.Context) -> None:
    """Bring a store of an older careline up to date, after a backup.

    Files are backed up beside themselves, a database into the profile's folder. Stop `careline receive` before.

    Example: careline store migrate --dry-run
    """
    from careline.store.migrate import migrate, plan

    run = runtime(ctx)
    run.settings.prepare()
    address = run.settings.store
    if run.dry_run:
        run.show_one(plan(address), columns=MIGRATED)
        return
    with run.progress("events") as step:
        done = migrate(address, run.now(), run.settings.profile_dir, step)
    run.show_one(done, columns=MIGRATED)
    for path in done.backups:
        run.say(f"Before that: {path}")


@app.command("backup")
def backup_store(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it must not be there yet.")],
) -> None:
    """Write the store into one file, while it is used.

    It holds the journal and the webhooks; tables are folded again, access tokens and the files of chats stay behind.

    Example: careline store backup shop-2026-11-22.bak
    """
    from careline.store.backup import backup

    run = runtime(ctx)
    store = run.line.store
    if run.dry_run:
        found = store.info()
        events, inbound = found.events, sum(found.inbound.values())
        run.show_one({"path": str(file), "store_id": found.store_id, "events": events, "inbound": inbound}, columns=BACKUP)
        return
    if str(file) == "-":
        raise Usage("A backup is a file, not a stream.", code="no_stream", run="careline store backup FILE")
    with run.progress("rows", _rows(store)) as step:
        done = backup(store, run.cwd / file, step)
    run.show_one(done, columns=BACKUP)


@app.command("restore")
def restore_store(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `store backup` wrote.")]
) -> None:
    """Fill the store, which must be empty, from a backup.

    Sending is held until `careline store release`: the backup knows nothing of what went out since.

    Example: careline store restore shop-2026-11-22.bak
    """
    from careline.rules.times import rfc3339
    from careline.store.backup import called, describe, plan, restore

    run = runtime(ctx)
    path = run.cwd / file
    if run.dry_run:
        run.show_one(plan(path, run.line.store_as_it_is), columns=RESTORED)
        return
    found = describe(path)
    before = run.line.store_as_it_is.meta()
    again = before.get("held") == called(found) and "filling" not in before
    with run.progress("rows", found.events + found.inbound) as step:
        done = restore(path, run.line.store_as_it_is, step)
    run.line.write_names()
    run.show_one(done, columns=RESTORED)
    if again:
        run.say("It was restored from this backup before: nothing was done.")
    run.say(f"What was sent after {rfc3339(found.made_at)} is not in it: sending is held until `careline store release`.")


@app.command("release")
def release(ctx: typer.Context) -> None:
    """Let a restored store send again.

    Example: careline store release --dry-run
    """
    from careline.model import Message

    run = runtime(ctx)
    store = run.line.store
    held = store.meta().get("held", "")
    unsettled = store.count(Message, "WHERE state IN ('queued', 'sending', 'unknown')")
    if held and not run.dry_run:
        store.note("held", None)
    run.show_one({"path": store.where, "state": store.info().state, "held": held, "unsettled": unsettled}, columns=RELEASED)
    if not held:
        run.say("Nothing is held.")
    elif run.dry_run:
        run.say("Would let it send again.")
    if unsettled:
        run.say("Of some messages nobody knows what became of them: careline outbox list --state unknown")


@app.command("copy")
def copy_store(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="A careline.db, or postgresql://…")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same; an empty one, or what an earlier copy began.")],
) -> None:
    """Move everything from one store into another.

    The first one is sealed at the end: it answers reads, and refuses the rest. Access tokens stay behind; files of chats are
    the profile's, and follow into another one. Cut off at any moment, the same command goes on where it stopped.

    Example: careline store copy ~/shop/careline.db postgresql://care@db/shop
    """
    from careline.line import open_store, store_exists
    from careline.media.along import bring, following
    from careline.store.copy import copy, plan

    run = runtime(ctx)
    old_address, new_address = _address(run, source), _address(run, target)
    if not store_exists(old_address):
        raise NotFound(f"There is no store at {source}.", code="no_store", run="careline store copy --help")
    with ExitStack() as opened:
        old = opened.enter_context(closing(open_store(old_address, run.now)))
        made = not run.dry_run or store_exists(new_address)
        new = opened.enter_context(closing(open_store(new_address, run.now))) if made else None
        if new is None or run.dry_run:
            _, files = following(old_address, new_address, run.settings.profile_dir)
            run.show_one(asdict(plan(old, new, target)) | {"files": len(files)}, columns=COPIED)
            return
        with run.progress("rows", _rows(old)) as step:
            done = copy(old, new, step)
    shelf, files = following(old_address, new_address, run.settings.profile_dir)
    with run.progress("files", len(files)) as step:
        bring(shelf, files, step)
    run.show_one(asdict(done) | {"files": len(files)}, columns=COPIED)
    if not done.hash:
        run.say("Everything was moved before: nothing was done.")
    run.say(f"{done.source} is sealed. Name the new store in CARELINE_STORE, in cron and for `careline receive` too.")


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
    with run.progress("events", store.info().events) as step:
        found = rebuild(store, check=check, step=step)
    wrong = sum(found.differing.values())
    run.show_one({"events": found.events, "rows": sum(found.rows.values()), "differing": wrong}, columns=REBUILT)
    for table, number in found.differing.items():
        run.say(f"{table}: {number} row{'' if number == 1 else 's'} differed, {', '.join(found.examples[table])}")
    if wrong and check:
        raise Failed("The tables are not what the journal says.", code="store_differs", run="careline store rebuild")


def _rows(store: Store) -> int:
    found = store.info()
    return found.events + sum(found.inbound.values())


def _address(run: Runtime, word: str) -> StoreAddress:
    """The address that a word names, with the password that CARELINE_STORE has for it: on the command line all would see it."""
    from urllib.parse import parse_qs, urlsplit

    from careline.settings import StoreAddress
    from careline.settings_keys import POSTGRES

    if not word.startswith(POSTGRES):
        path = run.cwd / Path(word).expanduser()
        if word == "-" or not path.parent.is_dir():
            raise Usage(f"{word} is no place for a store.", code="bad_address", hint="A file careline.db, or postgresql://…")
        return StoreAddress.of(str(path))
    try:
        parts = urlsplit(word)
        secret = parts.password or "password" in parse_qs(parts.query)
    except ValueError:
        raise Usage("That is no address of a database.", code="bad_address", hint="postgresql://USER@HOST/NAME") from None
    if secret:
        raise Usage(
            "An address on the command line carries no password: everybody on this machine can read it there.",
            code="password_in_argument",
            hint="It belongs into PGPASSWORD, a ~/.pgpass, or the address in CARELINE_STORE. Change it: it was seen.",
        )
    known = run.settings.store.url
    return StoreAddress.of(known if known and _bare(known) == _bare(word) else word)


def _bare(url: str) -> str:
    """An address without its password."""
    head, at, rest = url.rpartition("@")
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.partition(':')[0]}@{rest}" if at else url
