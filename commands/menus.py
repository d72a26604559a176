"""The menu of a WeChat account as a file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from careline.errors import Exit, NotFound, Usage
from careline.menus import lint
from careline.menus.lint_rules import RULES_BY_ID
from careline.menus.menu import Menu
from careline.menus.plan import Step, differs, plan
from careline.model import Channel
from careline.toml_file import rule_of
from cli.options import ChannelOption
from cli.output import Column, record_of
from cli.runtime import Runtime, runtime
from commands._menus_shown import COLUMNS, rows, show

app = typer.Typer()

FINDING = [Column("path"), Column("line", how="count"), Column("rule"), Column("level", how="state"), Column("message")]
RULE = [Column("id"), Column("level", how="state"), Column("title"), Column("explanation", shown=False)]
PULLED = [Column("file"), Column("buttons", how="count"), Column("conditional", how="count"), Column("done")]

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A menu file, TOML.")]


@app.command("lint")
def lint_file(
    ctx: typer.Context,
    path: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A menu file, TOML.")] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="RULE", help="What a rule asks for: M006, or all.")
    ] = None,
) -> None:
    """Check a menu file without asking WeChat: exit 1 on errors.

    Example: careline menus lint menu.toml
    """
    run = runtime(ctx)
    if explain is not None:
        if explain == "all":
            run.show(RULES_BY_ID.values(), columns=RULE)
        else:
            run.show_one(rule_of(RULES_BY_ID, explain), columns=[*RULE[:3], Column("explanation")])
        return
    if path is None:
        raise Usage("Which file?", run="careline menus lint menu.toml")
    run.expect(FINDING)
    found = lint.lint(path)
    if run.on_screen:
        for one in found:
            level = run.paint(f"{one.level:<7}", "bad" if one.level == "error" else "warn")
            run.tell(f"{path}:{one.line}  {one.rule}  {level}  {one.message}")
        if found:
            run.tell(run.paint(f"careline menus lint --explain {found[0].rule}", "dim"))
    else:
        run.show([{**record_of(one), "path": str(one.path)} for one in found], columns=FINDING)
    errors = sum(one.level == "error" for one in found)
    run.say(f"{_counted(errors, 'error')}, {_counted(len(found) - errors, 'warning')}")
    if errors:
        raise typer.Exit(Exit.FAILED)


@app.command("plan")
def plan_menus(
    ctx: typer.Context,
    path: FileArgument,
    channel: ChannelOption = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 11 when account and file differ.")] = False,
) -> None:
    """Compare a file with the account's menus, drawn as phones do.

    Example: careline menus plan menu.toml --exit-code
    """
    run = runtime(ctx)
    run.expect(COLUMNS)
    steps = _planned(run, run.line.channel(channel, "wechat"), path)
    _show(run, steps, path, channel)
    if exit_code and differs(steps):
        raise typer.Exit(Exit.ATTENTION)


@app.command("apply")
def apply_menus(ctx: typer.Context, path: FileArgument, channel: ChannelOption = None) -> None:
    """Make the account's menus those of a file.

    Followers see them within five minutes. What is replaced or deleted is asked about; run again, it goes on where it stopped.

    Example: careline menus apply menu.toml --yes
    """
    run = runtime(ctx)
    run.expect(COLUMNS)
    found = run.line.channel(channel, "wechat")
    with run.line.store.lock(f"menus:{found.account_id}", wait=run.if_busy == "wait"):
        steps = _planned(run, found, path)
        if run.dry_run:
            _show(run, steps, path, channel)
            return
        if lost := [_said(step) for step in steps if step.action in ("replace", "delete")]:
            question = ", and ".join(lost)
            run.confirm(f"{question[0].upper()}{question[1:]} on {found.name}?")
        done: list[Step] = []
        run.wait(_carried_out(run, found, steps, done))
    if not run.on_screen:
        run.show(rows(steps, done), columns=COLUMNS)
    elif not done:
        run.tell("The account has what the file says.")


@app.command("pull")
def pull(ctx: typer.Context, path: FileArgument, channel: ChannelOption = None) -> None:
    """Write the account's menus into a file.

    Also the one that was made in WeChat's console, which has types of buttons that no call makes.

    Example: careline menus pull menu.toml
    """
    from careline.files import replace_file
    from careline.menus.apply import learn
    from careline.menus.write import written

    run = runtime(ctx)
    run.expect(PULLED)
    found = run.line.channel(channel, "wechat")
    menu = run.wait(_read(run, found))
    if not menu.buttons:
        raise NotFound(
            f"{found.name} has no menu.", code="no_menu", hint="Write one and apply it.", run="careline menus apply menu.toml"
        )
    if not run.dry_run:
        learn(run.line.store, found, menu, run.actor("menus"))
    text = written(menu, shlex.quote(str(path)))
    same = path.is_file() and path.read_bytes() == text.encode()
    if path.exists() and not same:
        run.confirm(f"Replace {path}?")
    if not run.dry_run and not same:
        replace_file(path, text.encode().splitlines(keepends=True))
    if menu.console:
        run.say("It was made in WeChat's console, which has buttons that no call makes: careline menus lint says which.")
    done = "unchanged" if same else None if run.dry_run else "written"
    run.show_one(
        {"file": str(path), "buttons": len(menu.buttons), "conditional": len(menu.conditional), "done": done}, columns=PULLED
    )


def _planned(run: Runtime, channel: Channel, path: Path) -> list[Step]:
    wanted = lint.checked(path)
    return plan(wanted, run.wait(_read(run, channel)))


async def _read(run: Runtime, channel: Channel) -> Menu:
    from careline.channels.wechat.menus import Menus
    from careline.menus.apply import read

    async with run.line.http(channel, run.timeout_us) as http:
        return await read(Menus(run.line.door(channel, http)))


async def _carried_out(run: Runtime, channel: Channel, steps: list[Step], done: list[Step]) -> None:
    from careline.channels.wechat.menus import Menus
    from careline.menus.apply import carry_out, note

    actor = run.actor("menus")

    def noted(step: Step) -> None:
        note(run.line.store, channel, step, actor)
        done.append(step)
        run.say(f"{_said(step, past=True)} on {channel.name}")

    async with run.line.http(channel, run.timeout_us) as http:
        await carry_out(Menus(run.line.door(channel, http)), steps, noted)


def _said(step: Step, *, past: bool = False) -> str:
    """A step in words: replace the default menu."""
    what = f"the menu for {step.rule}" if step.rule else "the default menu"
    word = {"create": "created", "replace": "replaced", "delete": "deleted"}[step.action]
    return f"{what} {word}" if past else f"{step.action} {what}"


def _show(run: Runtime, steps: list[Step], path: Path, channel: str | None) -> None:
    if not run.on_screen:
        run.show(rows(steps, []), columns=COLUMNS)
        return
    flag = f" --channel {channel}" if channel else ""
    show(run, steps, str(path), f"careline menus apply {shlex.quote(str(path))}{flag}")


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
