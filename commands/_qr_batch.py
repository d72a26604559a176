"""Thousands of codes from a table."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from careline.errors import Failed, Usage
from careline.model import Channel, Code
from careline.qr import ledger
from careline.qr.look import Look, format_of, millimetres
from careline.rules.times import parse_duration
from cli.options import ChannelOption, filled_in
from cli.runtime import Runtime, runtime
from commands._qr import DpiOption, ExpiresOption, PermanentOption, SizeOption, TextOption, account_of

if TYPE_CHECKING:
    from careline.qr.batch import Batch
    from careline.qr.wanted import Wanted

app = typer.Typer()


@app.command("batch")
def batch(
    ctx: typer.Context,
    table: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns: scene, channel, caption, text, campaign…")],
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="The folder for the pictures.")],
    channel: ChannelOption = None,
    written: Annotated[
        str | None, typer.Option("--format", metavar="png|svg|pdf", help="Of files that the table does not name; png.")
    ] = None,
    sheet: Annotated[str, typer.Option("--sheet", metavar="a4|a3|letter", help="Several codes on sheets to cut, as pdf.")] = "",
    expires: ExpiresOption = None,
    permanent: PermanentOption = False,
    numeric: Annotated[bool, typer.Option("--numeric", help="WeChat: the scenes are numbers.")] = False,
    text: TextOption = None,
    caption: Annotated[str, typer.Option("--caption", metavar="T", help="A line under each code.")] = "",
    logo: Annotated[Path | None, typer.Option("--logo", metavar="FILE", help="A picture in the middle.")] = None,
    color: Annotated[str, typer.Option("--color", metavar="HEX", help="The colour of the codes.")] = "#000000",
    size: SizeOption = "50mm",
    dpi: DpiOption = 300,
    campaign: Annotated[str, typer.Option("--campaign", metavar="C", help="What they belong to.")] = "",
    account: Annotated[str, typer.Option("--account", metavar="ACCOUNT", help="WeCom: whose chat they open.")] = "",
) -> None:
    """Draw a code for each row of a table; run again, it goes on where it stopped.

    Example: careline qr batch stores.csv --out codes/ --channel brand-cn --permanent --yes
    """
    from careline.qr import plan
    from careline.qr import table as tables
    from careline.qr.batch import Batch
    from commands._qr_results import RESULTS, show, work

    run = runtime(ctx)
    run.expect(RESULTS)
    read = tables.read(table)
    if sheet and written not in (None, "pdf"):
        raise Usage("A sheet is a pdf.", hint="Leave --format out.")
    folder = Path(filled_in(run, out))
    defaults = plan.Defaults(
        look=Look(size_mm=millimetres(size), dpi=dpi, color=color, caption=caption, logo=logo),
        folder=folder,
        base=table.parent,
        written="pdf" if sheet else format_of(written or "png"),
        expires=None if expires is None else parse_duration(expires),
        permanent=permanent,
        numeric=numeric,
        text=text,
        campaign=campaign,
        account=account,
        sheet=sheet,
    )

    @cache
    def channel_of(name: str) -> Channel:
        return run.line.channel(name or channel)

    @cache
    def opened(channel: Channel, name: str) -> str:
        return account_of(run, channel, name)

    if read.unread:
        run.say(f"Columns that are not read: {', '.join(read.unread)}")
    with run.line.store.lock("qr", wait=run.if_busy == "wait"):
        wanted = plan.plan(run.line.store, read.rows, channel_of, opened, defaults)
        for name, count in plan.same_texts(wanted).items():
            run.say(f"{count:,} codes of {name} begin the same message: their chats cannot be told apart.")
        if permanent and (count := plan.ending_anyway(wanted)):
            run.say(run.paint(f"{count:,} of {len(wanted):,} rows say when they expire: those codes are temporary.", "warn"))
        made = Batch(run.line.store, wanted, run.actor("qr"))
        _check_permanent(run, made.to_ask())
        if run.dry_run:
            _would(run, made)
            return
        make_folders(wanted)
        work(run, made)
    show(run, made)


def make_folders(wanted: list[Wanted]) -> None:
    """Make the folders that the pictures go to. Raises Failed before anything is asked for where that cannot be."""
    for folder in {one.path.parent for one in wanted}:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Failed(
                f"The folder {folder} cannot be made: {(error.strerror or str(error)).lower()}.",
                code="not_written",
                hint="another folder after --out",
            ) from error


def _check_permanent(run: Runtime, to_ask: list[Wanted]) -> None:
    """Ask whether so many permanent codes are meant. Raises Usage where the account has not as many left."""
    asked = [one for one in to_ask if one.permanent]
    if not asked:
        return
    store = run.line.store
    spent = {key for key, code in store.load(Code, [(one.channel.name, one.key) for one in asked]).items() if code.spent}
    counts = Counter(one.channel.name for one in asked if (one.channel.name, one.key) not in spent)
    channels = {one.channel.name: one.channel for one in asked}
    for name, count in counts.items():
        ledger.check_budget(store, channels[name], count)
        left = ledger.permanent_left(store, channels[name])
        if left - count <= ledger.FEW:
            run.say(run.paint(f"{name} will have {left - count:,} permanent codes left, and none is ever given back.", "warn"))
    said = ", ".join(f"{count:,} on {name} ({ledger.said_left(store, channels[name])})" for name, count in counts.items())
    if said:
        run.confirm(f"Ask for permanent codes: {said}?")


def _would(run: Runtime, batch: Batch) -> None:
    """Say what would be done, row by row where a script reads it."""
    from commands._qr_results import RESULTS

    states = ["same" if one.line in batch.same else "draw" if one.code else "ask" for one in batch.wanted]
    if not run.on_screen:
        run.show([batch.record(one, state) for one, state in zip(batch.wanted, states, strict=True)], columns=RESULTS)
    counts = Counter(states)
    drawn = len({one.path for one, state in zip(batch.wanted, states, strict=True) if state != "same"})
    run.say(
        f"Would ask for {counts['ask']:,} of {len(states):,} codes and write {drawn:,} "
        f"{'file' if drawn == 1 else 'files'}; {counts['same']:,} are as they should be."
    )
