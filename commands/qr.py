"""QR codes that lead into a chat."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from careline.clock import MINUTE
from careline.errors import NotFound, Usage
from careline.events import CodeCreated, CodeDrawn
from careline.model import Channel, Code
from careline.qr import ledger
from careline.qr.look import Look, millimetres
from careline.rules.records import code_record
from careline.rules.times import parse_duration, say_duration, say_when
from cli.options import ChannelOption, filled_in, names_option
from cli.output import Column
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.qr.draw import Picture

app = typer.Typer()

COLUMNS = [
    Column("scene"),
    Column("channel"),
    Column("url"),
    Column("file"),
    Column("expires_at", "EXPIRES", "when"),
    Column("scans", how="count"),
    Column("follows", how="count"),
    Column("chats", how="count"),
    Column("campaign", shown=False),
    Column("caption", shown=False),
    Column("ticket", shown=False),
    Column("permanent", how="flag", shown=False),
    Column("numeric", how="flag", shown=False),
]


@app.command("create")
def create(
    ctx: typer.Context,
    scene: Annotated[str, typer.Option("--scene", metavar="S", help="Where it will hang: shop-012.")],
    channel: ChannelOption = None,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="The picture: .png, .svg or .pdf.")] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="DURATION", help="WeChat: up to 30d, which it is.")
    ] = None,
    permanent: Annotated[
        bool, typer.Option("--permanent", help="WeChat: for ever; 100,000 an account, never deletable.")
    ] = False,
    numeric: Annotated[bool, typer.Option("--numeric", help="WeChat: the scene is a number.")] = False,
    text: Annotated[str | None, typer.Option("--text", metavar="T", help="WhatsApp: how the message begins.")] = None,
    caption: Annotated[str, typer.Option("--caption", metavar="T", help="A line under the code.")] = "",
    logo: Annotated[Path | None, typer.Option("--logo", metavar="FILE", help="A picture in its middle.")] = None,
    color: Annotated[str, typer.Option("--color", metavar="HEX", help="The colour of the code.")] = "#000000",
    size: Annotated[str, typer.Option("--size", metavar="MM", help="The width with its quiet zone: 40mm.")] = "50mm",
    dpi: Annotated[int, typer.Option("--dpi", metavar="N", help="Pixels an inch.")] = 300,
    campaign: Annotated[str, typer.Option("--campaign", metavar="C", help="What it belongs to.")] = "",
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
    lasts = _lasts(found, expires, permanent, numeric, text)
    key = ledger.scene_key(scene, numeric=numeric)
    look = Look(size_mm=millimetres(size), dpi=dpi, color=color, caption=caption, logo=logo)
    path = Path(filled_in(run, out, channel=found.name)) if out is not None else None
    if path is not None:
        from careline.qr.draw import check

        check(look, path.suffix)
    if printed and run.output not in ("table", "tsv"):
        raise Usage(f"--print draws for a person, -o {run.output} writes for a program: one of them.", code="bad_output")
    known = None if new else ledger.usable(run.line.store, found, key)
    if known is not None:
        _check_same(known, permanent, text)
    if run.dry_run:
        what = "draw the code it has" if known else f"ask the platform for a {'permanent' if permanent else 'new'} code"
        run.say(f"Would {what} for the scene {key[2:]}, and write {path or 'it to the terminal'}.")
        return

    def ask() -> Code:
        return _asked(run, found, key, permanent, lasts, text, caption, campaign)

    if path is None:
        code = known or ask()
    else:
        code, picture = _drawn(run, found, path, look, known, ask)
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
    channel, _, name = scene.partition("/")
    tail = "WHERE scene = ? OR (channel = ? AND scene = ?) ORDER BY channel"
    found = list(run.line.store.select(Code, tail, scene, channel, name))
    if not found:
        raise NotFound(f"There is no code for the scene {scene!r}.", code="unknown_scene", run="careline qr list")
    if len(found) > 1:
        raise Usage(f"Several codes have that scene: {', '.join(f'{c.channel}/{c.scene}' for c in found)}.")
    run.show_one(code_record(found[0]), columns=COLUMNS)


def _lasts(channel: Channel, expires: str | None, permanent: bool, numeric: bool, text: str | None) -> int:
    """How long a temporary code lives. Raises Usage for what the platform does not have."""
    if channel.kind == "whatsapp":
        if expires is not None:
            raise Usage("WhatsApp's codes do not expire.", code="no_expiry", hint="Leave --expires out.")
        if numeric or permanent:
            raise Usage("--numeric and --permanent are WeChat's.", hint="WhatsApp's codes always are permanent.")
        return 0
    if text is not None:
        raise Usage("--text is WhatsApp's: WeChat's codes carry a scene, no text.")
    if permanent and expires is not None:
        raise Usage("A code is either --permanent or --expires some day.")
    lasts = ledger.MOST_EXPIRES if expires is None else parse_duration(expires)
    if lasts > ledger.MOST_EXPIRES:
        raise Usage("WeChat's temporary codes live for 30 days at most.", hint="--expires 30d, or --permanent for a wall.")
    return lasts


def _asked(
    run: Runtime, channel: Channel, key: str, permanent: bool, lasts: int, text: str | None, caption: str, campaign: str
) -> Code:
    """A new code of the platform, noted at once: a permanent one is never given back."""
    from msgspec.structs import replace

    async def ask() -> CodeCreated:
        if channel.kind == "whatsapp" and (text is None or len(text) > ledger.MOST_TEXT):
            from careline.channels.whatsapp.messages import wa_me_link

            return ledger.link(key, wa_me_link(channel.address, text or ""), text or "")
        async with run.line.http(channel) as http:
            if channel.kind == "whatsapp":
                from careline.channels.whatsapp.codes import Codes

                return await ledger.ask_whatsapp(Codes(run.line.graph(channel, http)), key, text or "")
            from careline.channels.wechat.codes import Codes as WeChatCodes

            return await ledger.ask_wechat(
                WeChatCodes(run.line.door(channel, http)), key, permanent=permanent, expires=lasts, now=run.now()
            )

    event = replace(run.wait(ask()), caption=caption, campaign=campaign)
    actor = run.actor("qr")
    code = ledger.keep(run.line.store, channel, event, actor)
    run.line.write_names()
    return code


def _drawn(
    run: Runtime, channel: Channel, path: Path, look: Look, known: Code | None, ask: Callable[[], Code]
) -> tuple[Code, Picture]:
    """The code with its picture written and read back. The file is opened before the platform is asked."""
    from careline.files import replacing
    from careline.qr.draw import draw
    from careline.qr.readback import read_back

    with replacing(path) as file:
        code = known or ask()
        picture = draw(code.url, look, path.suffix)
        read_back(picture.data, path.suffix, code.url)
        file.write(picture.data)
    drawn = CodeDrawn(scene_key=code.scene_key, file=str(path))
    return ledger.keep(run.line.store, channel, drawn, "auto:qr"), picture


def _check_same(known: Code, permanent: bool, text: str | None) -> None:
    """Raises Usage when the code that the scene has is not the one that is asked for."""
    if text is not None and known.text != text:
        other = f"with another text: {known.text!r}"
    elif permanent and not known.permanent:
        other = "which is temporary"
    else:
        return
    raise Usage(
        f"The scene {known.scene} has a code already, {other}.",
        code="scene_has_code",
        hint="Pictures of it may hang somewhere. --new makes another code for the scene.",
    )


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
        run.tell("\nTemporary: after that the picture is dead. For a wall: --permanent")
    elif channel.kind == "wechat":
        run.tell("  expires  never")
