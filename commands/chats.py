"""Conversations with customers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from careline.clock import SECOND
from careline.errors import NotFound, Usage
from careline.model import Channel, Contact, Conversation, Identity, Message
from careline.queue.chat import Line, story
from careline.queue.work import resolve
from careline.rules.records import Record, conversation_record, message_record, standing, wire
from careline.rules.times import say_duration, say_when
from careline.store.base import ALL
from cli.cells import cells, clean, pad
from cli.chats import AgentOption, called, chat_of, customer_cell, filters, left_cell, line_of, window_cell, window_words
from cli.options import ChannelOption, ChatArgument, names_option
from cli.output import PLATFORM, Column
from cli.runtime import Runtime, runtime
from commands import _chats_assign, _chats_import

app = typer.Typer()
app.registered_commands += _chats_import.app.registered_commands
app.registered_commands += _chats_assign.app.registered_commands

OPEN = ("new", "open", "pending")
STATES = (*OPEN, "resolved")
COLUMNS = [
    Column("id", "CHAT", "chat"),
    Column("channel"),
    Column("contact_name", "CUSTOMER", cell=customer_cell),
    Column("contact", how="contact", shown=False),
    Column("state", how="state"),
    Column("agent"),
    Column("waiting_since_at", "WAITS", "since"),
    Column("window.left_s", "WINDOW", "length", cell=window_cell),
    Column("window.left", "LEFT", "count", cell=left_cell),
    Column("messages_in", "IN", "count"),
    Column("messages_out", "OUT", "count"),
    Column("window.ends_at", "WINDOW ENDS", "when", shown=False),
    Column("created_at", "BEGAN", "when", shown=False),
    Column("scene", shown=False),
    Column("previous", how="chat", shown=False),
]
LINES = [
    Column("at", "WHEN", "when"),
    Column("actor"),
    Column("kind"),
    Column("text"),
    Column("state", how="state"),
    Column("message", how="message"),
]


@app.command("list")
def list_chats(
    ctx: typer.Context,
    channel: ChannelOption = None,
    state: Annotated[str, typer.Option("--state", metavar="S,…|all", help="new, open, pending, resolved, or all.")] = "",
    agent: AgentOption = None,
) -> None:
    """List the open chats, the newest first.

    Example: careline chats list --state all -o json
    """
    run = runtime(ctx)
    states = STATES if state == "all" else names_option(state) or OPEN
    if unknown := [s for s in states if s not in STATES]:
        raise Usage(f"{unknown[0]!r} is no state of a chat.", hint=f"There are: {', '.join(STATES)}, or all.")
    where, named = filters(run, channel, agent).sql()
    tail, values = f"WHERE state IN ({', '.join('?' * len(states))}){where}", [*states, *named]
    limit = run.limit
    total = run.line.store.count(Conversation, tail, *values) if limit is not None else 0
    found = run.line.store.select(Conversation, f"{tail} ORDER BY id DESC LIMIT ?", *values, ALL if limit is None else limit)
    more = max(0, total - limit) if limit is not None else 0
    run.show((_record(run, c) for c in found), columns=COLUMNS, more=more, empty="No chat is open.")


@app.command("show")
def show_chat(
    ctx: typer.Context,
    chat: ChatArgument,
    last: Annotated[int | None, typer.Option("--last", metavar="N", min=1, help="Only the last lines.")] = None,
) -> None:
    """Show one chat as it was written.

    Example: careline chats show 41
    """
    run = runtime(ctx)
    conversation = chat_of(run, chat)
    lines = story(run.line.store, conversation, last)
    if run.on_screen:
        _screen(run, conversation, lines)
    elif run.output in ("json", "jsonl"):
        record = _record(run, conversation)
        record["messages"] = [wire(message_record(line.message)) for line in lines if line.message is not None]
        run.show_one(record, columns=COLUMNS)
    else:
        run.show(_rows(lines), columns=LINES, empty="Nothing was written yet.")


@app.command("resolve")
def resolve_chats(
    ctx: typer.Context,
    chats: Annotated[list[str], typer.Argument(metavar="CHAT...", help="The chats' numbers; - reads them from stdin.")],
    category: Annotated[str, typer.Option("--category", metavar="C", help="What it was about.")] = "",
    summary: Annotated[str, typer.Option("--summary", metavar="T", help="What came of it.")] = "",
) -> None:
    """Note that chats are done; the customer's next message opens them again.

    Example: careline chats resolve 41 --category returns
    """
    run = runtime(ctx)
    actor = run.actor("chats")
    for conversation in [chat_of(run, name) for name in run.names(chats)]:
        if run.dry_run:
            run.say(f"Would resolve {conversation.id}, now {conversation.state}.")
        elif resolve(run.line.store, conversation.id, category, summary, actor):
            run.say(f"chat {conversation.id} resolved")
        else:
            run.say(f"chat {conversation.id} was resolved already")


@app.command("read")
def read_chat(
    ctx: typer.Context,
    chat: ChatArgument,
    typing: Annotated[
        bool,
        typer.Option("--typing", help="And that somebody is typing, until the answer or 25 seconds; on WeChat that alone."),
    ] = False,
) -> None:
    """Show the customer that everything was read; WeChat has no read marks, only --typing.

    Example: careline chats read 41 --typing
    """
    from careline.queue.read import newest_inbound, note_read
    from careline.sending.recipient import check_not_blocked

    run = runtime(ctx)
    conversation = chat_of(run, chat)
    channel = run.line.channel(conversation.channel, "whatsapp", "wechat")
    if channel.kind == "wechat":
        _show_typing(run, channel, conversation, typing)
        return
    message = newest_inbound(run.line.store, conversation)
    if message is None:
        raise NotFound(
            f"The customer wrote nothing in chat {conversation.id}.",
            code="nothing_to_read",
            run=f"careline chats show {conversation.id}",
        )
    check_not_blocked(run.line.store.get(Identity, conversation.channel, conversation.handle))
    if run.dry_run:
        run.say(f"Would show m{message.id} as read{' and typing' if typing else ''}.")
        return
    run.wait(_shown_read(run, channel, message, typing=typing))
    note_read(run.line.store, message, run.actor("chats"), typing=typing)
    run.say(f"chat {conversation.id} read up to m{message.id}{', typing' if typing else ''}")


def _show_typing(run: Runtime, channel: Channel, conversation: Conversation, typing: bool) -> None:
    """WeChat shows customers that somebody types, and never what was read."""
    if not typing:
        raise Usage(
            "WeChat shows customers no read marks.", code="not_supported", run=f"careline chats read {conversation.id} --typing"
        )
    if run.dry_run:
        run.say("Would show that somebody is typing.")
        return
    why_not = run.wait(_shown_typing(run, channel, conversation.handle))
    run.say(f"chat {conversation.id} typing" + (f" is not shown: {why_not}" if why_not else ""))


async def _shown_typing(run: Runtime, channel: Channel, openid: str) -> str:
    async with run.line.http(channel, run.timeout_us) as http:
        return await run.line.wechat(channel, http).typing(openid)


async def _shown_read(run: Runtime, channel: Channel, message: Message, *, typing: bool) -> None:
    async with run.line.http(channel, run.timeout_us) as http:
        await run.line.whatsapp(channel, http).read(message.platform_id, typing=typing)


@app.command("media")
def save_media(
    ctx: typer.Context,
    chat: ChatArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The directory the files go to.")],
) -> None:
    """Write the files of a chat into a directory; those that are not here yet are fetched first.

    Example: careline chats media 41 --out parcels
    """
    from cli.chat_files import save

    run = runtime(ctx)
    save(run, chat_of(run, chat), out)


def _record(run: Runtime, conversation: Conversation) -> Record:
    store = run.line.store
    contact = store.get(Contact, conversation.contact)
    identity = store.get(Identity, conversation.channel, conversation.handle)
    return conversation_record(conversation, contact, identity, run.now())


def _rows(lines: list[Line]) -> Iterator[Record]:
    for line in lines:
        m = line.message
        yield {
            "at": line.at,
            "actor": line.actor,
            "kind": m.kind if m else "event",
            "text": line_of(m) if m else line.words,
            "state": m.state if m else None,
            "message": m.id if m else None,
        }


def _screen(run: Runtime, conversation: Conversation, lines: list[Line]) -> None:
    """The story on a terminal: who, where, the window, then day by day."""
    now, zone, store = run.now(), run.tz, run.line.store
    contact = store.get(Contact, conversation.contact)
    identity = store.get(Identity, conversation.channel, conversation.handle)
    assert contact is not None
    name = clean(contact.name) or f"c{contact.id}"
    channel = run.line.channel(conversation.channel)
    parts = [
        run.paint(str(conversation.id), "bold"),
        called(contact),
        channel.name,
        PLATFORM[channel.kind],
        conversation.state,
    ]
    run.tell(" · ".join([*parts, conversation.agent or "nobody", f"priority {conversation.priority}"]))
    if conversation.source == "code":
        run.tell(f"came by code {conversation.scene}, {say_when(conversation.created_at, zone, now)}")
    first = conversation.first_response_at
    answered = f"first response {say_duration(first - conversation.created_at)}" if first else "no answer yet"
    run.tell(f"{window_words(standing(identity, now), now)}      {answered}")
    if identity is not None and identity.blocked:
        run.tell(f"{run.paint('blocked', 'bad')}: nothing reaches them until careline contacts unblock c{contact.id}")
    if conversation.previous is not None:
        run.tell(f"before  {conversation.previous}")
    day, width = "", max((cells(_speaker(line, name)) for line in lines), default=0)
    for line in lines:
        local = datetime.fromtimestamp(line.at / SECOND, zone)
        if day != (day := f"{local:%A} {local.day} {local:%B}"):
            run.tell(f"\n{run.paint(day, 'dim')}")
        run.tell(f"  {local:%H:%M}  {pad(_speaker(line, name), width)}  {_said(run, line)}".rstrip())
    if conversation.waiting_since_at is not None:
        run.tell(f'\nanswer: careline reply {conversation.id} "…"')


def _speaker(line: Line, name: str) -> str:
    who = name if line.actor == "customer" else line.actor.rpartition(":")[2]
    return who if line.message else f"{who} ·"


def _said(run: Runtime, line: Line) -> str:
    message: Message | None = line.message
    if message is None:
        return run.paint(line.words, "dim")
    state = "" if message.direction == "in" else message.state
    tone = "bad" if state == "failed" else "warn" if state in ("unknown", "sending") else "dim"
    return f"{_words(run, message)}   {run.paint(state, tone)}".rstrip()


def _words(run: Runtime, message: Message) -> str:
    """The message in one line, with what it refers to where that is a message of ours or theirs."""
    about = run.line.store.rows().message_of(message.channel, message.reply_to) if message.reply_to else None
    if message.kind == "reaction":
        what = f"m{about.id} {line_of(about)!r}" if about else "a message that is not here"
        return f"{message.text} to {what}" if message.text else f"took back the reaction to {what}"
    if message.kind == "revoke":
        return f"took back {f'm{about.id} {line_of(about)!r}' if about else 'a message that is not here'}"
    quote = run.paint(f"  (re m{about.id} {line_of(about)[:30]!r})", "dim") if about else ""
    return line_of(message) + quote
