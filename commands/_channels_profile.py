"""What customers meet first: of a WhatsApp number profile, picture, name, ice breakers and commands, from one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from careline.model import Channel
from cli.options import ChannelArgument
from cli.output import Column
from cli.runtime import Runtime, runtime
from commands import _channels_replies
from commands._channels import saying
from commands._channels_toml import read_toml

if TYPE_CHECKING:
    from careline.channels.whatsapp.profile import Profile
    from careline.channels.whatsapp.setup import Number

app = typer.Typer()

COLUMNS = [
    Column("channel"),
    Column("display_name", "NAME"),
    Column("about"),
    Column("description"),
    Column("address"),
    Column("email"),
    Column("websites", how="list"),
    Column("vertical"),
    Column("picture"),
    Column("welcome", how="flag"),
    Column("ice_breakers", "ICE BREAKERS", "list"),
    Column("commands", cell=lambda r: ", ".join(f"/{name}" for name in r["commands"] or {})),
]


@app.command("profile")
def profile(
    ctx: typer.Context,
    channel: ChannelArgument,
    set_file: Annotated[
        Path | None,
        typer.Option("--set", metavar="FILE", help="A TOML file: about, address, description, email, websites, vertical, …"),
    ] = None,
    photo: Annotated[Path | None, typer.Option("--photo", metavar="FILE", help="The picture: JPEG or PNG.")] = None,
) -> None:
    """Show what customers see of a number and what greets them, or set it from a file; what is the same stays untouched.

    Also in the file: display_name (Meta reviews it), welcome, ice_breakers, and a table [commands]. On WeChat it holds what the
    receiver answers by itself: follow, default, transfer, and tables [[keyword]].

    Example: careline channels profile shop-it --set profile.toml --photo shop.jpg
    """
    from careline.channels.whatsapp.profile import checked

    run = runtime(ctx)
    found = run.line.channel(channel, "whatsapp", "wechat")
    if found.kind == "wechat":
        _channels_replies.profile(run, found, set_file, photo)
        return
    run.expect(COLUMNS)
    wanted = checked(read_toml(set_file), str(set_file)) if set_file else {}
    if photo is not None:
        _check_photo(photo)
    run.show_one(run.wait(_set(run, found, wanted, photo)), columns=COLUMNS)


async def _set(run: Runtime, channel: Channel, wanted: dict[str, Any], photo: Path | None) -> dict[str, Any]:
    """Change what differs, and give the record as it is after that."""
    from careline.channels.whatsapp.profile import Profiles
    from careline.channels.whatsapp.registration import Registration
    from careline.channels.whatsapp.setup import Setup
    from careline.channels.whatsapp.uploads import Uploads

    say = saying(run)
    async with run.line.http(channel) as http:
        graph = run.line.graph(channel, http)
        profiles = Profiles(graph)
        before, number = await profiles.read(), await Setup(graph).number()
        name = wanted.pop("display_name", "")
        changes = before.differing(wanted)
        renamed = bool(name) and name not in (number.verified_name, number.new_name)
        if run.dry_run:
            for key in [*changes, *(["display_name"] if renamed else []), *(["picture"] if photo else [])]:
                run.say(f"Would set {key}.")
            return _record(channel, before, number)
        handle = await Uploads(graph).send(photo) if photo else ""
        if changes or handle:
            await profiles.write(changes, handle)
            say("profile", ", ".join([*changes, *(["picture"] if handle else [])]))
        if renamed:
            await Registration(graph).set_display_name(name)
            say("name", f"{name} is being reviewed; once it is approved: careline channels register whatsapp {channel.name}")
        if (wanted or name) and not (changes or handle or renamed):
            run.say("Nothing differs.")
        return _record(channel, await profiles.read(), await Setup(graph).number())


def _check_photo(path: Path) -> None:
    """Raises Usage for what is no picture, whatever it is called: Meta would take it, and show none."""
    from careline.channels.whatsapp.files import check_photo
    from careline.media.look import look

    check_photo(str(path), look(path, str(path)).mime, path.stat().st_size)


def _record(channel: Channel, profile: Profile, number: Number) -> dict[str, Any]:
    texts = {key: getattr(profile, key) or None for key in ("about", "description", "address", "email", "vertical", "picture")}
    return {
        "channel": channel.name,
        "display_name": number.verified_name or None,
        **texts,
        "websites": list(profile.websites),
        "welcome": profile.welcome,
        "ice_breakers": list(profile.ice_breakers),
        "commands": dict(profile.commands),
        "new_display_name": number.new_name or None,
        "new_display_name_state": number.new_name_status or None,
    }
