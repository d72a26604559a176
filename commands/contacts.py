"""People, whatever channel they write on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Annotated

import typer

from careline.errors import Usage
from careline.model import Channel, Contact, Identity, Tags
from careline.queue.people import people
from careline.rules.records import Record, contact_record
from cli.options import ChannelOption
from cli.output import Column
from cli.runtime import Runtime, runtime
from commands import _contacts_grants, _contacts_set, _contacts_sync
from commands._contacts import person

app = typer.Typer()
app.registered_commands += _contacts_grants.app.registered_commands
for part in (_contacts_sync, _contacts_set):
    app.registered_commands += part.app.registered_commands

COLUMNS = [
    Column("id", "CONTACT", "contact"),
    Column("name"),
    Column("channels", how="list"),
    Column("labels", how="list", shown=False),
    Column("blocked", how="flag"),
    Column("last_seen_at", "LAST SEEN", "when"),
    Column("first_seen_at", "FIRST SEEN", "when", shown=False),
    Column("language", shown=False),
]

ContactsArgument = Annotated[
    list[str], typer.Argument(metavar="CONTACT...", help="The people's numbers: c17 c18; - reads them from stdin.")
]
ContactArgument = Annotated[str, typer.Argument(metavar="CONTACT", help="The person's number: c17.")]
LabelOption = Annotated[str, typer.Option("--label", metavar="L", help="Only those who have it: a WeChat tag.")]
FindOption = Annotated[str, typer.Option("--find", metavar="TEXT", help="A part of the name or of an id.")]


@app.command("list")
def list_contacts(ctx: typer.Context, find: FindOption = "", label: LabelOption = "") -> None:
    """List people, the latest first; --find turns a name into a number.

    Example: careline contacts list --find "anna rossi"
    """
    run = runtime(ctx)
    tags = _tags(run)
    records = (_record(*one, tags) for one in people(run.line.store, find))
    found = (one for one in records if label in one["labels"]) if label else records
    empty = (
        "Nobody has that in a name or an id." if find else "Nobody has that label." if label else "Nobody is known here yet."
    )
    if run.limit is None:
        run.show(found, columns=COLUMNS, empty=empty)
        return
    shown = list(islice(found, run.limit))
    more = sum(1 for _ in found) if find or label else run.line.store.count(Contact) - len(shown)
    run.show(shown, columns=COLUMNS, more=more, empty=empty)


@app.command("show")
def show_contact(ctx: typer.Context, contact: ContactArgument) -> None:
    """Show one person, with the ids they have on each channel.

    Example: careline contacts show c17
    """
    run = runtime(ctx)
    run.show_one(_record(*person(run, contact), _tags(run)), columns=COLUMNS)


@app.command("block")
def block(ctx: typer.Context, contacts: ContactsArgument, channel: ChannelOption = None) -> None:
    """Have the platform keep back what people write; on WhatsApp only within a day of their last message.

    Example: careline contacts block c17
    """
    _set_blocked(runtime(ctx), contacts, channel, blocked=True)


@app.command("unblock")
def unblock(ctx: typer.Context, contacts: ContactsArgument, channel: ChannelOption = None) -> None:
    """Let people write again.

    Example: careline contacts unblock c17
    """
    _set_blocked(runtime(ctx), contacts, channel, blocked=False)


def _tags(run: Runtime) -> dict[str, dict[int, str]]:
    """The names of tags by channel and number."""
    return {row.channel: dict(row.tags) for row in run.line.store.select(Tags)}


def _record(who: Contact, identities: Sequence[Identity], tags: Mapping[str, Mapping[int, str]]) -> Record:
    """The person as every list shows them, with the tags they carry as labels."""
    names = [tags.get(one.channel, {}).get(tag, "") for one in identities for tag in one.tags]
    record = contact_record(who, identities) | {"labels": list(dict.fromkeys(filter(None, names)))}
    for shown, identity in zip(record["identities"], identities, strict=True):
        shown |= {"following": identity.following, "remark": identity.remark or None, "came_by": identity.came_by or None}
    return record


def _set_blocked(run: Runtime, names: list[str], channel: str | None, *, blocked: bool) -> None:
    """On WhatsApp one after the other; on WeChat, which takes many, together."""
    from careline.registering.blocked import note

    wanted = list(dict.fromkeys(run.names(names)))
    ours = [one for name in wanted for one in _blockable(run, name, channel)]
    run.expect(COLUMNS)
    for found in {found.name: found for found, _ in ours}.values():
        theirs = [identity for its, identity in ours if its.name == found.name]
        if run.dry_run:
            people = ", ".join(f"c{one.contact}" for one in theirs)
            run.say(f"Would {'block' if blocked else 'unblock'} {people} on {found.name}.")
        elif found.kind == "wechat":
            _contacts_set.bar(run, found, theirs, blocked=blocked)
        else:
            for identity in theirs:
                run.wait(_tell(run, found, identity, blocked=blocked))
                note(run.line.store, identity, blocked=blocked, actor=run.actor("contacts"))
    if run.dry_run:
        return
    records = [_record(*person(run, name), _tags(run)) for name in wanted]
    if len(records) == 1:
        run.show_one(records[0], columns=COLUMNS)
    else:
        run.show(records, columns=COLUMNS)


def _blockable(run: Runtime, name: str, channel: str | None) -> list[tuple[Channel, Identity]]:
    """The ids of a person where they can be blocked. Raises Usage for one without any."""
    who, identities = person(run, name)
    ours = [(run.line.channel(its.channel), its) for its in identities if channel in (None, its.channel)]
    ours = [(found, its) for found, its in ours if found.kind in ("whatsapp", "wechat")]
    if not ours:
        where = f" on {channel}" if channel else ""
        raise Usage(f"c{who.id} is nobody{where} whom WhatsApp or WeChat could block.", code="not_supported")
    return ours


async def _tell(run: Runtime, channel: Channel, identity: Identity, *, blocked: bool) -> None:
    from careline.channels.whatsapp.blocking import Blocking

    async with run.line.http(channel) as http:
        blocking = Blocking(run.line.graph(channel, http))
        await (blocking.block if blocked else blocking.unblock)(identity.handle, identity.kind)
