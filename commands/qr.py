"""QR codes that lead into a chat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from careline.clock import DAY, MINUTE
from careline.errors import Usage
from careline.model import Channel, Code
from careline.qr import ledger, terms
from careline.qr.look import Look, millimetres
from careline.rules.records import code_record
from careline.rules.times import parse_duration, say_duration, say_when
from cli.options import ChannelOption, filled_in, names_option
from cli.runtime import Runtime, runtime
from commands import _qr_batch, _qr_renew, _qr_stats
from commands._qr import (
    COLUMNS,
    DpiOption,
    ExpiresOption,
    PermanentOption,
    SizeOption,
    TextOption,
    account_of,
    asking,
    the_code,
)

if TYPE_CHECKING:
    from careline.qr.draw import Picture
    from careline.qr.wanted import Wanted

app = typer.Typer()


@app.command("create")
def create(
    ctx: typer.Context,
    scene: Annotated[str, typer.Option("--scene", metavar="S", help="Where it will hang: shop-012.")],
    channel: ChannelOption = None,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="The picture: .png, .svg or .pdf.")] = None,
    expires: ExpiresOption = None,
    permanent: PermanentOption = False,
    numeric: Annotated[bool, typer.Option("--numeric", help="WeChat: the scene is a number.")] = False,
    text: TextOption = None,
    caption: Annotated[str, typer.Option("--caption", metavar="T", help="A line under the code.")] = "",
    logo: Annotated[Path | None, typer.Option("--logo", metavar="FILE", help="A picture in its middle.")] = None,
    color: Annotated[str, typer.Option("--color", metavar="HEX", help="The colour of the code.")] = "#000000",
    size: SizeOption = "50mm",
    dpi: DpiOption = 300,
    campaign: Annotated[str, typer.Option("--campaign", metavar="C", help="What it belongs to.")] = "",
    account: Annotated[str, typer.Option("--account", metavar="ACCOUNT", help="WeCom: whose chat it opens.")] = "",
    printed: Annotated[bool, typer.Option("--print", help="Draw it in the terminal.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Another code, even if the scene has one.")] = False,
) -> None:
    """Draw a code that leads into a chat; the same scene again draws the code it has.

    Example: careline qr create --channel brand-cn --scene shop-012 --out shop-012.png
    """
    run = runtime(ctx)
    run.expect(COLUMNS)
    found = run.line.channel(channel)
    if out is None and not printed:
        raise Usage("Where to? --out FILE, or --print.", run="careline qr create --help")
    lives = None if expires is None else parse_duration(expires)
    lasts = terms.lifetime(found, lives, permanent=permanent, numeric=numeric, text=text)
    key = ledger.scene_key(scene, numeric=numeric)
    terms.check_key(found, key, permanent=permanent)
    look = Look(size_mm=millimetres(size), dpi=dpi, color=color, caption=caption, logo=logo)
    path = Path(filled_in(run, out, channel=found.name)) if out is not None else None
    if path is not None:
        from careline.qr.draw import check

        check(look, path.suffix)
    if printed and run.output not in ("table", "tsv"):
        raise Usage(f"--print draws for a person, -o {run.output} writes for a program: one of them.", code="bad_output")
    opens = account_of(run, found, account) if account else ""
    known = None if new else ledger.usable(run.line.store, found, key)
    if known is None and found.kind == "wecom":
        opens = account_of(run, found, account)
    if known is not None:
        terms.check_same(known, permanent=permanent, text=text, account=opens)
    elif permanent:
        ledger.check_budget(run.line.store, found, _new_permanent(run, found, key))
    if run.dry_run:
        what = "draw the code it has" if known else f"ask the platform for a {'permanent' if permanent else 'new'} code"
        run.say(f"Would {what} for the scene {key[2:]}, and write {path or 'it to the terminal'}.")
        return

    from careline.qr.look import format_of
    from careline.qr.wanted import Wanted

    wanted = Wanted(
        line=0,
        channel=found,
        key=key,
        look=look,
        path=path or Path(),
        written=format_of(path.suffix) if path else "png",
        permanent=permanent,
        lasts=lasts,
        text=text,
        campaign=campaign,
        account=opens,
        code=known,
    )
    if path is None:
        code = known or _asked(run, wanted)
    else:
        code, picture = _drawn(run, wanted)
        if run.on_screen:
            size = f"{picture.width_px} × {picture.height_px} px, {look.size_mm:g} mm at {look.dpi} dpi"
            run.tell(f"{path}  {size}, read back")
    if printed:
        _print(run, code, must=path is None)
    _show(run, found, code, printed)


@app.command("list")
def list_codes(
    ctx: typer.Context,
    channel: ChannelOption = None,
    campaign: Annotated[str | None, typer.Option("--campaign", metavar="C", help="Of this campaign.")] = None,
    expires_within: Annotated[str | None, typer.Option("--expires-within", metavar="DURATION", help="Dead by then.")] = None,
) -> None:
    """List the codes of the ledger with what came of them.

    Example: careline qr list --expires-within 7d
    """
    run = runtime(ctx)
    names = [run.line.channel(name).name for name in names_option(channel)]
    soon = None if expires_within is None else run.now() + parse_duration(expires_within)
    codes = [
        code_record(code)
        for code in run.line.store.select(Code, "ORDER BY created_at DESC, scene_key")
        if (not names or code.channel in names)
        and (campaign is None or code.campaign == campaign)
        and (soon is None or (code.expires_at is not None and code.expires_at <= soon))
    ]
    narrowed = names or campaign is not None or soon is not None
    empty = "No code is such." if narrowed else "No code yet: careline qr create --help"
    limit = run.limit
    shown = codes if limit is None else codes[:limit]
    run.show(shown, columns=COLUMNS, more=len(codes) - len(shown), empty=empty)


@app.command("show")
def show_code(
    ctx: typer.Context,
    scene: Annotated[str, typer.Argument(metavar="SCENE", help="The scene, or CHANNEL/SCENE.")],
) -> None:
    """Show one code of the ledger.

    Example: careline qr show shop-012
    """
    run = runtime(ctx)
    run.show_one(code_record(the_code(run, scene)), columns=COLUMNS)


for part in (_qr_batch, _qr_renew, _qr_stats):
    app.registered_commands += part.app.registered_commands


def _new_permanent(run: Runtime, channel: Channel, key: str) -> int:
    """1, or 0 for a scene whose permanent code the platform would give again."""
    before = run.line.store.get(Code, channel.name, key)
    return 0 if before is not None and before.spent else 1


def _asked(run: Runtime, wanted: Wanted) -> Code:
    """A new code of the platform, noted at once: a permanent one is never given back."""

    async def ask() -> Code:
        async with asking(run, [wanted]) as ask_for:
            return ledger.keep(run.line.store, wanted.channel, await ask_for(wanted), run.actor("qr"))

    code = run.wait(ask())
    run.line.write_names()
    return code


def _drawn(run: Runtime, wanted: Wanted) -> tuple[Code, Picture]:
    """The code with its picture written and read back. The file is opened before the platform is asked."""
    from careline.events import CodeDrawn
    from careline.files import replacing
    from careline.qr.draw import draw
    from careline.qr.readback import read_back

    with replacing(wanted.path) as file:
        code = wanted.code or _asked(run, wanted)
        picture = draw(code.url, wanted.look, wanted.written)
        read_back(picture.data, wanted.written, code.url)
        file.write(picture.data)
    drawn = CodeDrawn(scene_key=code.scene_key, file=str(wanted.path), look=wanted.said_look())
    return ledger.keep(run.line.store, wanted.channel, drawn, run.actor("qr")), picture


def _print(run: Runtime, code: Code, *, must: bool) -> None:
    """Draw the code in characters; where they do not fit, that is an error only if nothing else was drawn (``must``)."""
    from careline.qr.terminal import terminal

    try:
        run.write(terminal(code.url, width=run.width if run.on_screen else None, color=run.on_screen) + "\n")
    except Usage as error:
        if must:
            raise
        run.say(f"Not printed: {error.message}")


def _show(run: Runtime, channel: Channel, code: Code, printed: bool) -> None:
    if not run.on_screen:
        if not printed:
            run.show_one(code_record(code), columns=COLUMNS)
        return
    now, zone = run.now(), run.tz
    run.tell(f"  scene    {code.scene} ({'number' if code.numeric else 'text'})")
    run.tell(f"  url      {code.url}")
    if code.expires_at is not None:
        left = -(-(code.expires_at - now) // MINUTE) * MINUTE
        run.tell(f"  expires  {say_when(code.expires_at, zone, now)} ({say_duration(left)})")
        run.tell(f"\nTemporary: after that {'day ' if left >= DAY else ''}the picture is dead. For a wall: --permanent")
        run.tell(f"({ledger.said_left(run.line.store, channel)}).")
    elif channel.kind == "wechat":
        run.tell("  expires  never")
        left = ledger.permanent_left(run.line.store, channel)
        said = f"({ledger.said_left(run.line.store, channel)})"
        run.tell(f"\n{run.paint(said, 'warn') if left <= ledger.FEW else said}")
