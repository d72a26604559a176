"""Our messages on their way: queued, sending, accepted, sent, delivered, read, or failed, or unknown.

A state never goes back. ``failed`` gives way only to proof of arrival, so any order of statuses ends in the same state.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from careline.events import (
    Entry,
    MediaUploaded,
    MessageAccepted,
    MessageEchoed,
    MessageFailed,
    MessageQueued,
    MessageReplied,
    MessageSending,
    MessageUnknown,
    StatusReported,
)
from careline.model import Alias, Conversation, Early, Identity, Message, Problem, Row, Spent, TemplateUse, Upload
from careline.rules.fold import subscriptions
from careline.rules.fold.parts import (
    Folding,
    Get,
    Key,
    alias_keys,
    among,
    answered_elsewhere,
    conversation_key,
    identity_key,
    message_key,
    message_row,
    touched,
    waiting,
)
from careline.rules.marketing import stopped_by, wanting
from careline.rules.window import with_spent, without_spent

RANK = {"queued": 0, "sending": 1, "unknown": 2, "accepted": 3, "sent": 4, "failed": 5, "delivered": 6, "read": 7}
REPORTED = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
KEPT_EARLY = 8


def _queued(e: Entry, event: MessageQueued, get: Get) -> Iterator[Row]:
    c = event.content
    yield replace(
        message_row(e, event, "out"),
        state="queued",
        digest=c.digest,
        template=TemplateUse(event.template, event.language, c.template_parameters) if event.template else None,
        send_key=event.send_key,
        request=c.request,
        window_ends_at=event.window_ends_at,
        window_left=event.window_left,
        grant_of=event.grant,
    )
    yield from subscriptions.used(e, event, get)
    identity = get(Identity, e.channel, c.handle)
    if identity is not None and event.kind != "template":
        yield replace(identity, spent=with_spent(identity.spent, Spent(e.occurred_at, event.message)))
    conversation = get(Conversation, e.conversation)
    if conversation is not None:
        yield touched(conversation, e, event.message)


def _echoed(e: Entry, event: MessageEchoed, get: Get) -> Iterator[Row]:
    """An answer from the phone: sent when we hear of it, and it answers what was there when it was written."""
    c = event.content
    conversation = get(Conversation, e.conversation)
    unanswered = conversation.unanswered if conversation is not None and event.kind not in ("reaction", "revoke") else ()
    answered = tuple(u for u in unanswered if u.at <= e.occurred_at)
    yield replace(
        message_row(e, event, "out"),
        state="sent",
        platform_id=c.platform_id,
        raw=c.raw,
        answered=answered,
        accepted_at=e.occurred_at,
        sent_at=e.occurred_at,
    )
    if conversation is None:
        return
    if answered:
        conversation = answered_elsewhere(conversation, answered, e)
    yield replace(touched(conversation, e, event.message), messages_out=conversation.messages_out + 1)


def _replied(e: Entry, event: MessageReplied, get: Get) -> Iterator[Row]:
    """What the receiver answered by itself: whoever waits for a person waits on."""
    if not event.message:
        return
    yield replace(message_row(e, event, "out"), state="sent", accepted_at=e.occurred_at, sent_at=e.occurred_at)
    conversation = get(Conversation, e.conversation)
    if conversation is not None:
        yield replace(touched(conversation, e, event.message), messages_out=conversation.messages_out + 1)


def _sending(e: Entry, event: MessageSending, get: Get) -> Iterator[Row]:
    message = get(Message, event.message)
    if message is not None:
        yield replace(_advanced(message, "sending"), owner=event.owner, lease_until_at=event.lease_until_at)


def _accepted(e: Entry, event: MessageAccepted, get: Get) -> Iterator[Row]:
    before = get(Message, event.message)
    if before is None:
        return
    platform_id = event.content.platform_id
    message = replace(
        _advanced(before, "accepted"),
        platform_id=platform_id or before.platform_id,
        accepted_at=before.accepted_at or e.occurred_at,
        error=None if before.state == "unknown" else before.error,
        owner="",
        lease_until_at=None,
    )
    early = get(Early, e.channel, platform_id) if platform_id else None
    if early is not None:
        for state, at in early.states:
            message = _reported(message, state, at, early.error)
        yield from _stopped(e, early.error, get)
        yield replace(early, states=(), error=None)
    for _, value in event.content.others:
        if get(Alias, e.channel, value) is None:
            yield Alias(channel=e.channel, value=value, handle=before.handle)
    yield from _and_chat(e, before, message, get)


def _failed(e: Entry, event: MessageFailed, get: Get) -> Iterator[Row]:
    message = get(Message, event.message)
    if message is not None:
        yield replace(_reported(message, "failed", e.occurred_at, event.error), owner="", lease_until_at=None)
    identity = get(Identity, e.channel, event.content.handle)
    if identity is not None:
        identity = replace(identity, spent=without_spent(identity.spent, event.message))
        yield wanting(identity, False, e.occurred_at) if stopped_by(event.error) else identity
    yield from subscriptions.given_back(e, event, get)


def _unknown(e: Entry, event: MessageUnknown, get: Get) -> Iterator[Row]:
    message = get(Message, event.message)
    if message is not None:
        error = event.error if message.accepted_at is None else message.error
        yield replace(_advanced(message, "unknown"), error=error, owner="", lease_until_at=None)


def _status(e: Entry, event: StatusReported, get: Get) -> Iterator[Row]:
    state = REPORTED.get(event.state)
    platform_id = event.content.platform_id
    if event.message:
        before = get(Message, event.message)
        if before is None:
            return
        message = replace(before, platform_id=before.platform_id or platform_id)
        if state is not None:
            if state != "failed" and message.accepted_at is None:
                message = replace(message, accepted_at=e.occurred_at, error=None, owner="", lease_until_at=None)
            message = _reported(message, state, e.occurred_at, event.error)
        yield from _and_chat(e, before, message, get)
        yield from _stopped(e, event.error, get)
    elif state is not None and platform_id:
        early = get(Early, e.channel, platform_id) or Early(channel=e.channel, platform_id=platform_id)
        yield replace(early, states=(*early.states, (state, e.occurred_at))[-KEPT_EARLY:], error=event.error or early.error)


def _stopped(e: Entry, error: Problem | None, get: Get) -> Iterator[Row]:
    """The customer, if the platform refused the message because they have stopped marketing."""
    identity = get(Identity, e.channel, e.event.content.handle) if stopped_by(error) else None
    if identity is not None:
        yield wanting(identity, False, e.occurred_at)


def _advanced(message: Message, state: str) -> Message:
    return replace(message, state=state) if RANK[state] > RANK[message.state] else message


def _reported(message: Message, state: str, at: int, error: Problem | None) -> Message:
    if state == "failed":
        message = replace(message, failed_at=message.failed_at or at, error=error or message.error)
    elif state in ("sent", "delivered", "read"):
        known = getattr(message, f"{state}_at")
        message = replace(message, **{f"{state}_at": at if known is None else min(known, at)})
    return _advanced(message, state)


def _reached(message: Message) -> bool:
    return message.accepted_at is not None and message.state != "failed"


def _and_chat(e: Entry, before: Message, after: Message, get: Get) -> Iterator[Row]:
    """The message and what it means for its chat: a person's answers all that was there when it was written.

    When the platform takes an acceptance back, what was answered by it waits again.
    """
    conversation = get(Conversation, e.conversation)
    if conversation is None or _reached(before) == _reached(after):
        yield after
        return
    human = after.actor.startswith("human:") and after.kind != "reaction"  # a thumb is no answer
    if _reached(after):
        conversation = replace(conversation, messages_out=conversation.messages_out + 1)
        if human:
            answered = tuple(u for u in conversation.unanswered if u.message < after.id)
            later = tuple(u for u in conversation.unanswered if u.message > after.id)
            after = replace(after, answered=answered)
            conversation = waiting(conversation, later, e.recorded_at)
            if conversation.state in ("new", "pending", "bot"):
                conversation = replace(conversation, state="open")
            if answered and conversation.first_response_at is None:
                conversation = replace(conversation, first_response_at=after.accepted_at)
    else:
        conversation = replace(conversation, messages_out=conversation.messages_out - 1)
        conversation = waiting(conversation, among(conversation.unanswered, *after.answered), e.recorded_at)
        if after.answered and conversation.first_response_at == after.accepted_at:
            conversation = replace(conversation, first_response_at=None)
        if after.answered and conversation.state == "resolved":
            conversation = replace(conversation, state="open", resolved_at=None)
        after = replace(after, answered=())
    yield after
    yield conversation


def _uploaded(e: Entry, event: MediaUploaded, get: Get) -> Iterator[Row]:
    media = event.content.media
    if media is not None:
        yield Upload(channel=e.channel, sha256=media.sha256, mime=media.mime, id=media.id, until_at=event.until_at)


def _upload_key(e: Entry) -> Key:
    media = e.event.content.media
    return (Upload, e.channel, media.sha256, media.mime) if media is not None else (Upload, None)


def _grant_key(e: Entry) -> Key:
    return subscriptions.key(e, getattr(e.event, "grant", ""))


def _early_key(e: Entry) -> Key:
    return (Early, e.channel, e.event.content.platform_id)


FOLDS: dict[type, Folding] = {
    MediaUploaded: (lambda e: [_upload_key(e)], _uploaded),
    MessageQueued: (lambda e: [message_key(e), identity_key(e), conversation_key(e), _grant_key(e)], _queued),
    MessageEchoed: (lambda e: [message_key(e), conversation_key(e)], _echoed),
    MessageReplied: (lambda e: [message_key(e), conversation_key(e)], _replied),
    MessageSending: (lambda e: [message_key(e)], _sending),
    MessageAccepted: (
        lambda e: [message_key(e), identity_key(e), conversation_key(e), _early_key(e), *alias_keys(e)],
        _accepted,
    ),
    MessageFailed: (lambda e: [message_key(e), identity_key(e), _grant_key(e)], _failed),
    MessageUnknown: (lambda e: [message_key(e)], _unknown),
    StatusReported: (lambda e: [message_key(e), identity_key(e), conversation_key(e), _early_key(e)], _status),
}
