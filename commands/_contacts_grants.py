"""What a customer may still be notified of on WeChat. Part of `careline contacts`."""

from __future__ import annotations

from typing import Annotated

import typer

from careline.errors import NotFound, Usage
from careline.model import Channel, Identity, Subscription, Template
from careline.rules import subscriptions
from careline.rules import template as naming
from careline.rules.decide.subscriptions import granted
from careline.rules.records import Record
from cli.options import ChannelOption
from cli.output import Column
from cli.runtime import Runtime, runtime
from commands._contacts import followers

app = typer.Typer()

COLUMNS = [
    Column("channel"),
    Column("template"),
    Column("state", how="state"),
    Column("left", how="count"),
    Column("granted", how="count"),
    Column("used", how="count"),
    Column("granted_at", "LAST GRANTED", "when"),
    Column("void_at", "VOID UP TO", "when", shown=False),
    Column("rejected_at", "LAST REJECTED", "when", shown=False),
    Column("id", "TEMPLATE'S ID", shown=False),
]


@app.command("grants")
def grants(
    ctx: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="The person's number: c17.")],
    channel: ChannelOption = None,
    add: Annotated[
        str, typer.Option("--add", metavar="TEMPLATE", help="Note one more grant, which careline did not hear of.")
    ] = "",
) -> None:
    """Show how many WeChat notifications a person still agrees to.

    Each agreement is good for one. Without one left nothing is sent; what careline did not hear of can be added by hand.

    Example: careline contacts grants c17
    """
    run = runtime(ctx)
    run.expect(COLUMNS)
    people = followers(run, contact, channel)
    if add:
        _add(run, people, add)
        if run.dry_run:
            return
    rows = [_record(run, row) for one in people for row in _rows(run, one)]
    run.show(rows, columns=COLUMNS, empty="They have answered no notification since careline listens.")


def _add(run: Runtime, people: list[Identity], named: str) -> None:
    """Note a grant: people gave some before careline listened, and WeChat has no call that lists them."""
    if len(people) > 1:
        raise Usage(
            "On which channel? They are on several.",
            code="channel_missing",
            hint=f"--channel {' | '.join(one.channel for one in people)}",
        )
    identity = people[0]
    channel = run.line.channel(identity.channel)
    template = _template(run, channel, named)
    if run.dry_run:
        run.say(f"Would note one more grant of {template.name} by c{identity.contact}.")
        return
    actor = run.actor("contacts")
    run.line.store.change(lambda change: change.record([granted(identity, template, actor, change.now)]))


def _template(run: Runtime, channel: Channel, named: str) -> Template:
    known = [one for one in run.line.templates(channel) if one.category in subscriptions.SUBSCRIPTIONS]
    flag = f" --channel {channel.name}"
    try:
        return naming.titled(named, known, flag)
    except NotFound:
        read = run.wait(run.line.read_templates(channel))
        return naming.titled(named, [one for one in read if one.category in subscriptions.SUBSCRIPTIONS], flag)


def _rows(run: Runtime, identity: Identity) -> list[Subscription]:
    tail = "WHERE channel = ? AND handle = ? ORDER BY template"
    return list(run.line.store.select(Subscription, tail, identity.channel, identity.handle))


def _record(run: Runtime, row: Subscription) -> Record:
    account = run.line.channel(row.channel).account_id
    known = run.line.store.select(Template, "WHERE account = ? AND id = ?", account, row.template)
    return {
        "channel": row.channel,
        "contact": row.contact,
        "template": next((one.name for one in known), row.template),
        "id": row.template,
        "state": subscriptions.state(row),
        "left": subscriptions.left(row),
        "granted": len(row.granted),
        "used": len(row.used),
        "granted_at": max(row.granted, default=None),
        "void_at": row.void_at,
        "rejected_at": row.rejected_at,
    }
