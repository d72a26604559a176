"""Templates as files: what an account lacks or has differently, and carrying it out. Part of `careline templates`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from careline.errors import Exit, PartlyDone
from careline.events import TemplateReported
from careline.model import Channel
from careline.templates import account, file, gather, lock
from careline.templates.pinning import agreed, first_pin
from careline.templates.plan import Listed, Step, differs, plan
from cli.options import ChannelOption
from cli.runtime import Runtime, runtime
from commands._templates import some
from commands._templates_plan_shown import COLUMNS, reason, row, show
from commands._templates_wait import wait_for_verdicts

if TYPE_CHECKING:
    from careline.templates.apply import Outcome

app = typer.Typer()

DirArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A folder of template files, TOML.")]
DeleteOption = Annotated[bool, typer.Option("--delete", help="Delete what is on the account and in no file.")]


class Look:
    """Files, account and lock of one folder, and the plan they come to."""

    def __init__(self, run: Runtime, channel: Channel, folder: Path, *, delete: bool) -> None:
        self.run, self.channel, self.folder = run, channel, folder
        self.lock = lock.load(folder, channel.account_id)
        self.files = file.folder(folder)
        self.wanted = gather.wanted([file.read(path) for path in self.files])
        self.listed = read_account(run, channel)
        known = run.line.templates(channel)
        self.steps = plan(self.wanted, self.listed, self.lock, known, run.now(), delete=delete)


@app.command("plan")
def plan_templates(
    ctx: typer.Context,
    folder: DirArgument,
    channel: ChannelOption = None,
    delete: DeleteOption = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 11 when account and files differ.")] = False,
) -> None:
    """Show what would make the account's templates those of a folder, and what cannot be changed and why.

    Example: careline templates plan templates/ --exit-code
    """
    run = runtime(ctx)
    run.expect(COLUMNS)
    look = Look(run, run.line.channel(channel, "whatsapp"), folder, delete=delete)
    _shown(look)
    if exit_code and any(differs(step, look.lock) for step in look.steps):
        raise typer.Exit(Exit.ATTENTION)


@app.command("apply")
def apply_templates(
    ctx: typer.Context,
    folder: DirArgument,
    channel: ChannelOption = None,
    delete: DeleteOption = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the verdicts.")] = False,
) -> None:
    """Create and edit the account's templates as the files of a folder have them; delete only with --delete.

    Example: careline templates apply templates/ --wait
    """
    run = runtime(ctx)
    run.expect(COLUMNS)
    found = run.line.channel(channel, "whatsapp")
    if run.dry_run:
        _shown(Look(run, found, folder, delete=delete))
        return
    with run.line.store.lock(f"templates:{found.account_id}", wait=run.if_busy == "wait"):
        look = Look(run, found, folder, delete=delete)
        for step in look.steps:
            if step.action in ("create", "edit"):
                file.checked(Path(step.file or ""))
        if gone := [f"{step.name}/{step.language}" for step in look.steps if step.action == "delete"]:
            run.confirm(f"Delete {some(gone)}?")
        outcomes = run.wait(_carried_out(look))
        done = {(one.step.name, one.step.language) for one in outcomes if one.report and one.step.action != "delete"}
        listed = read_account(run, found) if done else look.listed
        lock.save(folder, agreed(look.lock, look.wanted, listed, look.steps, done))
    run.line.write_names()
    if not run.on_screen:
        run.show([row(step, outcomes) for step in look.steps], columns=COLUMNS)
    _raise_failures(outcomes, folder, run.line.channel_flag(found))
    if wait and done:
        sources = {(one.name, one.language): one.file for one in look.wanted}
        wait_for_verdicts(run, found, done, sources, shown_after=False)
    if blocked := [step for step in look.steps if step.action == "blocked"]:
        for step in blocked:
            run.say(f"{step.name}/{step.language} cannot be changed: {reason(run, step)}")
        raise typer.Exit(Exit.ATTENTION)


def read_account(run: Runtime, channel: Channel) -> list[Listed]:
    """The account's templates as they stand, after the journal has noted what is news."""
    return [gather.listed(raw) for raw in everything(run, channel)]


def everything(run: Runtime, channel: Channel) -> list[dict[str, object]]:
    """The same in the platform's words."""
    from careline.channels.whatsapp.template_calls import TemplateCalls

    async def asked() -> list[dict[str, object]]:
        async with run.line.http(channel) as http:
            with run.progress("templates") as step:
                so_far = 0

                def seen(count: int) -> None:
                    nonlocal so_far
                    step(count - so_far)
                    so_far = count

                return list(await TemplateCalls(run.line.graph(channel, http)).everything(seen))

    raws = run.wait(asked())
    account.keep(run.line.store, channel, [account.reported(raw) for raw in raws], "platform", whole=True)
    return raws


def _shown(look: Look) -> None:
    others = ", ".join(one.name for one in look.run.line.channels("whatsapp") if one.account_id == look.channel.account_id)
    title = f"account {look.channel.account_id} ({others}) · {len(look.files)} files · {len(look.listed)} on the platform"
    show(look.run, look.steps, title, look.folder, look.run.line.channel_flag(look.channel))


async def _carried_out(look: Look) -> list[Outcome]:
    from careline.channels.whatsapp.template_calls import TemplateCalls
    from careline.channels.whatsapp.uploads import Uploads
    from careline.templates.apply import carry_out

    run, channel = look.run, look.channel
    actor = run.actor("templates")

    def noted(step: Step, report: TemplateReported) -> None:
        account.keep(run.line.store, channel, [report], actor)
        name = f"{step.name}/{step.language}"
        if step.action == "delete":
            look.lock.templates.pop(name, None)
        elif step.wanted:
            look.lock.templates[name] = first_pin(step.wanted, report)
        lock.save(look.folder, look.lock)
        said = {"create": f"created: {report.state}, {report.category}", "edit": f"edited: {report.state}", "delete": "deleted"}
        run.say(f"{name} {said[step.action]}{_moved(step, report)}")

    outcomes = []
    todo = [step for step in look.steps if step.action in ("create", "edit", "delete")]
    async with run.line.http(channel) as http:
        graph = run.line.graph(channel, http)
        client, uploads = TemplateCalls(graph), Uploads(graph)
        with run.progress("templates", len(todo)) as advance:
            async for outcome in carry_out(todo, client, uploads.send, noted, run.now):
                outcomes.append(outcome)
                advance(1)
    return outcomes


def _moved(step: Step, report: TemplateReported) -> str:
    asked = step.wanted.category.lower() if step.wanted else ""
    return f", not {asked} as asked" if asked and report.category and report.category != asked else ""


def _raise_failures(outcomes: list[Outcome], folder: Path, flag: str) -> None:
    """Raise what went wrong, each by its file and in the platform's words: the first error itself where nothing was done."""
    failed = [(one.step, one.error) for one in outcomes if one.error is not None]
    if not failed:
        return
    told = [f"{f'{step.file}: ' if step.file else ''}{step.name}/{step.language}: {error.message}" for step, error in failed]
    hints = list(dict.fromkeys(error.hint for _, error in failed if error.hint))
    again = f"careline templates plan {shlex.quote(str(folder))}{flag}"
    done = sum(one.report is not None for one in outcomes)
    if not done:
        first = failed[0][1]
        first.message, first.hint, first.run = "\n".join(told), "\n".join(hints), first.run or again
        raise first
    left = sum(one.report is None and one.error is None for one in outcomes)
    raise PartlyDone(
        f"{done} done, {len(failed)} not{f', {left} not tried' if left else ''}.", hint="\n".join([*told, *hints]), run=again
    )
