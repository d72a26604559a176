"""Who answers on the platform's own desk: WeChat's kf accounts, WeCom's servicers. Part of ``careline channels``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from careline.errors import CarelineError, NotFound, PartlyDone, Usage
from careline.model import Channel, Identity
from careline.rules.records import Record
from cli.options import ChannelArgument
from cli.output import Column
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.channels.wechat.staff import Agent, Staff
    from careline.channels.wecom.servicers import Row

app = typer.Typer()

DEEDS = ("list", "add", "update", "remove", "waiting", "sessions")
STAFF = [
    Column("id"),
    Column("nickname"),
    Column("state", how="state"),
    Column("online", how="flag"),
    Column("serving", how="count"),
    Column("wechat_id", "WECHAT"),
    Column("account", shown=False),
    Column("number", shown=False),
    Column("picture", shown=False),
    Column("invited_until_at", "INVITED UNTIL", "when", shown=False),
]
SERVED = [
    Column("contact", how="contact"),
    Column("openid"),
    Column("servicer"),
    Column("since_at", "SINCE", "when"),
    Column("conversation", how="chat"),
]

Each = Callable[[str], Awaitable[str]]


@app.command("staff")
def staff(
    ctx: typer.Context,
    channel: ChannelArgument,
    deed: Annotated[str, typer.Argument(metavar="list|add|update|remove|waiting|sessions", help="list shows them.")] = "list",
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID...]", help="An agent's kf_account (or what stands before its @), a userid."),
    ] = None,
    nick: Annotated[str, typer.Option("--nick", metavar="N", help="WeChat: what customers see; 1 to 16 characters.")] = "",
    invite: Annotated[str, typer.Option("--invite", metavar="WECHAT-ID", help="WeChat: who is to be that agent.")] = "",
    photo: Annotated[Path | None, typer.Option("--photo", metavar="FILE", help="WeChat: their picture, JPEG.")] = None,
    account: Annotated[str, typer.Option("--account", metavar="OPEN_KFID", help="WeCom: which account's servicers.")] = "",
) -> None:
    """List, add and remove who answers on the platform's own desk; see who waits for it and who serves whom.

    Example: careline channels staff brand-cn add mei --nick Mei --invite mei_shop
    """
    run = runtime(ctx)
    found = run.line.channel(channel, "wechat", "wecom")
    names = list(run.names(ids or []))
    if deed not in DEEDS:
        raise Usage(f"{deed!r} is nothing to do with staff.", code="bad_choice", hint=f"There are: {', '.join(DEEDS)}.")
    if deed in ("add", "update", "remove") and not names:
        raise Usage(f"Whom? {deed} needs an ID.", code="missing_id", run=f"careline channels staff {found.name} list")
    if found.kind == "wecom":
        if deed not in ("list", "add", "remove") or nick or invite or photo:
            raise Usage(
                "WeCom's servicers are listed, added and removed by their userid.",
                code="not_supported",
                hint="Who waits, and with whom:",
                run=f"careline queue list --channel {found.name}",
            )
        _wecom(run, found, deed, names, account)
        return
    if (nick or invite or photo) and len(names) != 1:
        raise Usage("A nickname, an invitation and a picture are one agent's: name one ID.", code="bad_option")
    run.expect(SERVED if deed in ("waiting", "sessions") else STAFF)
    run.wait(_wechat(run, found, deed, names, nick, invite, photo))


# WeChat


async def _wechat(
    run: Runtime, channel: Channel, deed: str, names: list[str], nick: str, invite: str, photo: Path | None
) -> None:
    from careline.channels.wechat.staff import Staff, account_of

    async with run.line.http(channel) as http:
        desk = Staff(run.line.door(channel, http))
        if deed == "waiting":
            count, cases = await desk.waiting()
            _show_served(run, channel, cases, "Nobody waits for the desk.")
            if count > len(cases):
                run.say(f"{count:,} wait; WeChat lists {len(cases)}.")
            return
        known = await desk.agents()
        if deed == "sessions":
            chosen = [account_of(name, known, channel) for name in names] or [one.account for one in known if one.serving]
            served = [case for account in chosen for case in await desk.sessions(account)]
            _show_served(run, channel, served, "The desk serves nobody.")
            return
        if deed != "list":
            accounts = [account_of(name, known, channel) for name in names]
            await _changed(run, channel, desk, deed, accounts, nick, invite, photo)
            if run.dry_run:
                return
            known = [one for one in await desk.agents() if deed != "remove" and one.account in accounts]
            if deed == "remove":
                return
        empty = f"The desk has nobody yet: careline channels staff {channel.name} add ID --nick NAME --invite WECHAT-ID"
        run.show([_agent(one) for one in known], columns=STAFF, empty=empty)


async def _changed(
    run: Runtime, channel: Channel, desk: Staff, deed: str, accounts: list[str], nick: str, invite: str, photo: Path | None
) -> None:
    """Do it for each; what fails for one stops nobody else."""
    if deed == "remove":
        run.confirm(f"Remove {', '.join(accounts)} from the desk of {channel.name}?")
    if run.dry_run:
        run.say(f"Would {deed} {', '.join(accounts)}.")
        return

    async def one(account: str) -> str:
        if deed == "remove":
            await desk.remove(account)
            return "removed"
        did = []
        if deed == "add":
            did.append("added" if await desk.add(account, nick or account.partition("@")[0]) else "was there")
        elif nick:
            await desk.rename(account, nick)
            did.append(f"is {nick} now")
        if photo is not None:
            await desk.picture(account, _picture(photo))
            did.append("has its picture")
        if invite:
            did.append("invited, and must confirm it in WeChat" if await desk.invite(account, invite) else "invited already")
        return ", ".join(did)

    if deed == "update" and not (nick or invite or photo):
        raise Usage("Update what? --nick, --invite or --photo.", code="nothing_to_do")
    await _each(run, accounts, one)


async def _each(run: Runtime, names: Sequence[str], does: Each) -> None:
    """Raises the first failure where nothing was done, PartlyDone where some was."""
    failed: list[tuple[str, CarelineError]] = []
    for name in names:
        try:
            run.say(f"{name}: {await does(name)}")
        except CarelineError as error:
            failed.append((name, error))
    if not failed:
        return
    if len(failed) == len(names):
        first = failed[0][1]
        first.message = "\n".join(f"{name}: {error.message}" for name, error in failed)
        raise first
    told = "\n".join(f"{name}: {error.message}" for name, error in failed)
    raise PartlyDone(f"{len(names) - len(failed)} done, {len(failed)} not.", hint=told)


def _picture(path: Path) -> Any:
    from careline.channels.ports import Attachment
    from careline.model import Media

    if not path.is_file():
        raise Usage(f"There is no file {path}.", code="bad_file")
    return Attachment(path, Media(mime="image/jpeg", name=path.name, bytes=path.stat().st_size))


def _agent(one: Agent) -> Record:
    return {
        "id": one.account,
        "nickname": one.nickname,
        "state": one.state,
        "online": one.online,
        "serving": one.serving,
        "wechat_id": one.wechat_id or None,
        "account": None,
        "number": one.id or None,
        "picture": one.picture or None,
        "invited_until_at": one.invited_until_at,
    }


def _show_served(run: Runtime, channel: Channel, cases: Sequence[Any], empty: str) -> None:
    known = run.line.store.load(Identity, ((channel.name, case.openid) for case in cases))
    rows = []
    for case in cases:
        identity = known.get((channel.name, case.openid))
        rows.append(
            {
                "contact": identity.contact if identity else None,
                "openid": case.openid,
                "servicer": case.agent or None,
                "since_at": case.since_at,
                "conversation": identity.conversation if identity else None,
            }
        )
    run.show(rows, columns=SERVED, empty=empty)


# WeCom


def _wecom(run: Runtime, channel: Channel, deed: str, names: list[str], account: str) -> None:
    run.expect(STAFF)
    chosen = _open_kfid(run, channel, account)
    if deed == "remove":
        run.confirm(f"Remove {', '.join(names)} from {chosen}?")
    if run.dry_run and deed != "list":
        run.say(f"Would {deed} {', '.join(names)} at {chosen}.")
        return
    servicers, rows = run.wait(_wecom_asked(run, channel, deed, names, chosen))
    if deed == "list":
        run.show(
            servicers, columns=STAFF, empty=f"{chosen} has no servicers: careline channels staff {channel.name} add USERID"
        )
        return
    failed = [row for row in rows if not row.done]
    for row in rows:
        if row.done:
            run.say(f"{row.id}: {'added' if deed == 'add' else 'removed'}")
    if failed:
        told = "\n".join(f"{row.id}: {row.message} ({row.code})" for row in failed)
        raise PartlyDone(f"{len(rows) - len(failed)} done, {len(failed)} not.", hint=told)


async def _wecom_asked(
    run: Runtime, channel: Channel, deed: str, names: list[str], account: str
) -> tuple[list[Record], list[Row]]:
    from careline.channels.wecom.servicers import Servicers

    async with run.line.http(channel) as http:
        servicers = Servicers(run.line.door(channel, http))
        if deed == "list":
            found = await servicers.all(account)
            return [{"id": one.id, "state": one.state or one.kind, "account": account} for one in found], []
        return [], await (servicers.add if deed == "add" else servicers.remove)(account, names)


def _open_kfid(run: Runtime, channel: Channel, given: str) -> str:
    """The account meant, or the only one there is."""
    from careline.model import KfAccount

    if given:
        return given
    found = [one.id for one in run.line.store.select(KfAccount, "WHERE channel = ?", channel.name) if one.state != "removed"]
    if not found:
        raise NotFound(f"{channel.name} has no account that is known here.", code="no_kf_account", hint="--account OPEN_KFID")
    if len(found) > 1:
        raise Usage("Which account's? There are several.", code="kf_account_missing", hint=f"--account {' | '.join(found)}")
    return found[0]
