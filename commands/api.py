"""The rest of a platform's API: whatever has no command of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from careline.errors import Usage
from cli.inputs import text_of
from cli.options import ChannelArgument
from cli.output import array, json_text
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.channels.anycall import AnyCall
    from careline.model import Channel

app = typer.Typer()


@app.command()
def api(
    ctx: typer.Context,
    name: ChannelArgument,
    method: Annotated[str, typer.Argument(metavar="GET|POST|DELETE", help="What to do there.")],
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="As in the platform's reference; Meta's version may be left out.")
    ],
    fields: Annotated[
        list[str] | None, typer.Option("-f", metavar="K=V", help="A field of the body; of the query with GET or --input.")
    ] = None,
    body_from: Annotated[
        str | None, typer.Option("--input", metavar="FILE", help="The body, a JSON object; - is stdin.")
    ] = None,
    all_pages: Annotated[bool, typer.Option("--all-pages", help="All items of a list, one after the other.")] = False,
) -> None:
    """Call the platform's API with the channel's token; what sends messages is refused.

    Example: careline api shop-it GET 106540352242922/message_qrdls --all-pages
    """
    from careline.channels.anycall import any_call

    run = runtime(ctx)
    if run.settings.output in ("csv", "tsv", "ids"):
        raise Usage(f"An answer is JSON: it has no {run.output}.", code="bad_output", hint="-o json or -o jsonl")
    channel = run.line.channel(name)
    body = None if body_from is None else text_of(run, body_from)
    call = any_call(channel.kind, method, path, fields or [], body, channel.api_url)
    if all_pages and (call.method != "GET" or channel.kind != "whatsapp"):
        raise Usage("Pages are read by GET, and WhatsApp has them.", code="bad_method")
    if run.dry_run:
        run.say(f"would ask {channel.api_url}")
        run.tell(json_text(call.shown(), indent=2 if run.on_screen else None))
        return
    if call.is_final(channel.kind):
        run.confirm(f"{call.method} {call.path} on {channel.api_url}?")
    if all_pages:
        _show_all(run, channel, call)
        return
    answer = run.wait(_answer(run, channel, call))
    run.tell(json_text(answer, indent=2 if run.on_screen else None))


async def _answer(run: Runtime, channel: Channel, call: AnyCall) -> Any:
    async with run.line.http(channel, run.timeout_us) as http:
        if channel.kind == "wecom":
            from careline.channels.wecom.account import Accounts

            return await Accounts(run.line.door(channel, http)).anything(call)
        if channel.kind == "wechat":
            from careline.channels.wechat.account import Account

            return await Account(run.line.door(channel, http)).anything(call)
        return await run.line.graph(channel, http).anything(call)


def _show_all(run: Runtime, channel: Channel, call: AnyCall) -> None:
    """Every item of a list; where one line is one object, as they come."""
    lines = run.output not in ("table", "json")

    async def read() -> list[Any]:
        found: list[Any] = []
        async with run.line.http(channel, run.timeout_us) as http:
            async for item in run.line.graph(channel, http).everything(call):
                if lines:
                    run.tell(json_text(item))
                else:
                    found.append(item)
        return found

    found = run.wait(read())
    if not lines:
        for piece in array(found):
            run.write(piece)
