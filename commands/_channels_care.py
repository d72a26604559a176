"""How channels are: the health ladder, and what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from careline.errors import CarelineError
from careline.model import Channel, Finding
from careline.rules.kinds import KINDS
from careline.rules.records import Record, finding_record
from cli.options import ChannelArgument
from cli.output import PLATFORM, Column
from cli.runtime import Runtime, runtime

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
TONES = {"ok": "good", "warning": "warn", "error": "bad"}


@app.command("check")
def check(
    ctx: typer.Context,
    channels: Annotated[list[str] | None, typer.Argument(metavar="[CHANNEL...]", help="These; without a name all.")] = None,
) -> None:
    """Ask the platform how channels are, from the token to the last webhook; exit 0, 11 for warnings, 1 or 4 for errors.

    Example: careline channels check shop-it
    """
    from careline.registering import check as finding

    run = runtime(ctx)
    run.expect(FINDINGS)
    chosen = [run.line.channel(name) for name in run.names(channels)] if channels else run.line.channels()
    found: dict[str, list[Finding]] = {}
    for channel in chosen:
        found[channel.name] = run.wait(_findings(run, channel))
        if not run.dry_run:
            finding.keep(run.line.store, channel, found[channel.name], run.actor("check"))
    everything = [one for findings in found.values() for one in findings]
    if run.on_screen and chosen:
        for channel in chosen:
            _draw(run, channel, found[channel.name])
    else:
        rows = (finding_record(name, one) for name, findings in found.items() for one in findings)
        run.show(rows, columns=FINDINGS, empty="No channel is registered yet: careline channels register --help")
    if code := finding.exit_of(everything):
        raise typer.Exit(code)


@app.command("limits")
def limits(ctx: typer.Context, channel: ChannelArgument) -> None:
    """Show what the platform allows this number, and how much of it is used.

    Example: careline channels limits shop-it
    """
    run = runtime(ctx)
    found = run.line.channel(channel, "whatsapp")
    run.show(run.wait(_limits(run, found)), columns=LIMITS)


async def _findings(run: Runtime, channel: Channel) -> list[Finding]:
    from careline.registering.check import last_news

    now, own = run.now(), list[Finding]()
    if channel.kind == "wechat":
        from careline.registering.wechat_check import key, mode
        from careline.rules import verification

        own = [*key(channel, now), mode(channel, run.line.store), verification.finding(channel, now)]
    return [*await _asked(run, channel), await _callback(run, channel), *own, last_news(channel, now)]


async def _asked(run: Runtime, channel: Channel) -> list[Finding]:
    """What the platform says."""
    from careline.registering import check as finding
    from careline.registering import ladder

    line = run.line
    try:
        async with line.http(channel) as http:
            if channel.kind == "wecom":
                from commands._channels_wecom import wecom_findings

                return wecom_findings(run, channel, await ladder.ask_wecom(channel, http, line.platform(channel).secret()))
            if channel.kind == "wechat":
                return await ladder.ask_wechat(line.door(channel, http), line.store, line.platform(channel).secret())
            return await ladder.ask_meta(line.graph(channel, http), line.store, line.secrets, run.now())
    except CarelineError as error:
        return [finding.refused("token", error)]


async def _callback(run: Runtime, channel: Channel) -> Finding:
    """Our own handshake with the public address."""
    from msgspec.structs import replace

    from careline.registering import check as finding
    from careline.registering.handshake import shake

    if not channel.public_url or channel.state == "paused":
        return finding.callback(channel, 0, echoed=False)
    try:
        if KINDS[channel.kind].console:
            secrets = run.line.webhook_secrets(channel)
        else:
            secrets = {"verify_token": run.line.secrets.get(channel.name, channel.kind, "verify_token")}
    except CarelineError as error:
        return finding.refused("callback", error)
    try:
        async with run.line.http(replace(channel, api_url=channel.public_url)) as http:
            status, echoed = await shake(http, channel, secrets, run.now())
    except CarelineError as error:
        return finding.callback(channel, 0, echoed=False, error=error.message)
    return finding.callback(channel, status, echoed=echoed)


def _draw(run: Runtime, channel: Channel, findings: Sequence[Finding]) -> None:
    named = [channel.name, PLATFORM[channel.kind], channel.address, channel.title]
    run.tell(run.paint(" · ".join(part for part in named if part), "bold") + "\n")
    for one in findings:
        run.tell(f" {run.paint(f'{one.level:<8}', TONES[one.level])} {one.check:<14} {one.message}")
        if one.remedy:
            run.tell(f"          → {one.remedy}")
    counts = [(sum(one.level == level for one in findings), level) for level in ("error", "warning")]
    told = [f"{count} {level}{'' if count == 1 else 's'}" for count, level in counts if count]
    run.tell(f"\n{', '.join(told) or 'all is well'}\n")


async def _limits(run: Runtime, channel: Channel) -> list[Record]:
    from careline.registering.limits import limits

    async with run.line.http(channel) as http:
        return await limits(run.line.graph(channel, http), run.line.store, run.now())
