"""Tags of WeChat followers, as a file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from careline.errors import CarelineError, Exit, PartlyDone, Usage
from careline.model import Channel
from cli.options import ChannelOption
from cli.output import Column, record_of
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.channels.wechat.tags import Tag
    from careline.followers.tagfile import Step, Wanted

app = typer.Typer()

FINDING = [Column("path"), Column("line", how="count"), Column("rule"), Column("message")]
PLAN = [
    Column("action", how="state"),
    Column("name"),
    Column("was"),
    Column("followers", how="count"),
    Column("id", how="count", shown=False),
]
CHANGES = ("create", "rename", "delete")

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file of tags, TOML: [[tag]] with name, was.")]
DeleteOption = Annotated[bool, typer.Option("--delete", help="Delete what is on the account and not in the file.")]


@app.command("lint")
def lint(ctx: typer.Context, file: FileArgument) -> None:
    """Check a file of tags without asking WeChat; exit 1 when something is wrong.

    Example: careline tags lint tags.toml
    """
    from careline.followers import tagfile

    run = runtime(ctx)
    run.expect(FINDING)
    wanted, findings = tagfile.read(file)
    run.show([{**record_of(one), "path": str(file)} for one in findings], columns=FINDING)
    run.say(f"{_counted(len(wanted), 'tag')}, {_counted(len(findings), 'error')}")
    if findings:
        raise typer.Exit(Exit.FAILED)


@app.command("plan")
def plan(
    ctx: typer.Context,
    file: FileArgument,
    channel: ChannelOption = None,
    delete: DeleteOption = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 11 when account and file differ.")] = False,
) -> None:
    """Show what would make the account's tags those of a file.

    Example: careline tags plan tags.toml --exit-code
    """
    from careline.followers import tagfile

    run = runtime(ctx)
    run.expect(PLAN)
    wanted = _checked(file)
    found = run.line.channel(channel, "wechat")
    steps = tagfile.plan(wanted, run.wait(_there(run, found)), delete=delete)
    run.show(steps, columns=PLAN, empty="There are no tags, here or there.")
    if exit_code and any(step.action != "none" for step in steps):
        raise typer.Exit(Exit.ATTENTION)


@app.command("apply")
def apply(ctx: typer.Context, file: FileArgument, channel: ChannelOption = None, delete: DeleteOption = False) -> None:
    """Create and rename the account's tags as a file has them; delete only with --delete, which takes them from everybody.

    Example: careline tags apply tags.toml
    """
    from careline.followers import tagfile

    run = runtime(ctx)
    run.expect(PLAN)
    wanted = _checked(file)
    found = run.line.channel(channel, "wechat")
    with run.line.store.lock(f"tags:{found.account_id}", wait=run.if_busy == "wait"):
        steps = tagfile.plan(wanted, run.wait(_there(run, found)), delete=delete)
        if gone := [f"{step.name} ({_counted(step.followers or 0, 'follower')})" for step in steps if step.action == "delete"]:
            run.confirm(f"Delete {', '.join(gone)}?")
        if run.dry_run:
            run.show(steps, columns=PLAN)
            return
        todo = [step for step in steps if step.action in CHANGES]
        failed = run.wait(_carried_out(run, found, todo))
        run.wait(_there(run, found))
    if not run.on_screen:
        run.show([step for step in todo if step not in [one for one, _ in failed]], columns=PLAN)
    elif not todo:
        run.say("Nothing to do.")
    if not failed:
        return
    told = [f"{step.action} {step.name}: {error.message}" for step, error in failed]
    if len(failed) == len(todo):
        error = failed[0][1]
        error.message = "\n".join(told)
        raise error
    again = f"careline tags plan {shlex.quote(str(file))} --channel {found.name}"
    raise PartlyDone(f"{len(todo) - len(failed)} done, {len(failed)} not.", hint="\n".join(told), run=again)


@app.command("pull")
def pull(ctx: typer.Context, file: FileArgument, channel: ChannelOption = None) -> None:
    """Write the account's tags into a file.

    Example: careline tags pull tags.toml
    """
    from careline.channels.wechat.tags import SYSTEM
    from careline.files import replace_file
    from careline.followers import tagfile

    run = runtime(ctx)
    found = run.line.channel(channel, "wechat")
    there = run.wait(_there(run, found))
    if file.exists():
        run.confirm(f"Replace {file}?")
    own = [tag for tag in there if tag.id not in SYSTEM]
    if run.dry_run:
        run.say(f"Would write {_counted(len(own), 'tag')} into {file}.")
        return
    replace_file(file, tagfile.written(own).encode().splitlines(keepends=True))
    run.say(f"{_counted(len(own), 'tag')} written into {file}")


def _checked(file: Path) -> list[Wanted]:
    """The tags of a file without a mistake. Raises Usage."""
    from careline.followers import tagfile

    wanted, findings = tagfile.read(file)
    if findings:
        first = findings[0]
        raise Usage(
            f"{file}:{first.line}: {first.message}",
            code="bad_tags",
            hint=f"{_counted(len(findings), 'mistake')} in all." if len(findings) > 1 else "",
            run=f"careline tags lint {shlex.quote(str(file))}",
        )
    return wanted


async def _there(run: Runtime, channel: Channel) -> list[Tag]:
    """The account's tags, noted where they are news."""
    from careline.channels.wechat.tags import Tags
    from careline.followers.sync import note_tags

    async with run.line.http(channel) as http:
        found = await Tags(run.line.door(channel, http)).all()
    if not run.dry_run:
        note_tags(run.line.store, channel, found)
    return found


async def _carried_out(run: Runtime, channel: Channel, steps: list[Step]) -> list[tuple[Step, CarelineError]]:
    """Make the calls one after the other; what fails stops nothing else."""
    from careline.channels.wechat.tags import Tags

    failed: list[tuple[Step, CarelineError]] = []
    async with run.line.http(channel) as http:
        tags = Tags(run.line.door(channel, http))
        for step in steps:
            try:
                if step.action == "create":
                    await tags.create(step.name)
                elif step.action == "rename":
                    await tags.rename(step.id or 0, step.name)
                else:
                    await tags.delete(step.id or 0)
                run.say(f"{step.name} {step.action}d" + (f", was {step.was}" if step.was else ""))
            except CarelineError as error:
                failed.append((step, error))
    return failed


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
