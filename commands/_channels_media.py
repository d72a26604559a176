"""Permanent files of a WeChat account. Part of `careline channels`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from careline.errors import Usage
from careline.model import Channel
from careline.rules.records import Record
from careline.sending.uploads import FOR_EVER, dropped, note
from cli.options import ChannelArgument
from cli.output import Column
from cli.runtime import Runtime, runtime

media = typer.Typer(help="Files that WeChat keeps for good; others it keeps for three days.")

MATERIAL = [
    Column("media_id", "ID"),
    Column("kind"),
    Column("name"),
    Column("updated_at", "CHANGED", "when"),
    Column("url", shown=False),
]
KINDS = ("image", "voice", "video", "news")


@media.command("list")
def list_media(
    ctx: typer.Context,
    channel: ChannelArgument,
    kind: Annotated[str, typer.Option("--kind", metavar="image|voice|video|news", help="One kind; without it, all.")] = "",
) -> None:
    """List the permanent files of an account, the latest first, and what room is left.

    Example: careline channels media list brand-cn --kind image
    """
    run = runtime(ctx)
    if kind and kind not in KINDS:
        raise Usage(f"--kind is {kind!r}.", code="bad_choice", hint=f"There are: {', '.join(KINDS)}.")
    found = run.line.channel(channel, "wechat")
    counts, rows = run.wait(_read(run, found, [kind] if kind else list(KINDS)))
    more = max(0, sum(counts[one] for one in ([kind] if kind else KINDS)) - len(rows))
    run.show(rows, columns=MATERIAL, more=more, empty="There is no permanent file.")
    if run.on_screen:
        from careline.channels.wechat.materials import MOST_OF

        run.say("used: " + ", ".join(f"{counts[one]:,} of {MOST_OF[one]:,} {one}" for one in KINDS))


@media.command("add")
def add_media(
    ctx: typer.Context,
    channel: ChannelArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A picture, a voice or a video.")],
    title: Annotated[str, typer.Option("--title", metavar="T", help="Of a video; without it, the file's name.")] = "",
    introduction: Annotated[str, typer.Option("--introduction", metavar="T", help="Of a video.")] = "",
    cover: Annotated[bool, typer.Option("--cover", help="For a song or a mini program: a JPEG of 64 KB.")] = False,
) -> None:
    """Hand a file over for good: send --media sends it from then on without uploading it again.

    Example: careline channels media add brand-cn price-list.jpg
    """
    run = runtime(ctx)
    found = run.line.channel(channel, "wechat")
    _, attachment = run.line.attachment(found, file, keep=not run.dry_run)
    if run.dry_run:
        run.say(f"Would add {file.name}, {attachment.media.bytes or 0:,} bytes, to {found.name}.")
        return
    from msgspec.structs import replace

    from careline.channels.wechat.materials import Materials

    async def added() -> str:
        async with run.line.http(found, run.timeout_us) as http:
            materials = Materials(run.line.door(found, http))
            words = {"title": title or file.stem, "introduction": introduction or title or file.stem}
            return await materials.add(attachment, thumb=cover, **words)

    media_id = run.wait(added())
    if not cover:  # a cover is no picture that a message carries
        note(run.line.store, found, replace(attachment.media, id=media_id), FOR_EVER)
    run.tell(media_id)


@media.command("remove")
def remove_media(
    ctx: typer.Context,
    channel: ChannelArgument,
    media_id: Annotated[str, typer.Argument(metavar="ID", help="As list shows it.")],
) -> None:
    """Delete a permanent file at WeChat; messages that carried it stay as they are.

    Example: careline channels media remove brand-cn hQ2vJ8uYk --yes
    """
    run = runtime(ctx)
    found = run.line.channel(channel, "wechat")
    run.confirm(f"Delete {media_id} from {found.name}'s permanent files?")
    if run.dry_run:
        run.say(f"Would delete {media_id}.")
        return
    from careline.channels.wechat.materials import Materials

    async def removed() -> None:
        async with run.line.http(found, run.timeout_us) as http:
            await Materials(run.line.door(found, http)).remove(media_id)

    run.wait(removed())
    dropped(run.line.store, found, media_id)
    run.say(f"{media_id} is deleted")


async def _read(run: Runtime, channel: Channel, kinds: list[str]) -> tuple[dict[str, int], list[Record]]:
    """How many there are of each kind, and as many of these as are to be shown."""
    from msgspec.structs import asdict

    from careline.channels.wechat.materials import Materials

    rows: list[Record] = []
    async with run.line.http(channel, run.timeout_us) as http:
        materials = Materials(run.line.door(channel, http))
        counts = await materials.counts()
        for kind in kinds:
            async for one in materials.all_of(kind):
                if run.limit is not None and len(rows) >= run.limit:
                    return counts, rows
                rows.append(asdict(one))
    return counts, rows
