"""People, whatever channel they write on."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from careline.errors import NotFound, Usage
from careline.model import Channel, Contact, Identity
from careline.queue.people import people
from careline.rules.records import contact_record
from cli.options import ChannelOption, contact_number
from cli.output import Column
from cli.runtime import Runtime, runtime

app = typer.Typer()

COLUMNS = [
    Column("id", "CONTACT", "contact"),
    Column("name"),
    Column("channels", how="list"),
    Column("blocked", how="flag"),
    Column("last_seen_at", "LAST SEEN", "when"),
    Column("first_seen_at", "FIRST SEEN", "when", shown=False),
    Column("language", shown=False),
]

ContactArgument = Annotated[str, typer.Argument(metavar="CONTACT", help="The person's number: c17.")]
FindOption = Annotated[str, typer.Option("--find", metavar="TEXT", help="A part of the name or of an id.")]


@app.command("list")
def list_contacts(ctx: typer.Context, find: FindOption = "") -> None:
    """List people, the latest first; --find turns a name into a number.

    Example: careline contacts list --find "anna rossi"
    """
    run = runtime(ctx)
    found = people(run.line.store, find)
    empty = "Nobody has that in a name or an id." if find else "Nobody is known here yet."
    if run.limit is None:
        run.show((contact_record(*one) for one in found), columns=COLUMNS, empty=empty)
        return
    shown = [contact_record(*one) for one in islice(found, run.limit)]
    more = sum(1 for _ in found) if find else run.line.store.count(Contact) - len(shown)
    run.show(shown, columns=COLUMNS, more=more, empty=empty)


@app.command("show")
def show_contact(ctx: typer.Context, contact: ContactArgument) -> None:
    """Show one person, with the ids they have on each channel.

    Example: careline contacts show c17
    """
    run = runtime(ctx)
    person, identities = _person(run, contact)
    run.show_one(contact_record(person, identities), columns=COLUMNS)


@app.command("block")
def block(ctx: typer.Context, contact: ContactArgument, channel: ChannelOption = None) -> None:
    """Have WhatsApp keep back what this person writes; possible within a day of their last message.

    Example: careline contacts block c17
    """
    _set_blocked(runtime(ctx), contact, channel, blocked=True)


@app.command("unblock")
def unblock(ctx: typer.Context, contact: ContactArgument, channel: ChannelOption = None) -> None:
    """Let a person write again.

    Example: careline contacts unblock c17
    """
    _set_blocked(runtime(ctx), contact, channel, blocked=False)


def _set_blocked(run: Runtime, named: str, channel: str | None, *, blocked: bool) -> None:
    from careline.registering.blocked import note

    person, identities = _person(run, named)
    ours = [(run.line.channel(one.channel), one) for one in identities if channel in (None, one.channel)]
    ours = [(found, one) for found, one in ours if found.kind == "whatsapp"]
    if not ours:
        where = f" on {channel}" if channel else ""
        raise Usage(f"c{person.id} has no WhatsApp identity{where}: only WhatsApp blocks.", code="not_supported")
    if run.dry_run:
        run.say(f"Would {'block' if blocked else 'unblock'} c{person.id} on {', '.join(found.name for found, _ in ours)}.")
        return
    run.expect(COLUMNS)
    for found, identity in ours:
        run.wait(_tell(run, found, identity, blocked=blocked))
        note(run.line.store, identity, blocked=blocked, actor=run.actor("contacts"))
    person, identities = _person(run, named)
    run.show_one(contact_record(person, identities), columns=COLUMNS)


async def _tell(run: Runtime, channel: Channel, identity: Identity, *, blocked: bool) -> None:
    from careline.channels.whatsapp.blocking import Blocking

    async with run.line.http(channel) as http:
        blocking = Blocking(run.line.graph(channel, http))
        await (blocking.block if blocked else blocking.unblock)(identity.handle, identity.kind)


def _person(run: Runtime, named: str) -> tuple[Contact, list[Identity]]:
    number = contact_number(named)
    person = run.line.store.get(Contact, number)
    if person is None:
        raise NotFound(f"There is no contact c{number}.", code="unknown_contact", run="careline contacts list")
    return person, list(run.line.store.select(Identity, "WHERE contact = ? ORDER BY channel, handle", number))
