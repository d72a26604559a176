"""Answer in a chat, as a person."""

from __future__ import annotations

from typing import Annotated

import typer

from careline.errors import Failed, NotFound, Usage
from careline.model import Conversation, Identity, Rows
from careline.queue.work import may_answer, resolve
from careline.rules.decide.outgoing import Recipient, Wish
from careline.sending.order import Order, outside_template, template_wish
from cli import outgoing
from cli.chats import myself
from cli.options import ChatArgument, ParamOption, chat_number, params
from cli.runtime import runtime

app = typer.Typer()


@app.command()
def reply(
    ctx: typer.Context,
    chat: ChatArgument,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="The answer; - is stdin, nothing opens $EDITOR.")] = None,
    outside: Annotated[str, typer.Option("--outside", metavar="fail|template:T", help="What goes out of the window.")] = "fail",
    param: ParamOption = None,
    then_resolve: Annotated[bool, typer.Option("--resolve", help="And resolve the chat.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Even if somebody else holds the chat.")] = False,
) -> None:
    """Answer in a chat: it takes a free chat and counts as a response.

    Example: careline reply 41 "Il pacco arriva domani."
    """
    run = runtime(ctx)
    line, number, agent = run.line, chat_number(chat), myself(run)
    conversation = line.store.get(Conversation, number)
    if conversation is None:
        raise NotFound(f"There is no chat {number}.", code="unknown_chat", run="careline chats list")
    identity = line.store.get(Identity, conversation.channel, conversation.handle)
    if identity is None:
        raise Failed(f"Chat {number} belongs to nobody.", run="careline store rebuild --check")
    channel = line.channel(conversation.channel)
    who = Recipient(identity.handle, identity.kind, identity)

    def guard(rows: Rows) -> None:
        may_answer(rows, number, agent, anyway=anyway)

    guard(line.store.rows())
    instead, given = outside_template(outside), params(param)
    if given and not instead:
        raise Usage("--param fills in a template, and --outside names none.", code="bad_param")
    template_by = (f'careline reply {number} "…"', "--outside template:")
    if text is None and not instead:
        outgoing.check_window(run, channel, who, template_by)
    words = run.edit() if text is None else run.read_stdin().rstrip("\n") if text == "-" else text
    wish = Wish(kind="text", actor=f"human:{agent}", text=words)
    order = Order(wish, guard=guard)
    if instead:
        definition = run.wait(line.approved_template(channel, instead, who))
        order = Order(wish, None, template_wish(definition, given, wish.actor, ""), definition, guard)
    sent = outgoing.send(run, channel, who, order, template_by=template_by)
    if then_resolve and sent is not None:
        resolve(line.store, number, "", "", wish.actor)
        run.say(f"chat {number} resolved")
