"""A message on its way out, in three steps: committed, handed over, settled.

Only the first and the last touch the store, only the middle one the network. Between them the row says ``sending`` and who does
it; whoever writes next and finds that sender dead notes that nobody can say what became of the message.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from careline.channels.ports import Accepted, Asking, Client, Outgoing, Request, Uploads
from careline.clock import HOUR, SECOND
from careline.crashpoint import reached
from careline.errors import CarelineError, Interrupted, Misconfigured, OutsideWindow, Refused, Unknown
from careline.model import Channel, Message, Rows, Template
from careline.rules.decide import outgoing
from careline.rules.decide.outgoing import Recipient, Wish, ours
from careline.rules.times import rfc3339
from careline.rules.window import Window
from careline.sending.order import Order
from careline.sending.owner import is_dead, this_process
from careline.store.base import Change, Store

AGAIN_AFTER_S = 5.0  # platforms have refused inside an open window for a moment; a second try then works


class Sending(Struct, frozen=True):
    """A committed message and the exact request that will carry it. ``window`` is the one it goes out in."""

    message: Message
    request: Request
    window: Window | None


def outgoing_of(wish: Wish, recipient: Recipient, definition: Template | None, mark: str) -> Outgoing:
    """The wish in the words of a channel's client."""
    return Outgoing(
        to=recipient.handle,
        to_kind=recipient.kind,
        kind=wish.kind,
        text=wish.text,
        template=wish.template,
        definition=definition,
        media=wish.media,
        body=wish.body,
        reply_to=wish.reply_to,
        ours=mark,
        desk=wish.desk,
    )


def commit(store: Store, channel: Channel, client: Client, order: Order, recipient: Recipient) -> Sending | Message:
    """Commit the message, or give the earlier one that its ``--key`` stands for.

    Raises OutsideWindow when it may not go out now, Refused for marketing to somebody who stopped it and for anything to
    somebody we blocked, Usage for a message that the platform would refuse by its form, or for a key that stands for another
    message, Misconfigured while sending is held. Then nothing was written.
    """
    settle_dead(store)

    def decide(change: Change) -> Sending | Message:
        if change.held:
            raise held(change.held)
        known, committed, request = _decided(change.rows, store.store_id, change.now, channel, client, order, recipient)
        if known is not None:
            return known
        change.record(committed.entries)
        message = change.rows.get(Message, committed.message)
        assert message is not None
        return Sending(message, request, committed.window)

    return store.change(decide)


def rehearse(store: Store, channel: Channel, client: Client, order: Order, recipient: Recipient) -> Sending | Message:
    """What ``commit`` would do, with nothing written. Raises the same."""
    if reason := store.meta().get("held"):
        raise held(reason)
    rows = store.rows()
    known, committed, request = _decided(rows, store.store_id, store.now(), channel, client, order, recipient)
    if known is not None:
        return known
    for entry in committed.entries:
        rows.apply(entry)
    message = rows.get(Message, committed.message)
    assert message is not None
    return Sending(message, request, committed.window)


def held(reason: str) -> Misconfigured:
    """The refusal of a store that has forgotten what was sent since it was backed up."""
    return Misconfigured(
        f"Sending is held: this store was restored from {reason}.",
        code="store_held",
        hint="What was sent since then is not in it, and would go out twice. Nothing was sent. Look first, then release it.",
        run="careline store release",
    )


def _decided(
    rows: Rows, store_id: str, now: int, channel: Channel, client: Client, order: Order, recipient: Recipient
) -> tuple[Message | None, outgoing.Committed, Request]:
    fresh = _reread(recipient, channel, rows)
    if order.guard is not None:
        order.guard(rows)
    wish, definition = order.wish, order.definition
    known = outgoing.earlier([order.wish] if order.outside is None else [order.wish, order.outside], fresh, channel, rows)
    if known is not None:
        return known, outgoing.Committed(known.id, (), None), Request("", "", "")
    from careline.sending.recipient import check_not_blocked

    check_not_blocked(fresh.identity)
    if wish.kind != "template" and not order.fits(window := outgoing.window_for(fresh, now)):
        if order.outside is not None:
            wish, definition = order.outside, order.outside_definition
        elif window is not None:
            raise OutsideWindow(f"This is {order.room} messages, and the window has {window.left} left.", code="quota_short")
    if definition is not None:
        from careline.rules.marketing import check_wanted

        check_wanted(fresh.identity, definition)
    client.request(outgoing_of(wish, fresh, definition, ""))  # what has a wrong form is refused for that, in a window or not
    requests: list[Request] = []

    def freeze(number: int) -> str:
        requests.append(client.request(outgoing_of(wish, fresh, definition, ours(number, store_id))))
        return msgspec.json.encode(requests[-1]).decode()

    committed = outgoing.decide(wish, fresh, channel, rows, freeze, this_process(), now)
    return None, committed, requests[-1]


def _reread(recipient: Recipient, channel: Channel, rows: Rows) -> Recipient:
    """The recipient as the transaction sees them: a window may have opened since."""
    from careline.sending.recipient import known_as

    return known_as(rows, channel.name, recipient.handle, recipient.kind)


async def deliver(
    store: Store, channel: Channel, client: Client, order: Order, recipient: Recipient, uploads: Uploads | None = None
) -> tuple[Message, CarelineError | None]:
    """Send one message: its file uploaded, committed, handed over, settled. The message as it is then, and what stopped it.

    Raises what ``commit`` raises, and what ``uploads`` raises, before anything was written: an upload sends nothing.
    """
    if isinstance(client, Asking):
        known = rehearse(store, channel, client, order, recipient)
        if isinstance(known, Message):
            return known, None
        await client.ready(recipient.handle)
    if order.attachment is None or uploads is None:
        return await _deliver(store, channel, client, order, recipient)
    from careline.sending.uploads import GONE

    planned = rehearse(store, channel, client, order, recipient)
    if isinstance(planned, Message):
        return planned, None
    ready = await _with_file(store, channel, uploads, order, planned)
    message, error = await _deliver(store, channel, client, ready, recipient)
    if error is None or error.code != GONE:
        return message, error
    ready = await _with_file(store, channel, uploads, order, planned)  # the refusal proves that nothing went out
    return await _deliver(store, channel, client, ready, recipient)


async def _deliver(
    store: Store, channel: Channel, client: Client, order: Order, recipient: Recipient
) -> tuple[Message, CarelineError | None]:
    sending = commit(store, channel, client, order, recipient)
    if isinstance(sending, Message):
        return sending, None
    reached("send.sending")
    try:
        outcome: Accepted | CarelineError = await hand_over(client, sending, store.now())
        reached("send.answered")
    except OutsideWindow as error:
        outcome = disagreement(error, sending, store.now())
    except CarelineError as error:
        outcome = error
        if isinstance(error, Refused) and sending.message.media is not None:
            from careline.sending.uploads import forget, uploaded_again

            forget(store, channel, sending.message.media)
            outcome = uploaded_again(error)
    except BaseException as stopped:
        with suppress(CarelineError):  # what was committed before says enough: whoever writes next notes unknown
            settle(store, sending, Unknown("The run was interrupted while the message was on its way.", code="interrupted"))
        if isinstance(stopped, Exception):
            raise
        raise Interrupted(
            f"Interrupted while m{sending.message.id} was on its way: perhaps sent.",
            code="perhaps_sent",
            hint="Look what became of it before you send it again.",
            run=f"careline outbox show m{sending.message.id}",
        ) from None
    try:
        message = settle(store, sending, outcome)
        if isinstance(outcome, Accepted):
            return message, None
        from careline.sending.pace import slowed

        slowed(store, message, outcome)
        return message, outcome
    except CarelineError as error:
        raise _not_noted(sending, outcome, error) from error


async def _with_file(store: Store, channel: Channel, uploads: Uploads, order: Order, planned: Sending) -> Order:
    """The order with its file uploaded; when the template goes out instead, that alone and no upload."""
    attachment = order.attachment
    assert attachment is not None
    if planned.message.media is None and order.outside is not None:
        return replace(order, wish=order.outside, definition=order.outside_definition, outside=None, attachment=None)
    from careline.sending.uploads import uploaded

    media = await uploaded(store, channel, uploads, attachment)
    reached("send.uploaded")
    return replace(order, wish=replace(order.wish, media=media), attachment=None)


def _not_noted(sending: Sending, outcome: Accepted | CarelineError, error: CarelineError) -> CarelineError:
    """What to say when the store could not note the outcome: nobody may take that for "nothing was sent"."""
    if isinstance(outcome, CarelineError) and not isinstance(outcome, Unknown):
        return outcome
    number = sending.message.id
    went = "went out" if isinstance(outcome, Accepted) else "perhaps went out"
    return Unknown(
        f"m{number} {went}, and the store could not note it: {error.message}",
        code="not_noted",
        hint="Do not send it again, but with the same --key. It is unknown until the platform's status tells.",
        run=f"careline outbox show m{number}",
    )


async def hand_over(client: Client, sending: Sending, now: int) -> Accepted:
    """Give the message to the platform.

    When it refuses for a window that by our ledger stays open for more than an hour, it is asked once more after five seconds;
    a refusal is proof that nothing was sent. Raises as ``Client.send`` does.
    """
    try:
        return await client.send(sending.request)
    except OutsideWindow:
        window = sending.window
        if window is None or window.ends_at - now <= HOUR or window.left == 0:
            raise
    import asyncio

    await asyncio.sleep(AGAIN_AFTER_S)
    return await client.send(sending.request)


def settle(store: Store, sending: Sending, outcome: Accepted | CarelineError) -> Message:
    """Note what became of it and give the message as it is then."""

    def decide(change: Change) -> Message:
        message = change.rows.get(Message, sending.message.id)
        assert message is not None
        match outcome:
            case Accepted():
                entry = outgoing.accepted(message, outcome.id, change.now, outcome.others)
            case Unknown():
                entry = outgoing.unknown(message, outcome, change.now)
            case _:
                entry = outgoing.failed(message, outcome, change.now)
        change.record([entry])
        settled = change.rows.get(Message, message.id)
        assert settled is not None
        return settled

    return store.change(decide)


def settle_dead(store: Store) -> int:
    """Messages whose sender died become ``unknown``: it may have been before or after the first byte. Returns how many.

    A dead process of this machine is noticed at once, any other when its lease ends.
    """
    now = store.now()
    sending = store.select(Message, "WHERE state IN ('queued', 'sending')")
    stuck = [m for m in sending if is_dead(m.owner) or (m.lease_until_at or 0) <= now]
    if not stuck:
        return 0
    error = Unknown("The process that was sending it ended before the platform's answer was noted.", code="sender_died")

    def decide(change: Change) -> int:
        done = 0
        for found in stuck:
            message = change.rows.get(Message, found.id)
            if message is not None and message.state in ("queued", "sending"):
                change.record([outgoing.unknown(message, error, change.now)])
                done += 1
        return done

    return store.change(decide)


def disagreement(error: OutsideWindow, sending: Sending, now: int) -> OutsideWindow:
    """The platform says closed where our ledger says open: both times, so that a person can see who is right."""
    window = sending.window
    if window is None:
        return error
    return OutsideWindow(
        f"The platform disagrees about the window: {error.message}",
        code="platform_disagrees",
        hint=(
            f"by our ledger   opened {rfc3339(window.opened_at)}, open until {rfc3339(window.ends_at)}, "
            f"{'no limit' if window.left is None else f'{window.left} of {window.quota} left'}\n"
            f"by the platform closed at {rfc3339(now - now % SECOND)} (code {error.platform_code})"
        ),
        platform_code=error.platform_code,
        trace_id=error.trace_id,
    )
