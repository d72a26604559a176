"""Companies on WeCom: setting one up, its customer service accounts, and pulling what was written to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from careline.errors import CarelineError, PartlyDone, Usage
from careline.model import Channel, Finding, KfAccount
from careline.rules.records import Record
from cli.options import ChannelArgument
from cli.output import Column
from cli.runtime import Runtime, runtime
from commands._channels import DETAIL, ApiUrl, NameArgument, PublicUrl, SecretsFrom, address, plan, take_secrets
from commands._channels_bring import wecom_company
from commands._channels_register import register

if TYPE_CHECKING:
    from careline.channels.wecom.account import Accounts
    from careline.pulling.pull import Pulled

app = typer.Typer()

DEEDS = ("list", "add", "rename", "remove", "welcome")
ACCOUNTS = [
    Column("id", how="id"),
    Column("name"),
    Column("managed", "BY API", "flag"),
    Column("pulled_at", "PULLED", "when"),
    Column("welcome", cell=lambda record: "(a menu)" if str(record["welcome"]).startswith("{") else record["welcome"] or ""),
]
PULLED = [
    Column("account"),
    Column("name"),
    Column("new", how="count"),
    Column("known", how="count", shown=False),
    Column("pages", how="count", shown=False),
    Column("problem"),
]


@register.command("wecom")
def register_wecom(
    ctx: typer.Context,
    name: NameArgument,
    corp_id: Annotated[str, typer.Option("--corp-id", metavar="ID", help="The company's id: ww…")],
    api_url: ApiUrl = None,
    public_url: PublicUrl = None,
    secrets_from: SecretsFrom = None,
) -> None:
    """Set up a company's WeCom customer service: token, accounts, and what to paste into its app's page.

    Example: careline channels register wecom kf --corp-id ww0123456789abcdef
    """
    from careline.registering import steps, wecom

    run = runtime(ctx)
    known = run.line.store.get(Channel, steps.check_name(name))
    steps.check_kind(known, "wecom", wecom.check_corp_id(corp_id))
    wanted = Channel(
        name=name,
        kind="wecom",
        account_id=corp_id,
        api_url=address(run, "wecom_api_url", api_url, known.api_url if known else ""),
        public_url=address(run, "public_url", public_url, known.public_url if known else ""),
    )
    if run.dry_run:
        plan(run, wanted, "fetch an access token", "list the accounts", "store the channel", "print what the page needs")
        return
    run.expect(DETAIL)
    take_secrets(run, wanted, secrets_from)
    wecom_company(run, wanted)


def wecom_findings(run: Runtime, channel: Channel, asked: tuple[list[Finding], list[Any] | None]) -> list[Finding]:
    """What the ladder has of a company: what WeCom said, then each account's last pull."""
    from careline.pulling import accounts

    found, listed = asked
    if listed is not None and not run.dry_run:
        accounts.note(run.line.store, channel, listed, run.actor("check"))
    return [*found, *accounts.horizon(accounts.known(run.line.store, channel), channel, run.now())]


@app.command("accounts")
def show_accounts(
    ctx: typer.Context,
    channel: ChannelArgument,
    deed: Annotated[str, typer.Argument(metavar="list|add|rename|remove|welcome", help="list shows them.")] = "list",
    account: Annotated[str, typer.Argument(metavar="[ACCOUNT]", help="Its open_kfid or its name; of a new one its name.")] = "",
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The new name; the welcome, '' for none, @FILE for a menu.")
    ] = None,
    avatar: Annotated[Path | None, typer.Option("--avatar", metavar="FILE", help="The picture of a new account.")] = None,
) -> None:
    """List and change a company's customer service accounts on WeCom, and what greets who enters them.

    Example: careline channels accounts kf welcome "Sandbox Care" "你好,有什么可以帮您?"
    """
    run = runtime(ctx)
    found = run.line.channel(channel, "wecom")
    if deed not in DEEDS:
        raise Usage(f"{deed!r} is nothing to do with accounts.", code="bad_choice", hint=f"There are: {', '.join(DEEDS)}.")
    if deed != "list" and not account:
        raise Usage("Which account?", code="account_missing", run=f"careline channels accounts {found.name}")
    if deed in ("rename", "welcome") and text is None:
        raise Usage(
            f"What is {account} to be called?" if deed == "rename" else "What does it say? '' for nothing, @FILE for a menu.",
            code="text_missing",
            run="careline channels accounts --help",
        )
    run.expect(ACCOUNTS)
    if deed == "welcome":
        rows = [_welcome(run, found, account, text or "")]
    else:
        rows = run.wait(_accounts(run, found, deed, account, text or "", _avatar(avatar) if deed == "add" else None))
    if not (run.dry_run and deed != "list"):
        run.show([_record(row) for row in rows], columns=ACCOUNTS, empty=f"{found.name} has no customer service account yet.")


def _welcome(run: Runtime, channel: Channel, name: str, text: str) -> KfAccount:
    from careline.channels.wecom.messages import greeting
    from careline.events import KfReported
    from careline.pulling import accounts
    from cli.inputs import text_of

    row = accounts.one(run.line.store, channel, name)
    words = text_of(run, text[1:]) if text.startswith("@") else text
    if words:
        greeting(words)
    if run.dry_run:
        run.say(f"Would greet who enters {row.name} with: {words or 'nothing'}")
        return row
    event = KfReported(account=row.id, welcome=words)
    run.line.store.change(lambda change: accounts.report(change, channel, event, run.actor("accounts")))
    return accounts.one(run.line.store, channel, row.id)


async def _accounts(run: Runtime, channel: Channel, deed: str, name: str, text: str, file: Any) -> list[KfAccount]:
    from careline.channels.wecom.account import Accounts
    from careline.pulling import accounts

    store = run.line.store
    async with run.line.http(channel) as http:
        door = run.line.door(channel, http)
        calls = Accounts(door)
        if deed != "list":
            picture = await _picture(door, None if run.dry_run else file)
            await _changed(run, channel, calls, deed, name, text, picture)
        if not run.dry_run:
            accounts.note(store, channel, await calls.all(), run.actor("accounts"))
    return accounts.known(store, channel)


async def _changed(run: Runtime, channel: Channel, calls: Accounts, deed: str, name: str, text: str, picture: str) -> None:
    from careline.channels.wecom.account import check_name
    from careline.pulling import accounts

    row = None if deed == "add" else accounts.one(run.line.store, channel, name)
    if deed in ("add", "rename"):
        check_name(name if deed == "add" else text)
    if deed == "remove":
        run.confirm(f"Remove {name} for good? Its links on walls stop working.")
    if run.dry_run:
        run.say(f"Would {deed} {name}{f' as {text}' if deed == 'rename' else ''}.")
    elif deed == "add":
        run.say(f"{name} is {await calls.add(name, picture)}")
    elif deed == "rename" and row is not None:
        await calls.rename(row.id, text)
    elif row is not None:
        await calls.remove(row.id)


async def _picture(door: Any, file: Any) -> str:
    """The id of the picture that a new account needs."""
    from careline.channels.wecom.media import MediaCalls

    return "" if file is None else await MediaCalls(door).upload(file)


def _avatar(path: Path | None) -> Any:
    from careline.channels.ports import Attachment
    from careline.media.look import look
    from careline.model import Media

    if path is None:
        raise Usage("A new account needs a picture: --avatar FILE (JPEG or PNG).", code="picture_missing")
    mime = look(path, path.name).mime
    if mime not in ("image/png", "image/jpeg"):
        raise Usage(f"{path.name} is no picture that WeCom takes: it is {mime}.", code="bad_file", hint="A JPEG or a PNG.")
    return Attachment(path, Media(mime=mime, name=path.name, bytes=path.stat().st_size))


@app.command("sync")
def sync(
    ctx: typer.Context,
    channel: ChannelArgument,
    account: Annotated[str, typer.Option("--account", metavar="ACCOUNT", help="This customer service account alone.")] = "",
) -> None:
    """Pull what was written to a company's WeCom accounts; `careline receive` does it by itself, also at its start.

    Example: careline channels sync kf
    """
    run = runtime(ctx)
    found = run.line.channel(channel, "wecom")
    run.expect(PULLED)
    if run.dry_run:
        run.say(f"Would pull {account or 'every account'} of {found.name} from where the last pull stopped.")
        return
    with run.progress("messages", None) as step:
        rows = run.wait(_synced(run, found, account, step))
    run.show(rows, columns=PULLED, empty=f"{found.name} has no customer service account yet.")
    failed = [row for row in rows if row["problem"] and row["pages"] is None]
    if failed:
        raise PartlyDone(
            f"{len(rows) - len(failed)} of {len(rows)} accounts were pulled.", run=f"careline channels sync {found.name}"
        )


async def _synced(run: Runtime, channel: Channel, name: str, step: Any) -> list[Record]:
    from careline.channels.wecom.account import Accounts
    from careline.pulling import accounts
    from careline.pulling.account import pull_account

    line, rows = run.line, []
    async with line.http(channel, run.timeout_us) as http:
        door = line.door(channel, http)
        accounts.note(line.store, channel, await Accounts(door).all(), run.actor("sync"))
        chosen = [accounts.one(line.store, channel, name)] if name else accounts.known(line.store, channel)
        for row in chosen:
            problem, done = "", None
            try:
                done = await pull_account(
                    line.store,
                    channel,
                    line.policy(channel),
                    row.id,
                    line.wecom(channel, http),
                    door,
                    wait=run.if_busy == "wait",
                    step=step,
                )
            except CarelineError as error:
                if len(chosen) == 1:
                    raise
                problem = error.message
            rows.append(_row(row, done, problem))
    return rows


def _row(row: KfAccount, done: Pulled | None, problem: str) -> Record:
    counts = {"new": done.new, "known": done.known, "pages": done.pages} if done else dict.fromkeys(("new", "known", "pages"))
    return {"account": row.id, "name": row.name, **counts, "problem": problem or (done.lost if done else "") or None}


def _record(row: KfAccount) -> Record:
    return {
        "id": row.id,
        "name": row.name,
        "managed": row.managed,
        "pulled_at": row.pulled_at,
        "welcome": row.welcome or None,
    }
