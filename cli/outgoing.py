"""How sending looks: the request of a dry run, what became of a message, and what is possible when it may not go out."""

from __future__ import annotations

import json

from careline.errors import (
    CarelineError,
    CredentialsRefused,
    Exit,
    Failed,
    Misconfigured,
    NotFound,
    NotSent,
    OutsideWindow,
    Refused,
    Unknown,
    Usage,
)
from careline.line import Careline
from careline.model import Channel, Contact, Identity, Message
from careline.rules.decide.outgoing import Recipient, closed, window_for
from careline.rules.records import message_record, standing
from careline.rules.times import ago, city, say_when
from careline.sending import possible
from careline.sending.order import Order
from careline.sending.outbox import deliver, rehearse
from cli.chats import called, window_words
from cli.output import TONE_OF, Column
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
    Column("error.platform_code", "CODE"),
    Column("error.message", "ERROR"),
    Column("accepted_at", "ACCEPTED", "when"),
    Column("window.ends_at", "WINDOW ENDS", "when"),
]
KINDS = {
    kind.exit: kind
    for kind in (Usage, CredentialsRefused, NotFound, Refused, OutsideWindow, NotSent, Misconfigured, Unknown, CarelineError)
}


def send(run: Runtime, channel: Channel, who: Recipient, order: Order, *, template_by: tuple[str, str]) -> Message | None:
    """Send, or with --dry-run print the request (None). Shows what became of it and raises what stopped it.

    A ``--key`` that was used before ends as its message did. ``template_by`` is the command, and its flag up to the name, by
    which a template goes to the same person.
    """
    run.expect(MESSAGE)
    try:
        if run.dry_run:
            _show_request(run, channel, who, order)
            return None
        message, error = run.wait(_delivered(run, channel, who, order))
    except OutsideWindow as refusal:
        raise explained(run, channel, who, refusal, template_by) from None
    if error is not None:
        raise _told(error, message, channel)
    try:
        _show_message(run, message)
        run.streams.flush()
    except BrokenPipeError:
        raise
    except OSError as full:
        raise Failed(
            f"m{message.id} is {message.state}, but that could not be written: {full.strerror}.",
            code="output_failed",
            hint="" if message.state == "failed" else "It went out: do not send it again.",
            run=f"careline outbox show m{message.id}",
        ) from None
    if message.state in ("failed", "unknown", "sending"):
        raise _again(message, channel)
    return message


def check_window(run: Runtime, channel: Channel, who: Recipient, template_by: tuple[str, str]) -> None:
    """Refuse before a person writes in vain. Raises OutsideWindow."""
    if window_for(who, run.now()) is None:
        raise explained(run, channel, who, closed(who, run.now()), template_by)


async def _delivered(run: Runtime, channel: Channel, who: Recipient, order: Order) -> tuple[Message, CarelineError | None]:
    async with run.line.http(channel, run.timeout_us) as http:
        uploads = None if order.attachment is None else run.line.whatsapp(channel, http).media
        return await deliver(run.line.store, channel, run.line.client(channel, http), order, who, uploads)


def _told(error: CarelineError, message: Message, channel: Channel) -> CarelineError:
    if error.exit is Exit.NOT_SETTLED:
        error.message = f"Perhaps sent (m{message.id}): {error.message}"
        settles = "WeChat will not tell." if channel.kind == "wechat" else "a status of the platform settles it."
        error.hint = error.hint or f"It counts as sent and is never sent again by itself; {settles}"
    else:
        error.message = f"Not sent: {error.message}"
        if error.exit is Exit.NOT_SENT:
            error.hint = f"Nothing went out: the same command may be run again.\n{error.hint}".rstrip()
    error.run = error.run or f"careline outbox show m{message.id}"
    return error


def _again(message: Message, channel: Channel) -> CarelineError:
    """What an earlier message under the same key ended with."""
    problem = message.error
    if problem is None:
        return Unknown(
            f"m{message.id} has that key and is on its way in another run.", run=f"careline outbox show m{message.id}"
        )
    kind = KINDS.get(Exit(problem.exit), CarelineError)
    error = kind(problem.message, code=problem.code, platform_code=problem.platform_code, trace_id=problem.trace_id)
    error.hint = "That was an earlier run with the same --key; this one sent nothing."
    return _told(error, message, channel)


def explained(
    run: Runtime, channel: Channel, who: Recipient, refusal: OutsideWindow, template_by: tuple[str, str]
) -> OutsideWindow:
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
    lines = [f"  {name:<22} {value}" for name, value in facts] + [""] * bool(facts) + ["What is possible now:"]
    for template in stands.templates:
        slots = run.line.slots(template)
        count = f", {len(slots)} parameter{'' if len(slots) == 1 else 's'}" if slots else ""
        name = f"{template.name}/{template.language}"
        lines.append(f"  template  {name} ({template.category}{count})")
        lines.append(f"            {template_by[0]} \\")
        lines.append(f"              {template_by[1]}{name}" + "".join(f" --param {slot.slot}=…" for slot in slots))
    if stands.more:
        lines.append(f"  {stands.more} more    careline templates list --state approved --channel {channel.name}")
    if channel.kind == "whatsapp" and not stands.templates:
        lines.append("  template  none is approved yet: careline templates submit FILE")
    lines.append("  wait      when the customer writes again, the same command works")
    state = {"quota_used": "is used up", "window_never_open": "was never open"}.get(refusal.code, "is closed")
    return OutsideWindow(
        f"Not sent: the customer service window of {_customer(run.line, who)} {state}.",
        code=refusal.code,
        hint="\n".join(lines),
        platform_code=refusal.platform_code,
        trace_id=refusal.trace_id,
    )


def typed_id(who: Recipient) -> str:
    """The person as ``--to`` takes them."""
    if who.kind == "wa_phone":
        return f"+{who.handle}"
    return f"c{who.identity.contact}" if who.identity else who.handle


def _customer(line: Careline, who: Recipient) -> str:
    contact = line.store.get(Contact, who.identity.contact) if who.identity else None
    return called(contact) if contact is not None else typed_id(who)


def _show_request(run: Runtime, channel: Channel, who: Recipient, order: Order) -> None:
    planned = rehearse(run.line.store, channel, run.line.planner(channel), order, who)
    if isinstance(planned, Message):
        run.say(f"Would send nothing: this key stands for m{planned.id}, which is {planned.state}.")
        run.show_one(message_record(planned), columns=MESSAGE)
        return
    request, window = planned.request, planned.window
    run.say("Would send this template:" if planned.message.template else f"Would send this, {window_words(window, run.now())}:")
    shown = {"method": request.method, "url": f"{channel.api_url}/{request.path.lstrip('/')}", "body": json.loads(request.body)}
    run.write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")


def _show_message(run: Runtime, message: Message) -> None:
    if not run.on_screen:
        run.show_one(message_record(message), columns=MESSAGE)
        return
    identity = run.line.store.get(Identity, message.channel, message.handle)
    state = run.paint(message.state, TONE_OF.get(message.state, "dim"))
    parts = [f"m{message.id} {state}", f"chat {message.conversation}", message.channel]
    if message.template is None:
        parts.append(window_words(standing(identity, run.now()), run.now()))
    run.tell(" · ".join(parts))
