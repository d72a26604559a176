"""WeCom's customer service, seen from there: customers who enter, servicers who answer. Part of ``careline sandbox``."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.output import Column
from cli.runtime import runtime
from commands._sandbox import controls, would

app = typer.Typer()

DONE = [Column("who", "customer"), Column("did"), Column("id")]

Account = Annotated[str, typer.Option("--account", metavar="ACCOUNT", help="The customer service account, if not the first.")]


@app.command()
def enter(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="WHO", help="Any name.")],
    scene: Annotated[str, typer.Option("--scene", metavar="SCENE", help="They come by the link with this scene.")] = "",
    account: Account = "",
) -> None:
    """Let a customer open a chat with a WeCom account, without a word; who is new can be greeted for twenty seconds.

    Example: careline sandbox enter liwei --scene shop-012
    """
    run = runtime(ctx)
    control = controls(run)
    if not would(run, f"let {who} enter"):
        run.show_one(control.wecom("enter", who, scene=scene, account=account), columns=DONE)


@app.command()
def servicer(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(metavar="USERID", help="The servicer: mei.")],
    deed: Annotated[str, typer.Argument(metavar="accept|say|pass|end|online|offline", help="What they do.")],
    who: Annotated[str, typer.Argument(metavar="[WHO]", help="The customer: to accept, say, pass and end.")] = "",
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="What they write; with pass the other servicer.")] = "",
    account: Account = "",
) -> None:
    """Let a servicer of a WeCom account come and go, and serve customers.

    Example: careline sandbox servicer mei accept liwei
    """
    run = runtime(ctx)
    control = controls(run)
    if not would(run, f"let {id} {deed} {who}".rstrip()):
        done = control.wecom("servicer", who, servicer=id, deed=deed, text=text, account=account)
        run.show_one(done, columns=DONE)
