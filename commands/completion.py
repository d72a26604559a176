"""What makes TAB work in a shell."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from careline.errors import Usage
from cli.runtime import runtime

app = typer.Typer()


@app.command()
def completion(
    ctx: typer.Context,
    shell: Annotated[str, typer.Argument(metavar="bash", help="The shell; bash only for now.")],
) -> None:
    """Print the completion script for a shell: source it, nothing is written to your files.

    Example: careline completion bash
    """
    if shell != "bash":
        raise Usage(
            f"There is no completion for {shell!r}, only for bash.", code="unknown_shell", run="careline completion bash"
        )
    tree: Any = ctx.find_root().command
    runtime(ctx).write(tree.completion())
