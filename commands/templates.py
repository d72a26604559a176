"""WhatsApp message templates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from careline.errors import CarelineError, PartlyDone, Usage
from careline.model import Channel, Template
from careline.rules import template as naming
from careline.templates import account, file
from careline.templates.history import told as became
from cli.options import ChannelOption, names_option
from cli.output import Column
from cli.runtime import Runtime, runtime
from commands import _templates_files, _templates_plan, _templates_pull, _templates_wait
from commands._templates import COLUMNS, TemplateArgument, channel_of, meant, record, the_one
from commands._templates_coverage import show_coverage
from commands._templates_wait import wait_for_verdicts

app = typer.Typer()
for part in (_templates_plan, _templates_pull, _templates_files, _templates_wait):
    app.registered_commands += part.app.registered_commands

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
ADDING = "cgi-bin/template/api_add_template -f template_id_short=TM00015"  # by its number in WeChat's library
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
        sources = {(one.name, one.language): one.path for one in definitions}
        wait_for_verdicts(run, found, {(t.name, t.language) for t in kept}, sources)
    elif not run.on_screen:
        run.show([record(run, t, found) for t in kept], columns=COLUMNS)
    if failures:
        raise PartlyDone(
            f"{len(kept)} submitted, {len(failures)} not.",
            hint="\n".join(error.message for error in failures),
            run=f"careline templates list --channel {found.name}",
        )


@app.command("show")
def show(
    ctx: typer.Context,
    template: TemplateArgument,
    channel: ChannelOption = None,
    history: Annotated[bool, typer.Option("--history", help="What became of it, the oldest first.")] = False,
) -> None:
    """Show a template as the platform has it, or everything that has become of it.

    Example: careline templates show order_update/it --history
    """
    run = runtime(ctx)
    run.expect(HISTORY if history else COLUMNS)
    found = channel_of(run, channel)
    run.wait(run.line.read_templates(found, naming.split(template)[0]))
    one = the_one(run.line.templates(found), template, run.line.channel_flag(found))
    if history:
        run.show(became(run.line.store.entries(), one), columns=HISTORY, empty="Nothing is known of it yet.")
    else:
        shown = record(run, one, found)
        run.show_one(shown, columns=COLUMNS)
        if found.kind == "wechat" and run.on_screen:
            run.say("its values: " + " ".join(f"--param {slot['slot']}=…" for slot in shown["parameters"]))


@app.command("delete")
def delete(
    ctx: typer.Context,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="NAME/LANGUAGE, or NAME with --all-languages.")],
    channel: ChannelOption = None,
    all_languages: Annotated[bool, typer.Option("--all-languages", help="The name in every language.")] = False,
) -> None:
    """Delete a template from the account: on WhatsApp an approved one's name is then blocked for 30 days.

    Example: careline templates delete order_update/it --yes
    """
    run = runtime(ctx)
    found = channel_of(run, channel)
    if found.kind == "wechat":
        _delete_wechats(run, found, template)
        return
    name, language = naming.split(template)
    if bool(language) == all_languages:
        raise Usage(
            "Which language? Give NAME/LANGUAGE, or NAME with --all-languages.",
            code="language_missing",
            run=f"careline templates list --channel {found.name}",
        )
    known = meant(run.wait(run.line.read_templates(found, name)), template, run.line.channel_flag(found))
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


@app.command("unpause")
def unpause(ctx: typer.Context, template: TemplateArgument, channel: ChannelOption = None) -> None:
    """Let a template go out again that WhatsApp paused to see how customers take it; other pauses end by themselves.

    Example: careline templates unpause order_update/it
    """
    run = runtime(ctx)
    run.expect(COLUMNS)
    found = run.line.channel(channel, "whatsapp")
    flag = run.line.channel_flag(found)
    one = the_one(run.wait(run.line.read_templates(found, naming.split(template)[0])), template, flag)
    if run.dry_run:
        run.say(f"Would unpause {one.name}/{one.language}, now {one.state}.")
        return
    run.wait(_unpause(run, found, one))
    one = the_one(run.wait(run.line.read_templates(found, one.name)), f"{one.name}/{one.language}", flag)
    run.line.write_names()
    run.show_one(record(run, one, found), columns=COLUMNS)


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
    found = channel_of(run, channel)
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
        [record(run, t, found) for t in known],
        columns=COLUMNS,
        empty="The account has no such template"
        + (": careline templates submit FILE" if found.kind == "whatsapp" else f": careline api {found.name} POST {ADDING}"),
    )


def _delete_wechats(run: Runtime, channel: Channel, named: str) -> None:
    one = the_one(run.wait(run.line.read_templates(channel)), named, run.line.channel_flag(channel))
    run.confirm(f"Delete {one.name}, {one.id}?")
    if run.dry_run:
        run.say(f"Would delete {one.name}.")
        return

    async def asked() -> None:
        from careline.channels.wechat.templates import Templates

        async with run.line.http(channel) as http:
            await Templates(run.line.door(channel, http)).delete(one)

    from careline.templates import wechat

    run.wait(asked())
    account.keep(run.line.store, channel, [wechat.gone(one)], run.actor("templates"))
    run.line.write_names()
    run.say(f"{one.name} deleted")


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


async def _unpause(run: Runtime, channel: Channel, template: Template) -> None:
    from careline.channels.whatsapp.template_calls import TemplateCalls

    async with run.line.http(channel) as http:
        await TemplateCalls(run.line.graph(channel, http)).unpause(template.id)


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
