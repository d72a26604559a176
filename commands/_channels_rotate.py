"""Other secrets for a channel in service, and what its token is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from careline.errors import Refused
from careline.model import Channel
from careline.rules.kinds import KINDS
from cli.options import ChannelArgument
from cli.output import Column
from cli.runtime import Runtime, runtime
from commands._channels import DETAIL, SecretsFrom, given_secrets, saying, told

app = typer.Typer()

TOKEN = [
    Column("channel"),
    Column("valid", how="flag"),
    Column("app"),
    Column("app_id", "APP ID"),
    Column("scopes", "PERMISSIONS", "list"),
    Column("fetched_at", "FETCHED", "when"),
    Column("source"),
    Column("fingerprint"),
    Column("expires_at", "EXPIRES", "when"),
]


@app.command("rotate")
def rotate(
    ctx: typer.Context,
    channel: ChannelArgument,
    secrets_from: SecretsFrom = None,
    keep_old: Annotated[
        str, typer.Option("--keep-old", metavar="DURATION", help="How long webhooks signed with the old secret count.")
    ] = "24h",
) -> None:
    """Change secrets: each is tried at the platform before it is stored, and the old app secret counts for a day.

    Without --secrets-from the secrets are tried as they are, receivers read them again, and Meta gets another verify token.

    Example: careline channels rotate shop-it --secrets-from new.env
    """
    from careline.registering import rotate as rotating
    from careline.rules.times import parse_duration

    run = runtime(ctx)
    found, kept_for = run.line.channel(channel), parse_duration(keep_old)
    wanted = given_secrets(run, found.kind, secrets_from)
    rotating.check_forms(found, wanted)
    rotating.check_changeable(run.line.secrets, found, wanted)
    if run.dry_run:
        names = ", ".join(wanted) or "the secrets as they are"
        run.say(f"Would try {names} at {found.api_url}, then store what is new.")
        return
    run.expect(DETAIL)
    if KINDS[found.kind].console:
        after = _wechat(run, found, wanted, kept_for)
    else:
        after = _whatsapp(run, found, wanted, kept_for, again=secrets_from is None)
    told(run, after)


@app.command("token")
def token(ctx: typer.Context, channel: ChannelArgument) -> None:
    """Show what the access token is, what it may do, where it came from and when it ends; never the token.

    Example: careline channels token shop-it
    """
    run = runtime(ctx)
    found = run.line.channel(channel)
    if found.kind != "whatsapp":
        run.show_one(_kept(run, found), columns=TOKEN)
        return
    from careline.channels.whatsapp.setup import Setup

    async def ask() -> dict[str, object]:
        async with run.line.http(found) as http:
            told = await Setup(run.line.graph(found, http)).debug_token()
        return {"app": told.app, "app_id": told.app_id, "scopes": list(told.scopes), "expires_at": told.expires_at}

    run.show_one({"channel": found.name, "valid": True} | run.wait(ask()), columns=TOKEN)


def _kept(run: Runtime, channel: Channel) -> dict[str, object]:
    """What is known of the token that all processes share: by which call it came and when, never what it is."""
    from careline.tokens import kept

    found = kept(run.line.store, channel.name)
    return {
        "channel": channel.name,
        "valid": found is not None and found.ends_at > run.now(),
        "app": None,
        "app_id": channel.account_id,
        "scopes": [],
        "fetched_at": found.fetched_at or None if found else None,
        "source": (f"{found.came}, by force" if found.forced else found.came) or None if found else None,
        "fingerprint": found.fingerprint if found else None,
        "expires_at": found.ends_at if found else None,
    }


def _whatsapp(run: Runtime, channel: Channel, wanted: Mapping[str, str], kept_for: int, *, again: bool) -> Channel:
    from careline.channels.whatsapp.graph import Graph
    from careline.channels.whatsapp.registration import Registration, check_pin
    from careline.channels.whatsapp.setup import Setup
    from careline.registering import rotate as rotating
    from careline.registering import whatsapp

    line, say, actor = run.line, saying(run), run.actor("rotate")
    new = dict(wanted)
    before = line.secrets.find(channel.name, channel.kind, "verify_token")
    if again and channel.public_url and line.secrets.source(channel.name, channel.kind, "verify_token") in ("", "keyring"):
        new["verify_token"] = rotating.new_verify_token()
    access = new.get("access_token") or line.secrets.get(channel.name, channel.kind, "access_token")
    app_secret = new.get("app_secret") or line.secrets.find(channel.name, channel.kind, "app_secret")

    async def tried() -> None:
        async with line.http(channel) as http:
            graph = Graph(channel, http, access)
            await whatsapp.look(Setup(graph), say)
            await whatsapp.see(Setup(graph), say)
            if app_secret:
                await Setup(graph).prove(app_secret)
                say("app_secret", "is that of the token's app")
            if "pin" in new:
                await Registration(graph).set_pin(check_pin(new["pin"]))
                say("pin", "is the number's from now on")

    run.wait(tried())
    changed, after = rotating.exchange(line.secrets, line.store, channel, new, kept_for, actor)
    if (again or "verify_token" in new) and channel.public_url:
        token = line.secrets.get(channel.name, channel.kind, "verify_token")

        async def shake() -> None:
            async with line.http(channel) as http:
                await rotating.set_callbacks(Setup(Graph(channel, http, access)), channel, token, app_secret)

        try:
            run.wait(shake())
        except Refused:
            if "verify_token" in changed:
                rotating.put_back(line.secrets, channel, "verify_token", before)
                rotating.noted(line.store, channel, ("verify_token",), actor)
            raise
        say("webhooks", "set again, with the handshake")
    say("stored", ", ".join(changed) or "nothing new; receivers read the secrets again")
    return after


def _wechat(run: Runtime, channel: Channel, wanted: Mapping[str, str], kept_for: int) -> Channel:
    from careline.registering import rotate as rotating
    from careline.registering import wechat, wecom

    line, say = run.line, saying(run)
    kind = KINDS[channel.kind]
    secret = wanted.get(kind.credential) or line.platform(channel).secret()

    async def tried() -> None:
        async with line.http(channel) as http:
            if channel.kind == "wecom":
                await wecom.check(channel, http, secret, say)
            else:
                await wechat.check(channel, http, secret, say)

    run.wait(tried())
    changed, after = rotating.exchange(line.secrets, line.store, channel, wanted, kept_for, run.actor("rotate"))
    say("stored", ", ".join(changed) or "nothing new; receivers read the secrets again")
    if {*kind.proving} & set(changed):
        run.say(f"Paste them into {kind.console} too; until then only pushes under the old key are understood.")
    return after
