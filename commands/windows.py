"""When a customer may be written to freely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from careline.clock import SECOND
from careline.errors import NotFound
from careline.model import Contact, Identity
from careline.rules.records import Record, window_record
from careline.rules.times import compact_hours, say_when
from careline.rules.window import Window, usable, windows
from cli.chats import called, chat_of
from cli.options import contact_number
from cli.output import Column
from cli.runtime import Runtime, runtime

app = typer.Typer()

COLUMNS = [
    Column("channel"),
    Column("opened_by", "OPENED BY"),
    Column("opened_at", "AT", "when"),
    Column("ends_at", "ENDS", "when"),
    Column("left_s", "OPEN FOR", "length", cell=lambda row: compact_hours(row["left_s"] * SECOND) if row["open"] else "closed"),
    Column("left", "LEFT", "count", cell=lambda row: _left(row)),
    Column("used", how="count", shown=False),
    Column("quota", how="count", shown=False),
    Column("kind", shown=False),
    Column("open", how="flag", shown=False),
    Column("contact", how="contact", shown=False),
    Column("conversation", "CHAT", "chat", shown=False),
]


@app.command("show")
def show_windows(
    ctx: typer.Context,
    whose: Annotated[str, typer.Argument(metavar="CHAT|CONTACT", help="A chat, 41, or a person with all their channels, c17.")],
) -> None:
    """Show what each act of a customer opened, when it ends, and how many messages are left of it.

    Each message sent counts against all windows open at the time; the one with most left is used.

    Example: careline windows show c17
    """
    run = runtime(ctx)
    contact, identities = _whose(run, whose)
    now = run.now()
    rows = [_record(identity, window, now) for identity in identities for window in windows(identity)]
    run.show(rows, columns=COLUMNS, title=called(contact), empty="They have opened no window.")
    if run.on_screen:
        for identity in identities:
            run.tell(_now(run, identity))


def _whose(run: Runtime, named: str) -> tuple[Contact, list[Identity]]:
    store = run.line.store
    if named[:1] == "c":
        number = contact_number(named)
        identities = list(store.select(Identity, "WHERE contact = ? ORDER BY channel, handle", number))
    else:
        chat = chat_of(run, named)
        number, identity = chat.contact, store.get(Identity, chat.channel, chat.handle)
        identities = [identity] if identity is not None else []
    contact = store.get(Contact, number)
    if contact is None:
        raise NotFound(f"There is no contact c{number}.", code="unknown_contact", run="careline contacts list")
    return contact, identities


def _record(identity: Identity, window: Window, now: int) -> Record:
    about = {"channel": identity.channel, "contact": identity.contact, "conversation": identity.conversation}
    return about | window_record(window, now) | {"opened_by": window.opened_by}


def _left(row: Mapping[str, Any]) -> str:
    return "any" if row["quota"] is None else f"{row['left']}/{row['quota']}"


def _now(run: Runtime, identity: Identity) -> str:
    """What may be sent on one channel now."""
    now, zone = run.now(), run.tz
    window = usable(windows(identity), now)
    if window is not None:
        count = "any number of messages" if window.left is None else f"{window.left} message{'' if window.left == 1 else 's'}"
        return f"\n{identity.channel}: {count} now, until {say_when(window.ends_at, zone, now)}"
    if identity.following is False and identity.shut_at is not None:
        return f"\n{identity.channel}: nothing; an unfollow closed every window at {say_when(identity.shut_at, zone, now)}"
    return f"\n{identity.channel}: nothing now but what goes out of a window; it opens when the customer writes"
