"""How sending looks: the request of a dry run, what became of a message, and what is possible when it may not go out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

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
from careline.sending.order import Order, parts
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
STATES = {
    "quota_used": "is used up",
    "quota_short": "has room for one message, and a file with its caption is two",
    "window_never_open": "was never open",
}
UNDONE = ("failed", "unknown", "sending")
SETTLES = {"wechat": "WeChat will not tell.", "wecom": "WeCom tells only what failed."}
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
    orders = parts(order, channel)
    try:
        if run.dry_run:
            for planned in orders:
                _show_request(run, channel, who, planned)
            return None
        sent = run.wait(_delivered(run, channel, who, orders))
    except OutsideWindow as refusal:
        raise explained(run, channel, who, refusal, template_by) from None
    message, error = sent[0].message, sent[-1].error
    if error is not None and len(sent) > 1:
        raise _without_caption(error, message)
    if error is not None:
        raise _told(error, message, channel)
    try:
        _show_messages(run, [one.message for one in sent])
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
    for one in sent:
        if one.message.state in UNDONE:
            raise _again(one.message, channel)
    return message


def desk(channel: Channel, given: str) -> str:
    """The desk's account that a message is to appear to come from. Raises Usage where there is no such desk."""
    if given and channel.kind != "wechat":
        raise Usage(f"{channel.name} is a {channel.kind} channel: only WeChat has a desk to speak for.", code="not_supported")
    return given


def check_window(run: Runtime, channel: Channel, who: Recipient, template_by: tuple[str, str]) -> None:
    """Refuse before a person writes in vain. Raises OutsideWindow."""
    if window_for(who, run.now()) is None:
        raise explained(run, channel, who, closed(who, run.now()), template_by)


class _Sent(NamedTuple):
    """One of the messages of an order, and what stopped it. One that never came to be is the message before it."""

    message: Message
    error: CarelineError | None


async def _delivered(run: Runtime, channel: Channel, who: Recipient, orders: Sequence[Order]) -> list[_Sent]:
    """Send one after the other, and none after one that did not go out or went out as a template instead."""
    sent: list[_Sent] = []
    async with run.line.http(channel, run.timeout_us) as http:
        client = run.line.client(channel, http)
        for order in orders:
            uploads = None if order.attachment is None else run.line.files(channel, http)
            try:
                sent.append(_Sent(*await deliver(run.line.store, channel, client, order, who, uploads)))
            except CarelineError as error:
                if not sent:
                    raise
                sent.append(_Sent(sent[0].message, error))
            last = sent[-1]
            if last.error is not None or last.message.state in UNDONE or last.message.template is not None:
                break
    return sent


def _without_caption(error: CarelineError, message: Message) -> CarelineError:
    """What stopped the caption of a file that went out."""
    may = "perhaps" if error.exit in (Exit.NOT_SETTLED, Exit.INTERRUPTED) else "not"
    error.message = f"The file is sent (m{message.id}), its caption {may}: {error.message}"
    error.hint = (
        f"The same command with the same --key sends what is missing; without one, send the text alone.\n{error.hint}".rstrip()
    )
    error.run = error.run or f"careline outbox show m{message.id}"
    return error


def _told(error: CarelineError, message: Message, channel: Channel) -> CarelineError:
    if error.exit is Exit.NOT_SETTLED:
        error.message = f"Perhaps sent (m{message.id}): {error.message}"
        settles = SETTLES.get(channel.kind, "a status of the platform settles it.")
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
    if message.send_key:
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
    state = STATES.get(refusal.code, "is closed")
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


def _show_messages(run: Runtime, messages: Sequence[Message]) -> None:
    """The message; where its caption went out as another, that one under ``caption``."""
    if run.on_screen:
        for message in messages:
            _tell_message(run, message)
        return
    record = message_record(messages[0])
    run.show_one(record | ({"caption": message_record(messages[1])} if len(messages) > 1 else {}), columns=MESSAGE)


def _tell_message(run: Runtime, message: Message) -> None:
    identity = run.line.store.get(Identity, message.channel, message.handle)
    state = run.paint(message.state, TONE_OF.get(message.state, "dim"))
    parts = [f"m{message.id} {state}", f"chat {message.conversation}", message.channel]
    if message.template is None:
        parts.append(window_words(standing(identity, run.now()), run.now()))
    run.tell(" · ".join(parts))
