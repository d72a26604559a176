"""Other codes for scenes whose temporary ones end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from careline.errors import Usage
from careline.model import Code
from cli.options import filled_in
from cli.runtime import Runtime, runtime
from commands._qr import the_code
from commands._qr_batch import make_folders

if TYPE_CHECKING:
    from careline.qr.wanted import Wanted

app = typer.Typer()


@app.command("renew")
def renew(
    ctx: typer.Context,
    scenes: Annotated[list[str], typer.Argument(metavar="SCENE...", help="SCENE or CHANNEL/SCENE; - reads them from stdin.")],
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="The folder for the new pictures.")],
) -> None:
    """Draw other codes for scenes whose temporary ones end, which live as long; what hangs on the wall stays dead.

    Example: careline qr list --expires-within 7d -o ids | careline qr renew - --out new/
    """
    from careline.qr.batch import Batch
    from commands._qr_results import RESULTS, show, work

    run = runtime(ctx)
    run.expect(RESULTS)
    folder = Path(filled_in(run, out))
    codes = {(code.channel, code.scene_key): code for code in (the_code(run, name) for name in run.names(scenes))}
    if not codes:
        run.say("No scene was named.")
        return
    several = len({channel for channel, _ in codes}) > 1
    wanted = [_wanted(run, number, code, folder, several) for number, code in enumerate(codes.values(), 1)]
    if run.dry_run:
        run.say(f"Would ask for {len(wanted):,} other {'code' if len(wanted) == 1 else 'codes'} and draw them into {folder}.")
        return
    with run.line.store.lock("qr", wait=run.if_busy == "wait"):
        made = Batch(run.line.store, wanted, run.actor("qr"))
        make_folders(wanted)
        work(run, made)
    run.say("These are other pictures: hang them up, for what hangs there now ends when it would have.")
    show(run, made)


def _wanted(run: Runtime, number: int, code: Code, folder: Path, several: bool) -> Wanted:
    """The same again, of another code."""
    from careline.qr.draw import check
    from careline.qr.plan import file_name
    from careline.qr.wanted import Wanted, look_of

    if code.expires_at is None:
        raise Usage(f"The code of {code.scene} never ends: there is nothing to renew.", code="never_ends")
    look, written = look_of(code)
    check(look, written)
    name = f"{code.channel}-{code.scene}" if several else code.scene
    return Wanted(
        line=number,
        channel=run.line.channel(code.channel),
        key=code.scene_key,
        look=look,
        path=folder / f"{file_name(name)}.{written}",
        written=written,
        lasts=code.expires_at - code.created_at,
        campaign=code.campaign,
    )
