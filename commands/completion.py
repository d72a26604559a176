"""What makes TAB work in a shell."""

from __future__ import annotations

from typing import Annotated

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
    from cli.completion import bash
    from cli.lazy import Root

    if shell != "bash":
        raise Usage(
            f"There is no completion for {shell!r}, only for bash.", code="unknown_shell", run="careline completion bash"
        )
    root = ctx.find_root().command
    assert isinstance(root, Root)
    runtime(ctx).write(bash(root))
