"""Send one message from a script."""

from __future__ import annotations

from typing import Annotated

import typer

from careline.errors import Usage
from careline.rules.decide.outgoing import Wish
from careline.sending.order import Order, outside_template, template_wish
from careline.sending.recipient import recipient
from careline.settings_keys import problem_of
from cli import outgoing
from cli.options import ChannelOption, ParamOption, filled_in, params
from cli.runtime import runtime

app = typer.Typer()


@app.command()
def send(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="ID", help="A phone with its +, an OpenID, or a contact: c17.")],
    channel: ChannelOption = None,
    text: Annotated[str | None, typer.Option("--text", metavar="T", help="The text; - reads it from stdin.")] = None,
    template: Annotated[str | None, typer.Option("--template", metavar="TEMPLATE", help="An approved template.")] = None,
    param: ParamOption = None,
    outside: Annotated[str, typer.Option("--outside", metavar="fail|template:T", help="What goes out of the window.")] = "fail",
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="Run again with the same key, it sends nothing twice.")
    ] = None,
    speaker: Annotated[str, typer.Option("--as", metavar="AGENT", help="Counts as this person's answer.")] = "",
) -> None:
    """Send one message; outside the window it refuses with exit 7 and says what is possible.

    Example: careline send --channel shop-it --to +393331234567 --text "È arrivato!"
    """
    run = runtime(ctx)
    line = run.line
    found = line.channel(channel)
    if (text is None) == (template is None):
        raise Usage("What to send? Either --text or --template.", run="careline send --help")
    instead, given = outside_template(outside), params(param)
    if given and not (instead or template):
        raise Usage("--param fills in a template, and none is named.", code="bad_param")
    who = recipient(to, found, line.store)
    if speaker and (problem := problem_of("agent", speaker)):
        raise Usage(f"--as is {speaker!r}: {problem}.", code="bad_agent")
    actor = f"human:{speaker}" if speaker else "auto:send"
    filled = filled_in(run, key or "", channel=found.name, to=to.strip())
    if key is not None and not filled.strip():
        raise Usage("--key is empty: nothing would keep this from being sent twice.", code="empty_key")
    if template is not None:
        definition = run.wait(line.approved_template(found, template, who))
        order = Order(template_wish(definition, given, actor, filled), definition)
    else:
        words = run.read_stdin().rstrip("\n") if text == "-" else text or ""
        order = Order(Wish(kind="text", actor=actor, text=words, send_key=filled))
        if instead:
            definition = run.wait(line.approved_template(found, instead, who))
            order = Order(order.wish, None, template_wish(definition, given, actor, filled), definition)
    again = f"careline send --channel {found.name} --to {outgoing.typed_id(who)}"
    outgoing.send(run, found, who, order, template_by=(again, "--template "))
