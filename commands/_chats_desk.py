"""Handing a chat to the desk that is built into WeChat, and taking it back: WeChat's half of ``chats assign``."""

from __future__ import annotations

from careline.errors import Usage
from careline.model import Channel, Conversation
from cli.runtime import Runtime

END = "end"


def assign(run: Runtime, channel: Channel, conversation: Conversation, to: str) -> None:
    """Let an agent of WeChat's desk serve the customer, or (``end``) nobody there any more; says what was done.

    What the customer writes then goes to that agent alone: WeChat pushes it no more until the session ends, by ``end``, by the
    agent, or after half an hour of silence.
    """
    if not to.strip():
        raise Usage(
            "--to is an agent's kf_account, or end.", code="bad_assignee", run=f"careline channels staff {channel.name}"
        )
    if run.dry_run:
        run.say(f"Would {'end the session of' if to == END else f'give to {to}'} chat {conversation.id}.")
        return
    run.say(run.wait(_assigned(run, channel, conversation, to)))


async def _assigned(run: Runtime, channel: Channel, conversation: Conversation, to: str) -> str:
    from careline.channels.wechat.staff import Staff, account_of

    number, openid = conversation.id, conversation.handle
    async with run.line.http(channel) as http:
        desk = Staff(run.line.door(channel, http))
        if to == END:
            served = await desk.session_of(openid)
            if served is None:
                return f"nobody on WeChat's desk serves chat {number}"
            await desk.take_back(openid, served.agent)
            return f"chat {number} is back from {served.agent}: what they write comes here again"
        account = to if "@" in to else account_of(to, await desk.agents(), channel)
        await desk.give(openid, account)
        read = f"careline chats import --channel {channel.name}"
        return f"chat {number} is {account}'s on WeChat's desk; what is written there: {read}"
