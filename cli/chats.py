"""Chats on the command line: which ones are meant, what the customer is called, how their window looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from careline.clock import SECOND
from careline.errors import NotFound, Usage
from careline.model import Contact, Conversation, Message
from careline.queue.waiting import Filters
from careline.rules.records import preview
from careline.rules.times import compact_hours, say_duration
from careline.rules.window import Window
from cli.cells import clean
from cli.options import chat_number, names_option
from cli.runtime import Runtime

AgentOption = Annotated[
    str | None, typer.Option("--agent", metavar="AGENT", help="Held by; me is you, none is nobody. A comma is or.")
]


def filters(run: Runtime, channel: str | None, agent: str | None) -> Filters:
    """The chats that --channel and --agent mean. Raises NotFound for a channel that is not there, Usage for an unknown me."""
    channels = tuple(run.line.channel(name).name for name in names_option(channel))
    return Filters(channels, tuple(myself(run) if name == "me" else name for name in names_option(agent)))


def chat_of(run: Runtime, named: str) -> Conversation:
    """The chat that CHAT means. Raises NotFound, or Usage for what is no number."""
    number = chat_number(named)
    found = run.line.store.get(Conversation, number)
    if found is None:
        raise NotFound(f"There is no chat {number}.", code="unknown_chat", run="careline chats list --state all")
    return found


def myself(run: Runtime) -> str:
    """Who sits here. Raises Usage when nobody said so."""
    if not run.settings.agent:
        raise Usage("Who are you? CARELINE_AGENT is not set.", code="no_agent", run="export CARELINE_AGENT=mei")
    return run.settings.agent


def called(contact: Contact) -> str:
    """``Anna Rossi (c17)``, or ``c17`` for somebody without a name."""
    return f"{clean(contact.name)} (c{contact.id})" if contact.name else f"c{contact.id}"


def line_of(message: Message) -> str:
    """A message in one line, with the name of its file: ``[document receipt.pdf] Here it is``."""
    kind, line = f"[{message.kind}", preview(message)
    if message.media is None or not message.media.name or not line.startswith(kind):
        return line
    return f"{kind} {clean(message.media.name)}{line.removeprefix(kind)}"


def customer_cell(record: Mapping[str, Any]) -> str:
    """The customer of a chat in a table: the name, or the number."""
    return clean(record["contact_name"] or f"c{record['contact']}")


def window_cell(record: Mapping[str, Any]) -> str:
    """The chat's window in a table: ``47h 58m``, ``closed``, ``none``."""
    window = record["window"]
    if window["ends_at"] is None:
        return "none"
    return compact_hours(window["left_s"] * SECOND) if window["open"] else "closed"


def left_cell(record: Mapping[str, Any]) -> str:
    """What is left of the window's quota: ``4/5``; empty where there is none."""
    window = record["window"]
    return "" if window["quota"] is None or not window["open"] else f"{window['left']}/{window['quota']}"


def window_words(window: Window | None, now: int) -> str:
    """The window in a sentence: ``window open for 3 h 12 min, 4 of 5 left``."""
    if window is None or not window.is_open(now):
        return "window closed" if window is None or window.left != 0 else f"window used up, 0 of {window.quota} left"
    words = f"window open for {say_duration(window.ends_at - now)}"
    return words if window.left is None else f"{words}, {window.left} of {window.quota} left"
