"""WhatsApp message templates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from careline.clock import HOUR
from careline.errors import Exit
from careline.events import TemplateReported
from careline.model import Channel, Template
from careline.rules import template as naming
from careline.rules.records import template_record
from careline.templates import account, file
from cli.options import ChannelOption, names_option
from cli.output import Column
from cli.runtime import Runtime, runtime

app = typer.Typer()

COLUMNS = [
    Column("name"),
    Column("language"),
    Column("state", how="state"),
    Column("category"),
    Column("quality"),
    Column("reason"),
    Column("updated_at", "UPDATED", "when"),
    Column("id", shown=False),
    Column("account_id", "ACCOUNT", shown=False),
]


@app.command("submit")
def submit(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Template files, TOML.")],
    channel: ChannelOption = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the verdict.")] = False,
) -> None:
    """Submit templates to the platform for review.

    Example: careline templates submit templates/order_update.it.toml --wait
    """
    run = runtime(ctx)
    definitions = [file.read(path) for path in files]
    found = run.line.channel(channel, "whatsapp")
    if run.dry_run:
        for definition in definitions:
            run.say(f"Would submit {definition['name']}/{definition['language']} ({definition['category'].lower()}):")
            run.show_one(
                definition, columns=[Column("name"), Column("language"), Column("category"), Column("parameter_format")]
            )
        return
    kept: list[Template] = []
    for definition in definitions:
        kept += run.wait(_submitted(run, found, definition))
        last = kept[-1]
        asked = str(definition["category"]).lower()
        changed = f", not {asked} as asked" if last.category != asked else ""
        run.say(f"{last.name}/{last.language} submitted: {last.state}, {last.category}{changed}")
    run.line.write_names()
    if wait:
        _wait(run, found, {(t.name, t.language) for t in kept})
    elif not run.on_screen:
        run.show([template_record(t, found.name) for t in kept], columns=COLUMNS)


@app.command("wait")
def wait_for(
    ctx: typer.Context,
    templates: Annotated[list[str], typer.Argument(metavar="TEMPLATE...", help="NAME or NAME/LANGUAGE; - reads from stdin.")],
    channel: ChannelOption = None,
) -> None:
    """Wait for the platform's verdict: exit 0 approved, 6 rejected, 12 still pending.

    Example: careline templates wait order_update/it --timeout 10m
    """
    run = runtime(ctx)
    wanted = {naming.split(name) for name in run.names(templates)}
    _wait(run, run.line.channel(channel, "whatsapp"), wanted)


@app.command("list")
def list_templates(
    ctx: typer.Context,
    channel: ChannelOption = None,
    state: Annotated[str, typer.Option("--state", metavar="S,…", help="approved, pending, rejected… A comma is or.")] = "",
) -> None:
    """List the account's templates as the platform has them.

    Example: careline templates list --state approved
    """
    run = runtime(ctx)
    found = run.line.channel(channel, "whatsapp")
    states = names_option(state)
    known = [t for t in run.wait(run.line.read_templates(found)) if not states or t.state in states]
    run.line.write_names()
    known.sort(key=lambda t: (t.name, t.language))
    run.show(
        [template_record(t, found.name) for t in known],
        columns=COLUMNS,
        empty="The account has no such template: careline templates submit FILE",
    )


async def _submitted(run: Runtime, channel: Channel, definition: dict[str, object]) -> list[Template]:
    async with run.line.http(channel) as http:
        report = await account.submit(run.line.whatsapp(channel, http), definition)
    actor = f"human:{run.settings.agent}" if run.settings.agent else "auto:templates"
    return account.keep(run.line.store, channel, [report], actor)


def _wait(run: Runtime, channel: Channel, wanted: set[tuple[str, str]]) -> None:
    shown: dict[tuple[str, str], str] = {}

    def seen(report: TemplateReported) -> None:
        account.keep(run.line.store, channel, [report], "platform")
        key = (report.name, report.language)
        if shown.get(key) != report.state:
            shown[key] = report.state
            because = f": {report.reason}" if report.state == "rejected" and report.reason else ""
            run.say(f"{report.name}/{report.language} {report.state}{because}")

    async def asked() -> dict[tuple[str, str], str]:
        async with run.line.http(channel) as http:
            return await account.wait(run.line.whatsapp(channel, http), wanted, timeout_us=run.timeout_us or HOUR, seen=seen)

    states = run.wait(asked())
    run.line.write_names()
    if not run.on_screen:
        known = [t for t in run.line.templates(channel) if (t.name, t.language) in states]
        run.show([template_record(t, channel.name) for t in known], columns=COLUMNS)
    missing = [
        f"{name}/{language}" for name, language in wanted if not any(n == name and language in ("", k) for n, k in states)
    ]
    if missing:
        from careline.errors import NotFound

        raise NotFound(
            f"The account has no template {missing[0].rstrip('/')}.", code="unknown_template", run="careline templates list"
        )
    if "pending" in states.values():
        raise typer.Exit(Exit.NOT_SETTLED)
    if any(state != "approved" for state in states.values()):
        raise typer.Exit(Exit.REFUSED)
