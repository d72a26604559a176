"""Who of the platform's own desk speaks to a customer. Part of ``careline chats``."""

from __future__ import annotations

from typing import Annotated

import typer

from careline.model import Channel, Conversation
from cli.chats import chat_of
from cli.options import ChatArgument
from cli.runtime import Runtime, runtime

app = typer.Typer()


@app.command("assign")
def assign(
    ctx: typer.Context,
    chat: ChatArgument,
    to: Annotated[str, typer.Option("--to", metavar="WHO", help="A servicer, or end; on WeCom also bot or pool.")],
) -> None:
    """Give a chat to the desk that is built into WeChat or WeCom, or take it back from there.

    Example: careline chats assign 41 --to mei
    """
    run = runtime(ctx)
    conversation = chat_of(run, chat)
    channel = run.line.channel(conversation.channel, "wechat", "wecom")
    if channel.kind == "wechat":
        from commands import _chats_desk

        _chats_desk.assign(run, channel, conversation, to)
        return
    from careline.channels.wecom.sessions import wanted

    wanted(to)
    if run.dry_run:
        run.say(f"Would give chat {conversation.id} to {to}.")
        return
    run.say(run.wait(_moved(run, channel, conversation, to)))


async def _moved(run: Runtime, channel: Channel, conversation: Conversation, to: str) -> str:
    """Ask how the session stands, change it, and note both."""
    from careline.channels.wecom.sessions import Sessions, check_move, wanted

    handle, session = conversation.handle, wanted(to)
    async with run.line.http(channel) as http:
        sessions, client = Sessions(run.line.door(channel, http)), run.line.wecom(channel, http)
        found = await sessions.get(handle)
        client.note(handle, found)
        if found == session:
            return f"chat {conversation.id} is {_words(session.state, session.servicer)} already"
        check_move(found, session)
        await sessions.move(handle, session)
        client.note(handle, session)
    return f"chat {conversation.id} is {_words(session.state, session.servicer)}"


def _words(state: str, servicer: str) -> str:
    return {"human": f"with {servicer}", "pool": "in the pool", "bot": "the bot's: careline may write", "ended": "ended"}.get(
        state, state
    )
