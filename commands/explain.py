"""What a code means: a platform's, or one of careline's own words."""

from __future__ import annotations

from typing import Annotated

import typer

from careline.clock import SECOND
from careline.errors import Exit
from careline.rules.times import say_duration
from cli.output import PLATFORM, Column
from cli.runtime import runtime

app = typer.Typer()

COLUMNS = [
    Column("code"),
    Column("kind"),
    Column("comes_by", "comes by"),
    Column("exit", how="count"),
    Column("error"),
    Column("means"),
    Column("do", "what to do"),
    Column("run"),
    Column("retry_after_s", "wait", "length"),
]
COMES_BY = {
    "answer": "answers a call",
    "status": "comes later, by the message's status",
    "both": "answers a call, or comes later by the message's status",
    "health": "in a report of health only",
    "state": "the state of a message of ours",
    "subcode": "beside a vague code, as error_subcode",
}


@app.command()
def explain(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="131047, 45015, window_closed…")],
    kind: Annotated[str, typer.Option("--kind", metavar="whatsapp|wechat|wecom|careline", help="Whose code it is.")] = "",
) -> None:
    """Say what a platform's code or a word of careline's means, and what to do.

    Example: careline explain 131047
    """
    from careline.explaining.look import explain as look

    run = runtime(ctx)
    found = look(code, kind)
    if run.output != "table":
        run.show([one.record() for one in found], columns=COLUMNS)
        return
    for one in found:
        whose = PLATFORM.get(one.kind, one.kind) + (f", {COMES_BY[one.comes_by]}" if one.comes_by else "")
        run.tell(f"{run.paint(one.code, 'bold')}  {whose}; exit {one.exit} ({Exit(one.exit).name.lower().replace('_', ' ')})")
        run.tell(f"  {one.means}")
        if one.do:
            run.tell(f"  {one.do}")
        if one.retry_after_s is not None:
            run.tell(f"  Try again in {say_duration(one.retry_after_s * SECOND)}.")
        if one.run:
            run.tell(f"  {one.run}")
