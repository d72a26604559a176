"""WhatsApp message templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from careline.clock import HOUR
from careline.errors import CarelineError, NotFound, PartlyDone, Refused, Unknown, Usage
from careline.events import TemplateReported
from careline.model import Channel, Template
from careline.rules import template as naming
from careline.rules.records import Record, template_record
from careline.templates import account, file
from careline.templates.history import told as became
from careline.templates.likeness import likeness
from cli.options import ChannelOption, names_option
from cli.output import Column
from cli.runtime import Runtime, runtime
from commands import _templates_files, _templates_plan, _templates_pull
from commands._templates_coverage import show_coverage

app = typer.Typer()
app.registered_commands += _templates_plan.app.registered_commands
app.registered_commands += _templates_pull.app.registered_commands
app.registered_commands += _templates_files.app.registered_commands

STATES = (  # Meta's, in lower case
    "pending",
    "approved",
    "rejected",
    "paused",
    "disabled",
    "in_appeal",
    "pending_deletion",
    "deleted",
    "limit_exceeded",
    "locked",
    "archived",
)
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
HISTORY = [
    Column("at", "WHEN", "when"),
    Column("actor"),
    Column("what"),
    Column("state", how="state"),
    Column("category"),
    Column("quality"),
    Column("reason"),
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
    run.expect(COLUMNS)
    definitions = [file.checked(path) for path in files]
    found = run.line.channel(channel, "whatsapp")
    if run.dry_run:
        for definition in definitions:
            run.say(f"Would submit {definition.name}/{definition.language} ({definition.category.lower()}):")
            run.show_one(
                definition.request(),
                columns=[Column("name"), Column("language"), Column("category"), Column("parameter_format")],
            )
        return
    kept: list[Template] = []
    failures: list[CarelineError] = []
    for path, definition in zip(files, definitions, strict=True):
        try:
            kept += run.wait(_submitted(run, found, definition))
        except CarelineError as error:
            error.message = f"{path}: {error.message}"
            failures.append(error)
            continue
        last = kept[-1]
        asked = definition.category.lower()
        changed = f", not {asked} as asked" if last.category != asked else ""
        run.say(f"{last.name}/{last.language} submitted: {last.state}, {last.category}{changed}")
    if not kept:
        raise failures[0]
    run.line.write_names()
    if wait:
        wait_for_verdicts(run, found, {(t.name, t.language) for t in kept})
    elif not run.on_screen:
        run.show([_record(run, t, found) for t in kept], columns=COLUMNS)
    if failures:
        raise PartlyDone(
            f"{len(kept)} submitted, {len(failures)} not.",
            hint="\n".join(error.message for error in failures),
            run="careline templates list",
        )


@app.command("show")
def show(
    ctx: typer.Context,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="NAME/LANGUAGE, or NAME where it has one language.")],
    channel: ChannelOption = None,
    history: Annotated[bool, typer.Option("--history", help="What became of it, the oldest first.")] = False,
) -> None:
    """Show a template as the platform has it, or everything that has become of it.

    Example: careline templates show order_update/it --history
    """
    run = runtime(ctx)
    run.expect(HISTORY if history else COLUMNS)
    found = run.line.channel(channel, "whatsapp")
    name, language = naming.split(template)
    run.wait(run.line.read_templates(found, name))
    known = [t for t in run.line.templates(found) if t.name == name and language.lower() in ("", t.language.lower())]
    if not known:
        raise NotFound(f"The account has no template {template}.", code="unknown_template", run="careline templates list")
    known = [t for t in known if t.state != "deleted"] or known
    if len(known) > 1:
        raise Usage(
            f"{name} has {len(known)} languages.",
            code="language_missing",
            hint=" | ".join(f"{name}/{t.language}" for t in known),
        )
    if history:
        rows = became(run.line.store.entries(), known[0])
        run.show(rows, columns=HISTORY, empty="Nothing is known of it yet.")
    else:
        run.show_one(_record(run, known[0], found), columns=COLUMNS)


@app.command("delete")
def delete(
    ctx: typer.Context,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="NAME/LANGUAGE, or NAME with --all-languages.")],
    channel: ChannelOption = None,
    all_languages: Annotated[bool, typer.Option("--all-languages", help="The name in every language.")] = False,
) -> None:
    """Delete a template from the account: an approved one's name is then blocked for 30 days.

    Example: careline templates delete order_update/it --yes
    """
    run = runtime(ctx)
    found = run.line.channel(channel, "whatsapp")
    name, language = naming.split(template)
    if bool(language) == all_languages:
        raise Usage(
            "Which language? Give NAME/LANGUAGE, or NAME with --all-languages.",
            code="language_missing",
            run=f"careline templates list --channel {found.name}",
        )
    known = [t for t in run.wait(run.line.read_templates(found, name)) if language.lower() in ("", t.language.lower())]
    if not known:
        raise NotFound(f"The account has no template {template}.", code="unknown_template", run="careline templates list")
    names = ", ".join(f"{t.name}/{t.language}" for t in known)
    if any(t.state == "approved" for t in known):
        run.say(f"{name} is approved: once deleted, its name is blocked for 30 days.")
    run.confirm(f"Delete {names}?")
    if run.dry_run:
        run.say(f"Would delete {names}.")
        return
    run.wait(_delete(run, found, known, all_languages=all_languages))
    run.line.write_names()
    run.say(f"{names} deleted")


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


@app.command("list")
def list_templates(
    ctx: typer.Context,
    channel: ChannelOption = None,
    state: Annotated[str, typer.Option("--state", metavar="S,…", help="approved, pending, rejected… A comma is or.")] = "",
    coverage: Annotated[bool, typer.Option("--coverage", help="Names down, languages across.")] = False,
) -> None:
    """List the account's templates as the platform has them.

    Example: careline templates list --state approved
    """
    run = runtime(ctx)
    found = run.line.channel(channel, "whatsapp")
    states = names_option(state)
    if unknown := [s for s in states if s not in STATES]:
        raise Usage(f"{unknown[0]!r} is no state of a template.", hint=f"There are: {', '.join(STATES)}.")
    known = [t for t in run.wait(run.line.read_templates(found)) if not states or t.state in states]
    run.line.write_names()
    known.sort(key=lambda t: (t.name, t.language))
    if coverage:
        show_coverage(run, known)
        return
    run.show(
        [_record(run, t, found) for t in known],
        columns=COLUMNS,
        empty="The account has no such template: careline templates submit FILE",
    )


async def _submitted(run: Runtime, channel: Channel, definition: file.Definition) -> list[Template]:
    from careline.channels.whatsapp.template_calls import TemplateCalls
    from careline.channels.whatsapp.uploads import Uploads
    from careline.templates.apply import Samples, created
    from careline.templates.gather import wanted

    (one,) = wanted([definition])
    async with run.line.http(channel) as http:
        graph = run.line.graph(channel, http)
        report = await created(TemplateCalls(graph), await Samples(Uploads(graph).send).request(one))
    actor = run.actor("templates")
    return account.keep(run.line.store, channel, [report], actor)


async def _delete(run: Runtime, channel: Channel, known: list[Template], *, all_languages: bool) -> None:
    from careline.channels.whatsapp.template_calls import TemplateCalls

    async with run.line.http(channel) as http:
        client = TemplateCalls(run.line.graph(channel, http))
        if all_languages:
            await client.delete_all(known[0].name)
        for one in known:
            if not all_languages:
                await client.delete(one.name, one.id)
            report = account.deleted(one.name, one.language, one.state, run.now())
            account.keep(run.line.store, channel, [report], run.actor("templates"))


def _record(run: Runtime, template: Template, channel: Channel) -> Record:
    slots = run.line.slots(template)
    parameters = [{"slot": s.slot, "name": s.name, "type": s.type, "example": s.example or None} for s in slots]
    told = likeness(json.loads(template.components), template.category)
    return template_record(template, channel.name) | {"parameters": parameters, "hash": told.hash}


def wait_for_verdicts(run: Runtime, channel: Channel, wanted: set[tuple[str, str]], *, shown_after: bool = True) -> None:
    """Wait, say each state as it comes, and raise what did not end in approval."""
    before = {(t.name, t.language): t for t in run.line.templates(channel)}
    shown: dict[tuple[str, str], str] = {}

    def seen(report: TemplateReported) -> None:
        account.keep(run.line.store, channel, [report], "platform")
        key = (report.name, report.language)
        known = before.get(key)
        was = report.previous_category or (known.category if known else "")
        moved = f", {report.category} instead of {was}" if was and was != report.category else ""
        if shown.get(key) != report.state + moved:
            shown[key] = report.state + moved
            run.say(f"{report.name}/{report.language} {report.state}{moved}")

    from careline.channels.whatsapp.template_calls import TemplateCalls

    async def asked() -> dict[tuple[str, str], str]:
        async with run.line.http(channel) as http:
            client = TemplateCalls(run.line.graph(channel, http))
            timeout = HOUR if run.timeout_us is None else run.timeout_us
            return await account.wait(client, wanted, submitted=set(before), timeout_us=timeout, seen=seen)

    states = run.wait(asked())
    run.line.write_names()
    for name, language in sorted(wanted):
        if not any(n == name and language in ("", k) for n, k in states):
            missing = f"{name}/{language}".rstrip("/")
            raise NotFound(f"The account has no template {missing}.", code="unknown_template", run="careline templates list")
    known = [t for t in run.line.templates(channel) if (t.name, t.language) in states]
    if shown_after and not run.on_screen:
        run.show([_record(run, t, channel) for t in known], columns=COLUMNS)
    if refused := [t for t in known if t.state not in ("approved", "pending")]:
        raise Refused(
            "\n".join(f"{t.name}/{t.language} is {t.state}" + (f": {t.reason}" if t.reason else "") for t in refused),
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
