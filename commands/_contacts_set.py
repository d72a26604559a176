"""What we call people, the tags they carry, and whom an account keeps out. Part of ``careline contacts``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from careline.errors import NotFound, Usage
from careline.model import Channel, Identity
from careline.model import Tags as Known
from cli.options import ChannelOption
from cli.runtime import Runtime, runtime
from commands._contacts import followers

if TYPE_CHECKING:
    from careline.channels.tencent.door import Door
    from careline.channels.wechat.tags import Tags
    from careline.events import Entry

app = typer.Typer()

Making = Callable[[Identity, int], "Entry"]


@app.command("set")
def set_contacts(
    ctx: typer.Context,
    contacts: Annotated[list[str], typer.Argument(metavar="CONTACT...", help="The people's numbers; - reads them from stdin.")],
    remark: Annotated[str | None, typer.Option("--remark", metavar="T", help="What only you see; up to 29 characters.")] = None,
    add_tag: Annotated[list[str] | None, typer.Option("--add-tag", metavar="NAME", help="Give them this tag.")] = None,
    remove_tag: Annotated[
        list[str] | None, typer.Option("--remove-tag", metavar="NAME", help="Take this tag from them.")
    ] = None,
    channel: ChannelOption = None,
) -> None:
    """Give followers of a WeChat account a remark or tags, there and here.

    Example: careline contacts set c17 c18 --add-tag vip
    """
    run = runtime(ctx)
    if remark is None and not add_tag and not remove_tag:
        raise Usage("Set what? --remark, --add-tag or --remove-tag.", code="nothing_to_do")
    chosen = [one for name in dict.fromkeys(run.names(contacts)) for one in followers(run, name, channel)]
    if remark is not None and len(chosen) != 1:
        raise Usage("A remark is one person's: name one.", code="bad_option")
    if remark is not None:
        from careline.channels.wechat.users import check_remark

        check_remark(remark)
    for found, identities in _by_channel(run, chosen):
        who = ", ".join(f"c{one.contact}" for one in identities)
        if run.dry_run:
            run.say(f"Would change {who} on {found.name}.")
            continue
        run.wait(_set(run, found, identities, remark, add_tag or [], remove_tag or []))
        run.say(f"{who} on {found.name}: done")


def bar(run: Runtime, channel: Channel, identities: Sequence[Identity], *, blocked: bool) -> None:
    """Put these people on the account's blacklist, or take them off it."""
    run.wait(_bar(run, channel, identities, blocked=blocked))


async def _bar(run: Runtime, channel: Channel, identities: Sequence[Identity], *, blocked: bool) -> None:
    from careline.channels.wechat.users import Users
    from careline.rules.decide import followers as deciding

    actor = run.actor("contacts")

    def make(identity: Identity, now: int) -> Entry:
        return deciding.barred(identity, now, actor, blocked=blocked)

    async with run.line.http(channel) as http:
        users = Users(run.line.door(channel, http))
        async for some in (users.bar if blocked else users.unbar)([one.handle for one in identities]):
            _noted(run, channel, some, make)


async def _set(
    run: Runtime,
    channel: Channel,
    identities: Sequence[Identity],
    remark: str | None,
    add: Sequence[str],
    remove: Sequence[str],
) -> None:
    from careline.channels.wechat.tags import Tags
    from careline.channels.wechat.users import Users
    from careline.rules.decide import followers as deciding

    actor, openids = run.actor("contacts"), [one.handle for one in identities]
    async with run.line.http(channel) as http:
        door: Door = run.line.door(channel, http)
        tags = Tags(door)
        numbers = await _numbers(run, channel, tags, [*add, *remove])
        if remark is not None:
            await Users(door).remark(openids[0], remark)
            _noted(run, channel, openids, lambda identity, now: deciding.changed(identity, now, actor, remark=remark))
        for name in add:
            async for some in tags.give(numbers[name], openids):
                _noted(run, channel, some, _tagging(numbers[name], actor, given=True))
        for name in remove:
            async for some in tags.take(numbers[name], openids):
                _noted(run, channel, some, _tagging(numbers[name], actor, given=False))


def _tagging(tag: int, actor: str, *, given: bool) -> Making:
    from careline.rules.decide import followers as deciding

    def make(identity: Identity, now: int) -> Entry:
        tags = {*identity.tags, tag} if given else {*identity.tags} - {tag}
        return deciding.changed(identity, now, actor, tags=tuple(sorted(tags)))

    return make


async def _numbers(run: Runtime, channel: Channel, tags: Tags, names: Iterable[str]) -> dict[str, int]:
    """The numbers of tags by name, asked for where the journal does not know one. Raises NotFound."""
    from careline.followers.sync import note_tags

    wanted = set(names)
    known = _known(run, channel)
    if wanted - known.keys():
        note_tags(run.line.store, channel, await tags.all())
        known = _known(run, channel)
    if missing := wanted - known.keys():
        raise NotFound(
            f"{channel.name} has no tag {min(missing)!r}.",
            code="unknown_tag",
            hint=f"There are: {', '.join(known) or 'none'}. A new one goes into a file: careline tags apply FILE.",
            run=f"careline tags pull tags.toml --channel {channel.name}",
        )
    return known


def _known(run: Runtime, channel: Channel) -> dict[str, int]:
    row = run.line.store.get(Known, channel.name)
    return {name: number for number, name in row.tags} if row is not None else {}


def _noted(run: Runtime, channel: Channel, openids: Sequence[str], make: Making) -> None:
    """Note in the journal what WeChat has taken."""
    from careline.store.base import Change

    def decide(change: Change) -> None:
        found = change.rows.load(Identity, ((channel.name, openid) for openid in openids))
        change.record([make(identity, change.now) for identity in found])

    run.line.store.change(decide)


def _by_channel(run: Runtime, identities: Sequence[Identity]) -> list[tuple[Channel, list[Identity]]]:
    names = sorted({one.channel for one in identities})
    return [(run.line.channel(name, "wechat"), [one for one in identities if one.channel == name]) for name in names]
