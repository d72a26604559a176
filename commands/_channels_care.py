"""How channels are: the health ladder, and what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from careline.errors import CarelineError
from careline.model import Channel, Finding, Template
from careline.rules.records import finding_record
from cli.options import ChannelArgument
from cli.output import Column
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    pass

app = typer.Typer()

FINDINGS = [
    Column("channel"),
    Column("level", how="state"),
    Column("check"),
    Column("message"),
    Column("remedy"),
    Column("code", shown=False),
    Column("platform_code", shown=False),
    Column("observed", shown=False),
    Column("expected", shown=False),
]
LIMITS = [
    Column("channel"),
    Column("limit"),
    Column("allowed", how="count"),
    Column("used", how="count"),
    Column("told", "SAYS"),
]
KINDS = {"whatsapp": "WhatsApp", "wechat": "WeChat"}
TONES = {"ok": "good", "warning": "warn", "error": "bad"}
TEMPLATES = 6000


@app.command("check")
def check(
    ctx: typer.Context,
    channels: Annotated[list[str] | None, typer.Argument(metavar="[CHANNEL]...", help="These; without a name all.")] = None,
) -> None:
    """Ask the platform how channels are, from the token to the last webhook; exit 0, 11 for warnings, 1 or 4 for errors.

    Example: careline channels check shop-it
    """
    from careline.registering import check as ladder

    run = runtime(ctx)
    run.expect(FINDINGS)
    chosen = [run.line.channel(name) for name in run.names(channels)] if channels else run.line.channels()
    found: dict[str, list[Finding]] = {}
    for channel in chosen:
        found[channel.name] = run.wait(_findings(run, channel))
        if not run.dry_run:
            ladder.keep(run.line.store, channel, found[channel.name], run.actor("check"))
    everything = [finding for findings in found.values() for finding in findings]
    if run.on_screen:
        for channel in chosen:
            _draw(run, channel, found[channel.name])
    else:
        rows = (finding_record(name, one) for name, findings in found.items() for one in findings)
        run.show(rows, columns=FINDINGS, empty="No channel is registered yet: careline channels register --help")
    if code := ladder.exit_of(everything):
        raise typer.Exit(code)


@app.command("limits")
def limits(ctx: typer.Context, channel: ChannelArgument) -> None:
    """Show what the platform allows this number, and how much of it is used.

    Example: careline channels limits shop-it
    """
    run = runtime(ctx)
    found = run.line.channel(channel, "whatsapp")
    run.show(run.wait(_limits(run, found)), columns=LIMITS)


# The ladder


async def _findings(run: Runtime, channel: Channel) -> list[Finding]:
    from careline.registering import check as ladder

    asked = await (_wechat(run, channel) if channel.kind == "wechat" else _whatsapp(run, channel))
    return [*asked, await _callback(run, channel), ladder.last_news(channel, run.now())]


async def _whatsapp(run: Runtime, channel: Channel) -> list[Finding]:
    """What Meta says. Without a token that works nothing more is asked."""
    from careline.channels.whatsapp import health
    from careline.channels.whatsapp.setup import Setup
    from careline.registering import check as ladder

    found: list[Finding] = []
    async with run.line.http(channel) as http:
        try:
            graph = run.line.graph(channel, http)
            found.append(ladder.token(channel, await Setup(graph).debug_token(), run.now()))
        except CarelineError as error:
            return [ladder.refused("token", error)]
        try:
            state = await health.read(graph)
            found += [
                *ladder.number(channel, state),
                ladder.limit(state, ladder.reached(run.line.store, channel, run.now())),
                *ladder.entities(channel, state),
            ]
            found.append(ladder.subscription(channel, await Setup(graph).subscriptions(), state.callback))
        except CarelineError as error:
            found.append(ladder.refused("number", error))
        skew = ladder.clock(graph.date, run.now())
    return [*found, skew] if skew else found


async def _wechat(run: Runtime, channel: Channel) -> list[Finding]:
    from careline.registering import check as ladder
    from careline.registering import wechat

    told: list[str] = []
    try:
        secret = run.line.secrets.get(channel.name, channel.kind, "app_secret")
        async with run.line.http(channel) as http:
            await wechat.check(channel, http, secret, lambda step, words: told.append(words))
    except CarelineError as error:
        return [ladder.refused("token", error)]
    return [Finding("token", "ok", "token_valid", "".join(told))]


async def _callback(run: Runtime, channel: Channel) -> Finding:
    """Our own handshake with the public address."""
    from msgspec.structs import replace

    from careline.registering import check as ladder
    from careline.registering.handshake import shake

    if not channel.public_url:
        return ladder.callback(channel, 0, echoed=False)
    try:
        secrets = run.line.webhook_secrets(channel)
        async with run.line.http(replace(channel, api_url=channel.public_url)) as http:
            status, echoed = await shake(http, channel, secrets, run.now())
    except CarelineError as error:
        return ladder.callback(channel, 0, echoed=False, error=error.message)
    return ladder.callback(channel, status, echoed=echoed)


def _draw(run: Runtime, channel: Channel, findings: Sequence[Finding]) -> None:
    named = [channel.name, KINDS.get(channel.kind, channel.kind), channel.address, channel.title]
    run.tell(run.paint(" · ".join(part for part in named if part), "bold") + "\n")
    for one in findings:
        run.tell(f" {run.paint(f'{one.level:<8}', TONES[one.level])} {one.check:<14} {one.message}")
        if one.remedy:
            run.tell(f"          → {one.remedy}")
    counts = [(sum(one.level == level for one in findings), level) for level in ("error", "warning")]
    told = [f"{count} {level}{'' if count == 1 else 's'}" for count, level in counts if count]
    run.tell(f"\n{', '.join(told) or 'all is well'}\n")


# Limits


async def _limits(run: Runtime, channel: Channel) -> list[dict[str, Any]]:
    from careline.channels.whatsapp import health
    from careline.registering import check as ladder

    async with run.line.http(channel) as http:
        state = await health.read(run.line.graph(channel, http))
    templates = sum(1 for _ in run.line.store.select(Template, "WHERE account = ?", channel.account_id))
    name = channel.name
    return [
        {
            "channel": name,
            "limit": "customers a day",
            "allowed": health.LIMITS.get(state.limit),
            "used": ladder.reached(run.line.store, channel, run.now()),
            "told": state.limit or None,
        },
        {
            "channel": name,
            "limit": "messages a second",
            "allowed": health.MESSAGES_A_SECOND.get(state.throughput),
            "used": None,
            "told": state.throughput or None,
        },
        {
            "channel": name,
            "limit": "templates",
            "allowed": TEMPLATES,
            "used": templates,
            "told": "250 for an unverified business",
        },
        {"channel": name, "limit": "messages to one customer", "allowed": 10, "used": None, "told": "a minute; 45 at once"},
    ]
