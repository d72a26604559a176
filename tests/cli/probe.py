"""A word for tests: what the shell does with a command, seen from inside one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Annotated, Any

import pytest
import typer

import commands
from cli import lazy
from cli.output import Column
from cli.runtime import Runtime, runtime


class Probe:
    """Adds the thing ``probes`` and the deed ``poke`` to the table of words, and keeps what their commands saw."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        self.runs: list[Runtime] = []
        self.act: Callable[[Runtime], Any] = lambda run: None
        patch.setitem(commands.WORDS, "probes", "words for tests")
        patch.setitem(commands.WORDS, "poke", "a deed for tests")
        patch.setattr(lazy, "DEEDS", lazy.DEEDS | {"poke"})
        patch.setitem(sys.modules, "commands.probes", self._module("commands.probes", self._verbs))
        patch.setitem(sys.modules, "commands.poke", self._module("commands.poke", self._deed))

    @property
    def run(self) -> Runtime:
        """The runtime of the last command."""
        return self.runs[-1]

    def _module(self, name: str, fill: Callable[[typer.Typer], None]) -> ModuleType:
        module = ModuleType(name)
        module.app = typer.Typer()  # type: ignore[attr-defined]
        fill(module.app)
        return module

    def _verbs(self, app: typer.Typer) -> None:
        @app.command("list")
        def list_probes(ctx: typer.Context) -> None:
            """List them."""
            self._ran(ctx)

        @app.command("show")
        def show_probe(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME")] = "") -> None:
            """Show one."""
            self.texts.append(name)
            self._ran(ctx)

    def _deed(self, app: typer.Typer) -> None:
        @app.command()
        def poke(
            ctx: typer.Context,
            text: Annotated[str, typer.Option("--text", metavar="T", help="What to say.")] = "",
            color: Annotated[str, typer.Option("--color", metavar="HEX", help="A colour of its own.")] = "",
        ) -> None:
            """Poke somebody.

            Example: careline poke --text hello
            """
            self.texts += [text, color]
            self._ran(ctx)

    def _ran(self, ctx: typer.Context) -> None:
        run = runtime(ctx)
        self.runs.append(run)
        self.act(run)


NUMBERS = [Column("number", how="count"), Column("note", shown=False)]
