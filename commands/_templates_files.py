"""Template files, without the platform: check them, begin with some, see how they will look. Part of ``templates``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from careline.errors import Exit, NotFound, Usage
from careline.model import Template
from careline.rules import template as naming
from cli.cells import cells, clean, pad
from cli.options import ChannelOption, ParamOption, params
from cli.output import Column, record_of
from cli.runtime import Runtime, runtime
from commands._templates import channel_of, meant

if TYPE_CHECKING:
    from careline.templates.preview import Preview
    from careline.toml_file import Finding

app = typer.Typer()

MARKS = {"quick_reply": "↩", "url": "↗", "phone_number": "✆", "voice_call": "✆", "copy_code": "⧉", "otp": "⧉"}
FINDING = [
    Column("path"),
    Column("line", how="count"),
    Column("rule"),
    Column("level", how="state"),
    Column("message"),
]
RULE = [Column("id"), Column("level", how="state"), Column("title"), Column("explanation", shown=False)]
NEW = [Column("path"), Column("name"), Column("language")]
PREVIEW = [
    Column("name"),
    Column("language"),
    Column("category"),
    Column("message.header", "HEADER"),
    Column("message.body", "BODY"),
    Column("message.footer", "FOOTER"),
]
WIDEST = 60  # cells of a message on a phone


@app.command("lint")
def lint_files(
    ctx: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH...]", help="Template files, or folders of them.")] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="RULE", help="What a rule asks for: T012, or all.")
    ] = None,
) -> None:
    """Check template files without asking the platform: exit 1 on errors, 0 on warnings.

    Example: careline templates lint templates/ -o json
    """
    from careline.templates import lint

    run = runtime(ctx)
    if explain is not None:
        _explain(run, explain)
        return
    if not paths:
        raise Usage("Which files?", run="careline templates lint templates/")
    run.expect(FINDING)
    files = _files(paths)
    count = {"error": 0, "warning": 0}

    def found() -> Iterator[Finding]:
        with run.progress("files", len(files)) as step:
            for findings in lint.lint(files):
                for one in findings:
                    count[one.level] += 1
                yield from findings
                step(1)

    if run.on_screen:
        _tell_findings(run, list(found()))
    else:
        run.show(({**record_of(one), "path": str(one.path)} for one in found()), columns=FINDING)
    errors, warnings = _counted(count["error"], "error"), _counted(count["warning"], "warning")
    run.say(f"{_counted(len(files), 'file')}: {errors}, {warnings}")
    if count["error"]:
        raise typer.Exit(Exit.FAILED)


@app.command("new")
def new(ctx: typer.Context, folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made where it is missing.")]) -> None:
    """Write a starter pack: welcome, ticket confirmation, case update, satisfaction, re-opening, in five languages.

    Example: careline templates new templates/
    """
    from careline.templates import starter
    from careline.templates.file import lint_command

    run = runtime(ctx)
    run.expect(NEW)
    if run.dry_run:
        run.say(f"Would write {len(starter.names())} files into {folder}: {', '.join(starter.names())}")
        return
    written = starter.write(folder)
    if not run.on_screen:
        named = [(path, *path.name.removesuffix(".toml").split(".", 1)) for path in written]
        run.show([{"path": str(path), "name": name, "language": code} for path, name, code in named], columns=NEW)
    run.say(f"{len(written)} files written into {folder}. Adapt them, then: {lint_command(folder)}")


@app.command("preview")
def preview_one(
    ctx: typer.Context,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE|FILE", help="NAME or NAME/LANGUAGE, or a template file.")],
    param: ParamOption = None,
    channel: ChannelOption = None,
) -> None:
    """Show a template as the customer will see it; what is not given shows its example.

    Slots: 1 or name, header.1, header.link|id|location, button0, lto.expires, and after card0. the same of a card.

    Example: careline templates preview templates/order_update.it.toml --param 1=Anna
    """
    run = runtime(ctx)
    run.expect(PREVIEW)
    made = _previewed(_template(run, template, channel), params(param))
    if not run.on_screen:
        run.show_one(to_builtins(made), columns=PREVIEW)
        return
    width = min(WIDEST, run.width)
    run.tell(run.paint(f"{made.name}/{made.language} · {made.category}", "bold"))
    for index, bubble in enumerate((made.message, *made.cards)):
        if index:
            run.tell(run.paint(f"card {index - 1}", "dim"))
        texts = [(bubble.header, "bold"), (bubble.body, ""), (bubble.footer, "dim")]
        labels = [f"{MARKS.get(button.type, '▸')} {button.text}" for button in bubble.buttons]
        _box(run, [part for part in texts if part[0]], labels, width)


def _explain(run: Runtime, number: str) -> None:
    from careline.templates.lint_rules import RULES
    from careline.toml_file import rule_of

    if number == "all":
        run.show(RULES.values(), columns=RULE)
        return
    rule = rule_of(RULES, number)
    if not run.on_screen:
        run.show_one(rule, columns=RULE)
        return
    run.tell(f"{run.paint(rule.id, 'bold')} · {rule.title} · {run.paint(rule.level, _TONES[rule.level])}")
    for line in wrapped(rule.explanation, min(run.width, 100)):
        run.tell(line)


def _files(paths: list[Path]) -> list[Path]:
    """The files named and those in the folders named. Raises NotFound for a folder without any."""
    from careline.templates import file

    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise Usage(f"{path} does not exist.", code="unreadable_file")
        inside = file.folder(path) if path.is_dir() else [path]
        if not inside:
            raise NotFound(
                f"{path} has no template files (*.toml).",
                code="no_templates",
                run=f"careline templates new {shlex.quote(str(path))}",
            )
        found += inside
    return list(dict.fromkeys(found))


def _tell_findings(run: Runtime, findings: list[Finding]) -> None:
    path = None
    for one in findings:
        if one.path != path:
            path = one.path
            run.tell(str(path))
        level = run.paint(f"{one.level:<7}", _TONES[one.level])
        run.tell(f"  {one.line:>4}  {one.rule}  {level}  {one.message}")
    if findings:
        run.tell(run.paint(f"careline templates lint --explain {findings[0].rule}", "dim"))


def _previewed(template: Template, given: list[tuple[str, str]]) -> Preview:
    from careline.templates import preview, wechat

    return wechat.preview(template, given) if wechat.is_wechats(template) else preview.preview(template, given)


def _template(run: Runtime, named: str, channel: str | None) -> Template:
    """The template of a file, or of the account, in whatever state it is there. Raises NotFound, Usage."""
    from careline.templates import file, preview

    if named.endswith(".toml") or ("/" in named and Path(named).exists()):
        return preview.row(file.read(Path(named)))
    found = channel_of(run, channel)
    name, _ = naming.split(named)
    known = [t for t in run.line.templates(found) if t.name == name] or run.wait(run.line.read_templates(found, name))
    return meant(known, named, run.line.channel_flag(found))[0]


def _box(run: Runtime, texts: list[tuple[str, str]], labels: list[str], width: int) -> None:
    """A bubble with its texts, one under the other, and the buttons below a line."""
    inside = width - 4
    run.tell(f"╭{'─' * (width - 2)}╮")
    for number, (text, tone) in enumerate(texts):
        lines = [line for part in clean(text, keep="\n").split("\n") for line in wrapped(part, inside)]
        for line in [""] * bool(number) + lines:
            padded = pad(line, inside)
            run.tell(f"│ {run.paint(padded, tone) if tone and line else padded} │")
    if labels:
        run.tell(f"├{'─' * (width - 2)}┤")
    for label in labels:
        run.tell(f"│ {pad(wrapped(clean(label), inside)[0], inside)} │")
    run.tell(f"╰{'─' * (width - 2)}╯")


def wrapped(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells, broken at blanks, or inside a word that is longer; at least one line."""
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cells(joined) <= width:
            line = joined
            continue
        room = width - cells(line) - 1
        if line and (cells(word) <= width or room < width // 3):
            lines.append(line)
            line = ""
        elif line:
            line += " "
        for letter in word:
            if cells(line + letter) > width:
                lines.append(line)
                line = ""
            line += letter
    return [*lines, line]


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


_TONES = {"error": "bad", "warning": "warn"}
