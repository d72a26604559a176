"""Accounts on WhatsApp and WeChat."""

from __future__ import annotations

import typer

from careline.model import Channel
from careline.rules.records import channel_record
from cli.options import ChannelArgument
from cli.runtime import Runtime, runtime
from commands import (
    _channels_analytics,
    _channels_care,
    _channels_media,
    _channels_profile,
    _channels_register,
    _channels_rotate,
    _channels_staff,
    _channels_wecom,
)
from commands._channels import COLUMNS, DETAIL, told

app = typer.Typer()
app.add_typer(_channels_register.register, name="register")
app.add_typer(_channels_media.media, name="media")


@app.command("list")
def list_channels(ctx: typer.Context) -> None:
    """List the channels of this profile.

    Example: careline channels list -o json
    """
    run = runtime(ctx)
    run.show(
        [channel_record(c) for c in run.line.channels()],
        columns=COLUMNS,
        empty="No channel is registered yet: careline channels register --help",
    )


@app.command("show")
def show_channel(ctx: typer.Context, channel: ChannelArgument) -> None:
    """Show one channel, with the address its webhooks must go to.

    Example: careline channels show shop-it
    """
    run = runtime(ctx)
    run.show_one(channel_record(run.line.channel(channel)), columns=DETAIL)


@app.command("pause")
def pause(ctx: typer.Context, channel: ChannelArgument) -> None:
    """Send nothing and take nothing in until it is resumed; WhatsApp repeats its webhooks for days, WeChat drops them.

    Example: careline channels pause shop-it
    """
    run = runtime(ctx)
    _turn(run, channel, "paused")


@app.command("resume")
def resume(ctx: typer.Context, channel: ChannelArgument) -> None:
    """Put a paused channel into service again.

    Example: careline channels resume shop-it
    """
    from careline.registering.steps import in_service

    run = runtime(ctx)
    _turn(run, channel, "active" if in_service(run.line.channel(channel)) else "incomplete")


@app.command("remove")
def remove(ctx: typer.Context, channel: ChannelArgument) -> None:
    """Forget a channel's secrets and stop receiving for it; its chats stay.

    Example: careline channels remove shop-it --yes
    """
    from careline.errors import CarelineError
    from careline.registering import steps
    from careline.rules.kinds import KINDS

    run = runtime(ctx)
    found = run.line.channel(channel)
    run.confirm(f"Remove channel {found.name} and forget its secrets?")
    if run.dry_run:
        run.say(f"Would remove {found.name}: its webhooks, its secrets in the keyring. Its chats stay.")
        return
    run.expect(DETAIL)
    if found.kind == "whatsapp":
        try:
            run.wait(_leave(run, found))
        except CarelineError as error:
            run.say(f"Meta could not be told, and may go on calling {found.name}'s address: {error.message}")
    after = steps.turned(run.line.store, found, "removed", run.actor("channels"))
    if not run.line.secrets.forget(found.name, (*KINDS[found.kind].secrets, KINDS[found.kind].before)):
        run.say("The keyring could not be asked: what it may hold of this channel is still there.")
    run.line.write_names()
    told(run, after)


async def _leave(run: Runtime, channel: Channel) -> None:
    from careline.channels.whatsapp.setup import Setup

    async with run.line.http(channel) as http:
        await Setup(run.line.graph(channel, http)).forget_callback()


def _turn(run: Runtime, name: str, state: str) -> None:
    from careline.registering import steps

    found = run.line.channel(name)
    if run.dry_run:
        run.say(f"Would make {found.name} {state}.")
        return
    run.expect(DETAIL)
    told(run, steps.turned(run.line.store, found, state, run.actor("channels")))


for part in (
    _channels_register,
    _channels_rotate,
    _channels_profile,
    _channels_care,
    _channels_analytics,
    _channels_staff,
    _channels_wecom,
):
    app.registered_commands += part.app.registered_commands
