"""The desk that is built into WeChat, seen from there: what its agents do. Part of ``careline sandbox``."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.output import Column
from cli.runtime import runtime
from commands._sandbox import controls, would

app = typer.Typer()

DONE = [Column("agent"), Column("did"), Column("online", how="flag")]


@app.command()
def desk(
    ctx: typer.Context,
    agent: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The agent's kf_account, or what stands before its @.")],
    deed: Annotated[str, typer.Argument(metavar="join|refuse|online|offline|accept|say|pass|close", help="What they do.")],
    who: Annotated[str, typer.Argument(metavar="[WHO]", help="The customer: to accept, say, pass and close.")] = "",
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="What they write; with pass the other agent.")] = "",
) -> None:
    """Let an agent of WeChat's own desk answer the invitation, come and go, and serve customers.

    Example: careline sandbox desk mei accept liwei
    """
    run = runtime(ctx)
    control = controls(run)
    if not would(run, f"let {agent} {deed} {who}".rstrip()):
        run.show_one(control.desk(deed, agent, who, text), columns=DONE)
