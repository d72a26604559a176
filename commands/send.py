"""Send one message from a script."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from careline.errors import Usage
from careline.rules.decide.outgoing import Wish
from careline.sending.order import Order, outside_template, template_wish
from careline.sending.recipient import recipient
from careline.settings_keys import problem_of
from cli import outgoing
from cli.inputs import text_of
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
    media: Annotated[
        Path | None,
        typer.Option(
            "--media",
            metavar="FILE",
            help="A file. --text is its caption (WeChat: a second message), --template has it on top.",
        ),
    ] = None,
    json: Annotated[
        str | None, typer.Option("--json", metavar="FILE|-", help="Buttons, a list, news, a card… in the platform's own JSON.")
    ] = None,
    outside: Annotated[str, typer.Option("--outside", metavar="fail|template:T", help="What goes out of the window.")] = "fail",
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="Run again with the same key, it sends nothing twice.")
    ] = None,
    speaker: Annotated[str, typer.Option("--as", metavar="AGENT", help="Counts as this person's answer.")] = "",
    desk: Annotated[str, typer.Option("--desk", metavar="ACCOUNT", help="On WeChat: as this account of its desk.")] = "",
) -> None:
    """Send one message; outside the window it refuses with exit 7 and says what is possible.

    Example: careline send --channel shop-it --to +393331234567 --text "È arrivato!"
    """
    run = runtime(ctx)
    line = run.line
    found = line.channel(channel)
    if json is None and text is None and template is None and media is None:
        raise Usage("What to send? --text, --template, --media or --json.", run="careline send --help")
    if (text is not None and template is not None) or (json is not None and (text, template, media) != (None, None, None)):
        raise Usage("One message at a time: --text, --template or --json, or a file with one of the first two.")
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
    if media is not None and template is not None and found.kind != "whatsapp":
        raise Usage(f"{found.name} is a {found.kind} channel: its templates carry no file.", code="not_supported")
    if desk and template is not None:
        raise Usage("A template comes from the account itself: --desk is for other messages.", code="not_supported")
    kind, file = ("text", None) if media is None else line.attachment(found, media, keep=not run.dry_run)
    carried = None if file is None else file.media
    if template is not None:
        definition = run.wait(line.approved_template(found, template, who))
        order = Order(template_wish(definition, given, actor, filled, carried), definition, attachment=file)
    else:
        if json is not None:
            made = line.composed(found, text_of(run, json))
            spoken = outgoing.desk(found, desk or made.desk)
            wish = Wish(made.kind, actor, made.text, body=made.body, send_key=filled, reply_to=made.reply_to, desk=spoken)
        else:
            words = run.read_stdin().rstrip("\n") if text == "-" else text or ""
            wish = Wish(kind, actor, words, media=carried, send_key=filled, desk=outgoing.desk(found, desk))
        order = Order(wish, attachment=file)
        if instead:
            definition = run.wait(line.approved_template(found, instead, who))
            order = Order(wish, None, template_wish(definition, given, actor, filled), definition, attachment=file)
    again = f"careline send --channel {found.name} --to {outgoing.typed_id(who)}"
    outgoing.send(run, found, who, order, template_by=(again, "--template "))
