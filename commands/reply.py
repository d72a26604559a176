"""Answer in a chat, as a person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from careline.errors import Failed, NotFound, Usage
from careline.model import Conversation, Identity, Message, Rows
from careline.queue.read import newest_inbound
from careline.queue.work import may_answer, resolve
from careline.rules.decide.outgoing import Recipient, Wish
from careline.sending.order import Order, outside_template, template_wish
from careline.sending.recipient import check_not_blocked
from careline.store.base import Store
from cli import outgoing
from cli.chats import chat_of, myself
from cli.options import ChatArgument, ParamOption, message_number, params
from cli.runtime import runtime

app = typer.Typer()


@app.command()
def reply(
    ctx: typer.Context,
    chat: ChatArgument,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="The answer; - is stdin, nothing opens $EDITOR.")] = None,
    media: Annotated[
        Path | None, typer.Option("--media", metavar="FILE", help="A file; TEXT is its caption (WeChat: a second message).")
    ] = None,
    react: Annotated[
        str | None, typer.Option("--react", metavar="EMOJI", help="A reaction instead of an answer; '' takes it back.")
    ] = None,
    quoted: Annotated[str, typer.Option("--to", metavar="MESSAGE", help="The message to quote, or to react to: m902.")] = "",
    outside: Annotated[str, typer.Option("--outside", metavar="fail|template:T", help="What goes out of the window.")] = "fail",
    param: ParamOption = None,
    desk: Annotated[
        str, typer.Option("--desk", metavar="ACCOUNT", help="On WeChat: as this account of its desk; else your setting.")
    ] = "",
    then_resolve: Annotated[bool, typer.Option("--resolve", help="And resolve the chat.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Even if somebody else holds the chat.")] = False,
) -> None:
    """Answer in a chat: it takes a free chat and counts as a response.

    Example: careline reply 41 "Il pacco arriva domani."
    """
    run = runtime(ctx)
    line, agent, conversation = run.line, myself(run), chat_of(run, chat)
    number = conversation.id
    identity = line.store.get(Identity, conversation.channel, conversation.handle)
    if identity is None:
        raise Failed(f"Chat {number} belongs to nobody.", run="careline store rebuild --check")
    channel = line.channel(conversation.channel)
    who = Recipient(identity.handle, identity.kind, identity)

    def guard(rows: Rows) -> None:
        may_answer(rows, number, agent, anyway=anyway)

    guard(line.store.rows())
    check_not_blocked(identity)
    instead, given = outside_template(outside), params(param)
    if given and not instead:
        raise Usage("--param fills in a template, and --outside names none.", code="bad_param")
    template_by = (f'careline reply {number} "…"', "--outside template:")
    actor = f"human:{agent}"
    reply_to = _quoted(line.store, conversation, quoted, reacting=react is not None)
    if react is not None:
        if text is not None or media is not None or instead or then_resolve:
            raise Usage("A reaction goes alone: it is no answer.", code="bad_reaction")
        outgoing.send(
            run, channel, who, Order(Wish("reaction", actor, react, reply_to=reply_to), guard=guard), template_by=template_by
        )
        return
    if text is None and media is None and not instead:
        outgoing.check_window(run, channel, who, template_by)
    kind, file = ("text", None) if media is None else line.attachment(channel, media, keep=not run.dry_run)
    typed = ("" if file else run.edit()) if text is None else text
    words = run.read_stdin().rstrip("\n") if text == "-" else typed
    spoken = outgoing.desk(channel, desk) or (run.settings.desk if channel.kind == "wechat" else "")
    wish = Wish(kind, actor, words, media=file.media if file else None, reply_to=reply_to, desk=spoken)
    order = Order(wish, guard=guard, attachment=file)
    if instead:
        definition = run.wait(line.approved_template(channel, instead, who))
        order = Order(wish, None, template_wish(definition, given, wish.actor, ""), definition, guard, file)
    sent = outgoing.send(run, channel, who, order, template_by=template_by)
    if then_resolve and sent is not None:
        resolve(line.store, number, "", "", wish.actor)
        run.say(f"chat {number} resolved")


def _quoted(store: Store, conversation: Conversation, name: str, *, reacting: bool) -> str:
    """The platform's id of the message named; without a name, for a reaction, that of the customer's last one."""
    if not name and not reacting:
        return ""
    message = store.get(Message, message_number(name)) if name else newest_inbound(store, conversation)
    if message is None or message.conversation != conversation.id:
        raise NotFound(
            f"There is no message {name} in chat {conversation.id}." if name else "The customer wrote nothing to react to.",
            code="unknown_message",
            run=f"careline chats show {conversation.id} -o tsv",
        )
    if not message.platform_id:
        raise Usage(f"The platform gave no id for m{message.id}, so nothing can refer to it.", code="no_platform_id")
    return message.platform_id
