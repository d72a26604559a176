"""How sending looks: the request of a dry run, what became of a message, and what is possible when it may not go out."""

from __future__ import annotations

import json

import typer

from careline.errors import CarelineError, Exit, OutsideWindow
from careline.line import Careline
from careline.model import Channel, Contact, Identity, Message
from careline.rules.decide.outgoing import Recipient
from careline.rules.records import message_record, standing
from careline.rules.times import ago, city, say_duration, say_when
from careline.rules.window import Window
from careline.sending import possible
from careline.sending.order import Order
from careline.sending.outbox import deliver, rehearse
from cli.output import Column
from cli.runtime import Runtime

MESSAGE = [
    Column("id", "MESSAGE", "message"),
    Column("conversation", "CHAT", "chat"),
    Column("channel"),
    Column("contact", how="contact"),
    Column("kind"),
    Column("state", how="state"),
    Column("text"),
    Column("template.name", "TEMPLATE"),
    Column("key"),
    Column("platform_id", "PLATFORM'S ID"),
    Column("error.message", "ERROR"),
    Column("accepted_at", "ACCEPTED", "when"),
    Column("window.ends_at", "WINDOW ENDS", "when"),
]


def send(run: Runtime, channel: Channel, who: Recipient, order: Order) -> Message | None:
    """Send, or with --dry-run print the request (None). Shows what became of it and raises what stopped it.

    A ``--key`` that was used before ends with the exit code of its message.
    """
    try:
        if run.dry_run:
            _show_request(run, channel, who, order)
            return None
        message, error = run.wait(_delivered(run.line, channel, who, order))
    except OutsideWindow as refusal:
        raise explained(run, channel, who, refusal) from None
    if error is not None:
        raise _told(error, message)
    _show_message(run, message)
    if message.state in ("failed", "unknown", "sending"):
        raise typer.Exit(message.error.exit if message.error else Exit.NOT_SETTLED)
    return message


async def _delivered(line: Careline, channel: Channel, who: Recipient, order: Order) -> tuple[Message, CarelineError | None]:
    async with line.http(channel) as http:
        return await deliver(line.store, channel, line.client(channel, http), order, who)


def _told(error: CarelineError, message: Message) -> CarelineError:
    show = f"careline outbox show m{message.id}"
    if error.exit is Exit.NOT_SETTLED:
        error.message = f"Perhaps sent (m{message.id}): {error.message}"
        error.hint = error.hint or "It counts as sent and is never sent again by itself; a status of the platform settles it."
        error.run = error.run or show
    else:
        error.message = f"Not sent: {error.message}"
        error.run = error.run or show
        if error.exit is Exit.NOT_SENT and not error.hint:
            error.hint = "Nothing went out: the same command may be run again."
    return error


def explained(run: Runtime, channel: Channel, who: Recipient, refusal: OutsideWindow) -> OutsideWindow:
    """The refusal with when the window was open and what is possible now, each with its command."""
    now, zone = run.now(), run.tz
    stands = possible.standing(run.line.store, channel, who)
    window = stands.window
    facts: list[tuple[str, str]] = []
    if stands.last_in_at is not None:
        facts.append(
            ("last customer message", f"{say_when(stands.last_in_at, zone, now)} {city(zone)}   {ago(stands.last_in_at, now)}")
        )
    if window is not None and now < window.ends_at:
        facts += [("messages used", f"{window.used} of {window.quota}")] if window.left == 0 else []
        facts.append(("window ends", f"{say_when(window.ends_at, zone, now)} {city(zone)}   {ago(window.ends_at, now)}"))
    elif window is not None:
        facts.append(("window closed", f"{say_when(window.ends_at, zone, now)} {city(zone)}   {ago(window.ends_at, now)}"))
    lines = [f"  {name:<22} {value}" for name, value in facts] + ["", "What is possible now:"]
    for template in stands.templates:
        slots = run.line.slots(template)
        count = f", {len(slots)} parameter{'' if len(slots) == 1 else 's'}" if slots else ""
        lines.append(f"  template  {template.name}/{template.language} ({template.category}{count})")
        lines.append(f"            careline send --channel {channel.name} --to {_typed(who)} \\")
        lines.append(
            f"              --template {template.name}/{template.language}" + "".join(f" --param {s}=…" for s in slots)
        )
    if channel.kind == "whatsapp" and not stands.templates:
        lines.append("  template  none is approved yet: careline templates submit FILE")
    lines.append("  wait      when the customer writes again, the same command works")
    state = {"quota_used": "is used up", "window_never_open": "was never open"}.get(refusal.code, "is closed")
    return OutsideWindow(
        f"Not sent: the customer service window of {_called(run.line, who)} {state}.",
        code=refusal.code,
        hint="\n".join(lines),
        platform_code=refusal.platform_code,
        trace_id=refusal.trace_id,
    )


def window_words(window: Window | None, now: int) -> str:
    """``window open for 3 h 12 min, 4 of 5 left``."""
    if window is None or not window.is_open(now):
        return "window closed" if window is None or window.left != 0 else f"window used up, 0 of {window.quota} left"
    words = f"window open for {say_duration(window.ends_at - now)}"
    return words if window.left is None else f"{words}, {window.left} of {window.quota} left"


def _typed(who: Recipient) -> str:
    return f"+{who.handle}" if who.kind == "wa_phone" else who.handle


def _called(line: Careline, who: Recipient) -> str:
    contact = line.store.get(Contact, who.identity.contact) if who.identity else None
    return f"{contact.name or _typed(who)} (c{contact.id})" if contact else _typed(who)


def _show_request(run: Runtime, channel: Channel, who: Recipient, order: Order) -> None:
    planned = rehearse(run.line.store, channel, run.line.planner(channel), order, who)
    if isinstance(planned, Message):
        run.say(f"Would send nothing: this key stands for m{planned.id}, which is {planned.state}.")
        run.show_one(message_record(planned), columns=MESSAGE)
        return
    request, window = planned.request, planned.window
    run.say(
        "Would send a template:" if planned.message.template else f"Would send, {window_words(window, run.now())} before it:"
    )
    shown = {"method": request.method, "url": f"{channel.api_url}/{request.path.lstrip('/')}", "body": json.loads(request.body)}
    run.write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")


def _show_message(run: Runtime, message: Message) -> None:
    if not run.on_screen:
        run.show_one(message_record(message), columns=MESSAGE)
        return
    identity = run.line.store.get(Identity, message.channel, message.handle)
    parts = [f"m{message.id} {run.paint(message.state, 'good')}", f"chat {message.conversation}", message.channel]
    if message.template is None:
        parts.append(window_words(standing(identity, run.now()), run.now()))
    run.tell(" · ".join(parts))
