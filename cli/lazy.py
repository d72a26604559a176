"""Words that are imported when they are used, and commands that carry the options of every command.

``commands`` has a table of words; only the module of the word that was typed is loaded. A module offers ``app``: a thing or a
place (``channels``, ``queue``) is a group of verbs, a deed (``send``) with one command is that command.
"""

from __future__ import annotations

import importlib
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from careline.errors import Usage
from cli.shared import is_shared, with_shared
from commands import DEEDS, SECTIONS, WORDS

ABOUT = """Customer-care operations from the shell, for WhatsApp and WeChat.

Try it without an account: careline demo"""

IN_SHORT = (
    "--profile NAME  -o FORMAT  --columns a,b  -n  -y  --if-busy HOW",
    "--timeout DURATION  --tz ZONE  -q  -v  --trace FILE  --color WHEN  -h",
)


class Verb(TyperCommand):
    """A command, with the options of every command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its own parameters and the shared ones; a ``list`` also has --limit and --all."""
        return with_shared(self.params, lists=self.name == "list")

    def invoke(self, ctx: Any) -> Any:
        """Run it; a ``list`` is cut on a terminal."""
        ctx.obj.cuts_lists = self.name == "list"
        return super().invoke(ctx)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """``careline reply CHAT [TEXT|-] [OPTIONS]``"""
        formatter.write_usage(ctx.command_path, " ".join([*_arguments(self, ctx), "[OPTIONS]"]))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Its own options one by one, the shared ones in short."""
        _format_own(self, ctx, formatter)
        _format_shared(formatter)


class Family(TyperGroup):
    """A word with verbs, and the options of every command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The shared options."""
        return with_shared(self.params, lists=False)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What is left for the verb. Raises Usage naming the verbs where there is none."""
        rest = super().parse_args(ctx, args)
        if not (rest or ctx._protected_args or ctx.resilient_parsing):
            raise Usage(
                f"{ctx.command_path} needs a verb.",
                code="missing_verb",
                hint="There are: " + ", ".join(self.list_commands(ctx)),
                run=f"{ctx.command_path} --help",
            )
        return rest

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The verb and what follows it. Raises Usage with the nearest ones for a word that is none."""
        command = self.get_command(ctx, args[0])
        if command is None:
            raise _unknown(ctx.command_path, args[0], self.list_commands(ctx))
        return command.name, command, args[1:]

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """``careline queue VERB …``"""
        formatter.write_usage(ctx.command_path, "VERB …")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The verbs, and the shared options in short."""
        self.format_commands(ctx, formatter)
        _format_shared(formatter)


class Root(Family):
    """``careline`` itself: every word of the table, none of them imported before it is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The words, in the order of help."""
        return list(WORDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a word, imported now; ``channel`` is understood for ``channels`` and ``queues`` for ``queue``."""
        word = _canonical(cmd_name)
        if word is not None and word not in self.commands:
            self.commands[word] = load(word)
        return self.commands.get(word or cmd_name)

    def completion(self) -> str:
        """The completion script for bash."""
        from cli.completion import bash

        return bash(self)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What follows the options. Without a word it is help that was wanted, and exit 2 all the same."""
        rest = TyperGroup.parse_args(self, ctx, args)
        if not (rest or ctx._protected_args or ctx.resilient_parsing):
            raise Usage(ctx.get_help(), code="missing_word")
        return rest

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """``careline WORD …``"""
        formatter.write_usage(ctx.command_path, "WORD …")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The table of words, then the shared options one by one."""
        for title, words in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(word.ljust(WIDEST), says) for word, says in words.items()])
        records = [param.get_help_record(ctx) for param in self.get_params(ctx)]
        with formatter.section("Options of every command, before or after the words"):
            formatter.write_dl([*records, ("-V, --version", "Show the version; stands alone.")])


WIDEST = max(map(len, WORDS))


def tree() -> Root:
    """The root of the tree of words. No word is imported."""
    app = typer.Typer(cls=Root, help=ABOUT, add_completion=False, rich_markup_mode=None)
    root = get_group(app)
    assert isinstance(root, Root)
    return root


def load(word: str) -> Any:
    """The command or group of a word: imports ``commands.WORD`` and furnishes what it offers."""
    app: typer.Typer = importlib.import_module(f"commands.{word}").app
    _furnish(app)
    command = get_command(app) if word in DEEDS else get_group(app)
    command.name = word
    if not command.help:
        command.help = f"{WORDS[word][0].upper()}{WORDS[word][1:]}."
    return command


def _furnish(app: typer.Typer) -> None:
    """Give an app, and the apps inside it, our classes and plain help."""
    app.rich_markup_mode = None
    app._add_completion = False
    app.info.cls = Family
    for command in app.registered_commands:
        command.cls = Verb
    for inner in app.registered_groups:
        inner.cls = Family
        if inner.typer_instance is not None:
            _furnish(inner.typer_instance)


def _canonical(word: str) -> str | None:
    """The word of the table that was meant: itself, or for things and places its other number."""
    if word in WORDS:
        return word
    return next((other for other in (f"{word}s", word.removesuffix("s")) if other in WORDS and other not in DEEDS), None)


def _unknown(path: str, typed: str, known: list[str]) -> Usage:
    close = get_close_matches(typed, known, n=2)
    return Usage(
        f"{path} has no {typed!r}.",
        code="unknown_word",
        hint=f"Did you mean {' or '.join(close)}?" if close else "There are: " + ", ".join(known),
        run=f"{path} {close[0]} --help" if close else f"{path} --help",
    )


def _arguments(command: Any, ctx: Any) -> list[str]:
    """The arguments as the usage line shows them: ``CHAT``, ``[TEXT]``, ``CHAT…``."""
    shown = []
    for param in command.params:
        if param.param_type_name == "argument":
            name = param.make_metavar(ctx).strip("[]{}").removesuffix("...") + ("…" if param.nargs == -1 else "")
            shown.append(name if param.required else f"[{name}]")
    return shown


def _format_own(command: Any, ctx: Any, formatter: Any) -> None:
    arguments: list[Any] = []
    options: list[Any] = []
    for param in command.get_params(ctx):
        record = None if is_shared(param) else param.get_help_record(ctx)
        if record:
            (arguments if param.param_type_name == "argument" else options).append(record)
    for title, records in (("Arguments", arguments), ("Options", options)):
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def _format_shared(formatter: Any) -> None:
    with formatter.section("Options of every command (careline --help says what they do)"):
        formatter.write("".join(f"  {line}\n" for line in IN_SHORT))
