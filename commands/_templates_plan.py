"""Templates as files: what an account lacks or has differently, and carrying it out. Part of `careline templates`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from careline.errors import CarelineError, Exit, PartlyDone
from careline.events import TemplateReported
from careline.model import Channel
from careline.rules.times import say_when
from careline.templates import account, file, gather, lock
from careline.templates.lock import Lock, Pin
from careline.templates.plan import Listed, Step, Wanted, pin, plan
from cli.cells import fit, pad
from cli.options import ChannelOption
from cli.output import Column
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.templates.apply import Outcome

app = typer.Typer()

COLUMNS = [
    Column("action"),
    Column("name"),
    Column("language"),
    Column("category"),
    Column("state", how="state"),
    Column("changes", how="list"),
    Column("reason"),
    Column("free_at", "FREE", "when"),
    Column("file", shown=False),
    Column("details", how="list", shown=False),
    Column("error", shown=False),
]
DirArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A folder of template files, TOML.")]
DeleteOption = Annotated[bool, typer.Option("--delete", help="Delete what is on the account and in no file.")]
_SIGNS = {"create": ("+", "good"), "edit": ("~", "warn"), "delete": ("-", "bad"), "blocked": ("x", "bad"), "none": ("?", "dim")}


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
        self.drifted = [step for step in self.steps if step.action != "none" or self._lost_its_file(step)]

    def _lost_its_file(self, step: Step) -> bool:
        return step.foreign and f"{step.name}/{step.language}" in self.lock.templates

    def pin(self, listed: list[Listed], done: set[tuple[str, str]]) -> None:
        """Write into the lock what files and account agree on now."""
        there = {(one.name, one.language): one for one in listed}
        agreed = {(step.name, step.language) for step in self.steps if step.action == "none" and not step.foreign} | done
        pins: dict[str, Pin] = {}
        for one in self.wanted:
            key, name = (one.name, one.language), f"{one.name}/{one.language}"
            if key in agreed and key in there:
                pins[name] = pin(one, there[key])
            elif name in self.lock.templates:
                pins[name] = self.lock.templates[name]
        lock.save(self.folder, Lock(account=self.channel.account_id, templates=pins))


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
    _show(look)
    if exit_code and look.drifted:
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
        _show(Look(run, found, folder, delete=delete))
        return
    with run.line.store.lock(f"templates:{found.account_id}", wait=run.if_busy == "wait"):
        look = Look(run, found, folder, delete=delete)
        for step in look.steps:
            if step.action in ("create", "edit"):
                file.checked(Path(step.file or ""))
        if gone := [f"{step.name}/{step.language}" for step in look.steps if step.action == "delete"]:
            run.confirm(f"Delete {', '.join(gone[:5])}{f' and {len(gone) - 5} more' if len(gone) > 5 else ''}?")
        outcomes = run.wait(_carried_out(look))
        done = {(one.step.name, one.step.language) for one in outcomes if one.report and one.step.action != "delete"}
        look.pin(read_account(run, found) if done else look.listed, done)
    run.line.write_names()
    if not run.on_screen:
        run.show([_row(step, outcomes) for step in look.steps], columns=COLUMNS)
    _raise_failures(outcomes, folder)
    if wait and done:
        from commands.templates import wait_for_verdicts

        wait_for_verdicts(run, found, done, shown_after=False)
    if blocked := [step for step in look.steps if step.action == "blocked"]:
        for step in blocked:
            run.say(f"{step.name}/{step.language} cannot be changed: {_reason(run, step)}")
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
            look.lock.templates[name] = _first_pin(step.wanted, report)
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


def _first_pin(wanted: Wanted, report: TemplateReported) -> Pin:
    """What is pinned before the account was read again."""
    return Pin(
        id=report.id,
        hash=wanted.hash,
        asked=wanted.category.lower(),
        category=report.category,
        parameters=wanted.parameters,
        samples=wanted.samples,
    )


def _moved(step: Step, report: TemplateReported) -> str:
    asked = step.wanted.category.lower() if step.wanted else ""
    return f", not {asked} as asked" if asked and report.category and report.category != asked else ""


def _raise_failures(outcomes: list[Outcome], folder: Path) -> None:
    failed = [one for one in outcomes if one.error is not None]
    if not failed:
        return
    done = sum(one.report is not None for one in outcomes)
    first = failed[0].error
    assert first is not None
    told = [f"{one.step.name}/{one.step.language}: {one.error.message}" for one in failed if one.error]
    left = sum(one.report is None and one.error is None for one in outcomes)
    if not done:
        first.message = "\n".join(told)
        raise first
    raise PartlyDone(
        f"{done} done, {len(failed)} not{f', {left} not tried' if left else ''}.",
        hint="\n".join([*told, first.hint]) if first.hint else "\n".join(told),
        run=f"careline templates plan {shlex.quote(str(folder))}",
    )


def _row(step: Step, outcomes: list[Outcome]) -> dict[str, object]:
    outcome = next((one for one in outcomes if one.step is step), None)
    state = step.state
    error: CarelineError | None = None
    if outcome is not None:
        error = outcome.error
        state = outcome.report.state if outcome.report else state
    return {
        "action": step.action,
        "name": step.name,
        "language": step.language,
        "category": step.category,
        "state": state,
        "changes": list(step.changes),
        "reason": step.reason,
        "free_at": step.free_at,
        "file": step.file,
        "details": list(step.details),
        "error": error.message if error else None,
    }


def _show(look: Look) -> None:
    run = look.run
    if not run.on_screen:
        run.show([_row(step, []) for step in look.steps], columns=COLUMNS)
        return
    others = ", ".join(one.name for one in run.line.channels("whatsapp") if one.account_id == look.channel.account_id)
    run.tell(f"account {look.channel.account_id} ({others}) · {len(look.files)} files · {len(look.listed)} on the platform")
    shown = [step for step in look.steps if step.action != "none" or step.foreign or step.reason]
    if shown:
        run.tell("")
    wide = min(40, max((len(f"{step.name}/{step.language}") for step in shown), default=0))
    for step in shown:
        sign, tone = _SIGNS[step.action]
        word = "foreign" if step.foreign and step.action == "none" else "same" if step.action == "none" else step.action
        name = pad(fit(f"{step.name}/{step.language}", wide), wide)
        run.tell(f" {run.paint(f'{sign} {word:8}', tone)} {name}  {_said(run, step)}")
        for line in step.details:
            run.tell(f"      {run.paint(line, {'-': 'bad', '+': 'good'}.get(line[0], 'warn'))}")
    run.tell("")
    run.tell(_summary(look.steps))
    if any(step.action in ("create", "edit", "delete") for step in look.steps):
        deleting = " --delete" if any(step.action == "delete" for step in look.steps) else ""
        run.tell(f"careline templates apply {shlex.quote(str(look.folder))}{deleting}")


def _said(run: Runtime, step: Step) -> str:
    if step.action == "create":
        return step.category
    if step.foreign and step.action == "none":
        return "on the platform, in no file (--delete)"
    changed = f"{', '.join(step.changes)} changed" if step.changes else ""
    return " · ".join(part for part in (changed, _reason(run, step)) if part)


def _reason(run: Runtime, step: Step) -> str:
    free = f", free again {say_when(step.free_at, run.tz, run.now())}" if step.free_at else ""
    return f"{step.reason or ''}{free}"


def _summary(steps: list[Step]) -> str:
    count = {name: sum(step.action == name for step in steps) for name in ("create", "edit", "delete", "blocked")}
    said = [f"{n} {'' if name == 'blocked' else 'to '}{name}" for name, n in count.items() if n]
    foreign = sum(step.foreign and step.action == "none" for step in steps)
    same = sum(step.action == "none" and not step.foreign for step in steps)
    said += [f"{foreign} foreign"] if foreign else []
    return ", ".join([*said, f"{same} the same"])
