"""Waiting for the platform's verdict on templates. Part of `careline templates`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

import typer

from careline.clock import HOUR
from careline.errors import Refused, Unknown
from careline.events import TemplateReported
from careline.model import Channel, Template
from careline.rules import template as naming
from careline.templates import account
from cli.options import ChannelOption
from cli.runtime import Runtime, runtime
from commands._templates import COLUMNS, record, unknown

app = typer.Typer()

Key = tuple[str, str]  # name, language


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
    wait_for_verdicts(run, run.line.channel(channel, "whatsapp"), wanted)


def wait_for_verdicts(
    run: Runtime,
    channel: Channel,
    wanted: Collection[Key],
    files: Mapping[Key, Path | str] | None = None,
    *,
    shown_after: bool = True,
) -> None:
    """Wait, say each state as it comes, and raise what did not end in approval, by the file it came from where one is known.

    Raises NotFound, Refused, or Unknown for what is still in review.
    """
    from careline.channels.whatsapp.template_calls import TemplateCalls

    before = {(t.name, t.language): t for t in run.line.templates(channel)}
    shown: dict[Key, str] = {}

    def seen(report: TemplateReported) -> None:
        account.keep(run.line.store, channel, [report], "platform")
        key = (report.name, report.language)
        known = before.get(key)
        was = report.previous_category or (known.category if known else "")
        moved = f", {report.category} instead of {was}" if was and was != report.category else ""
        if shown.get(key) != report.state + moved:
            shown[key] = report.state + moved
            run.say(f"{report.name}/{report.language} {report.state}{moved}")

    async def asked() -> dict[Key, str]:
        async with run.line.http(channel) as http:
            client = TemplateCalls(run.line.graph(channel, http))
            timeout = HOUR if run.timeout_us is None else run.timeout_us
            return await account.wait(client, set(wanted), submitted=set(before), timeout_us=timeout, seen=seen)

    states = run.wait(asked())
    run.line.write_names()
    for name, language in sorted(wanted):
        if not any(n == name and language in ("", k) for n, k in states):
            raise unknown(f"{name}/{language}".rstrip("/"), run.line.channel_flag(channel))
    known = [t for t in run.line.templates(channel) if (t.name, t.language) in states]
    if shown_after and not run.on_screen:
        run.show([record(run, t, channel) for t in known], columns=COLUMNS)
    if refused := [t for t in known if t.state not in ("approved", "pending")]:
        raise Refused(
            "\n".join(_told(t, (files or {}).get((t.name, t.language))) for t in refused),
            code="template_not_approved",
            run=f"careline templates list --channel {channel.name}",
        )
    if pending := [f"{t.name}/{t.language}" for t in known if t.state == "pending"]:
        raise Unknown(
            f"Still in review: {', '.join(pending)}.",
            code="template_pending",
            hint="WhatsApp takes minutes, sometimes a day.",
            run=f"careline templates wait {' '.join(pending)} --channel {channel.name}",
        )


def _told(template: Template, file: Path | str | None) -> str:
    said = f"{template.name}/{template.language} is {template.state}"
    return f"{f'{file}: ' if file else ''}{said}{f': {template.reason}' if template.reason else ''}"
