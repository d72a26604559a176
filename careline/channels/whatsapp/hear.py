"""What a webhook body says. Every entry, change, message and status is read behind a guard of its own, so that the others land.

Nothing is dropped: what careline has no word for becomes a notice that holds the JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from careline.channels.whatsapp import account, inbound
from careline.channels.whatsapp.errors import problem
from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_instant, as_list, only, parse, raw
from careline.channels.whatsapp.people import Beside, author, beside, digits
from careline.clock import DAY
from careline.heard import Heard, HeardAct, HeardStatus

ECHOES = "smb_message_echoes"
PREFERENCES = "user_preferences"


def hear(body: bytes, received_at: int, phone_number_id: str = "") -> list[Heard]:
    """Everything ``body`` says, each thing once. With ``phone_number_id``, news of other numbers becomes notices.

    Raises ValueError when the body is not one JSON object, or one of more than 64 levels.
    """
    payload = parse(body)
    if "entry" not in payload:
        return [account.notice("unknown", payload, None, received_at)]
    heard = _each(as_list(payload["entry"]), received_at, lambda entry: _entry(entry, received_at, phone_number_id))
    if len(heard) < 2:
        return heard
    return list({(type(said), said.key): said for said in reversed(heard)}.values())[::-1]


def _entry(entry: Fields, received_at: int, phone_number_id: str) -> list[Heard]:
    changes = as_list(entry.get("changes"))
    if not changes:
        return [account.notice("unknown", entry, None, received_at)]
    return _each(changes, received_at, lambda change: _change(entry, change, received_at, phone_number_id))


def _change(entry: Fields, change: Fields, received_at: int, phone_number_id: str) -> list[Heard]:
    value = as_fields(change.get("value"))
    field = _field(entry, change, value)
    number = as_id(as_fields(value.get("metadata")).get("phone_number_id"))
    if not value:
        return [account.notice(field or "unknown", change, entry.get("time"), received_at)]
    if number and phone_number_id and number != phone_number_id:
        return [account.notice("other_number", value, entry.get("time"), received_at, summary=f"{field} of {number}")]
    if field == "messages":
        return _messages(value, received_at)
    if field == ECHOES and as_list(value.get("message_echoes")):
        return _echoes(value, received_at)
    if field == PREFERENCES and as_list(value.get(field)):
        named = beside(value)
        return _each(as_list(value[field]), received_at, lambda item: [_preference(item, named, received_at)])
    return account.news(field, value, entry, received_at)


def _echoes(value: Fields, received_at: int) -> list[Heard]:
    """Answers from the phone that shares the number. The field says who wrote: ``from`` and ``to`` come either way round."""
    named, ours = beside(value), digits(as_id(as_fields(value.get("metadata")).get("display_phone_number")))
    return _each(as_list(value["message_echoes"]), received_at, lambda item: [inbound.echo(item, named, ours, received_at)])


def _preference(item: Fields, named: Beside, received_at: int) -> Heard:
    """What a customer wants to be sent from now on. Somebody who told no id is kept as news of the account."""
    wa_id, user_id = as_id(item.get("wa_id")), as_id(item.get("user_id"))
    value, category = as_id(item.get("value")).lower(), as_id(item.get("category")).lower() or "messages"
    if not value or not (wa_id or user_id):
        return account.notice(PREFERENCES, item, item.get("timestamp"), received_at)
    at = as_instant(item.get("timestamp"))
    key = f"{wa_id or user_id}:{category}:{value}:{received_at // DAY if at is None else at}"
    return HeardAct(
        key=f"{PREFERENCES}:{key}",
        at=received_at if at is None else at,
        who=author({"from": wa_id, "from_user_id": user_id}, key, named),
        kind=f"{category}_{value}",
        raw=raw(item),
    )


def _field(entry: Fields, change: Fields, value: Fields) -> str:
    """What the change is about; where no ``field`` tells it, by the keys of its value."""
    told = as_id(change.get("field")) or as_id(value.get("field")) or as_id(entry.get("field"))
    if told:
        return told
    if "messages" in value or "statuses" in value:
        return "messages"
    return "account_update" if {"event", "waba_info"} <= value.keys() else account.template_field(value)


def _messages(value: Fields, received_at: int) -> list[Heard]:
    if not value.keys() & {"messages", "statuses", "errors"}:
        return [account.notice("messages", value, None, received_at)]
    heard: list[Heard] = []
    if messages := as_list(value.get("messages")):
        named = beside(value)
        heard += _each(messages, received_at, lambda item: [inbound.message(item, named, received_at)])
    if statuses := as_list(value.get("statuses")):
        heard += _each(statuses, received_at, lambda item: [_status(item, received_at)])
    if errors := as_list(value.get("errors")):
        heard += _each(errors, received_at, lambda item: [account.trouble(item, received_at)])
    return heard


def _status(item: Fields, received_at: int) -> Heard:
    """What became of a message of ours. The status of a call, or of nothing, is a notice."""
    message, state = as_id(item.get("id")), as_id(item.get("status")).lower()
    if not message or not state or as_id(item.get("type")) == "call":
        return account.notice("status", item, item.get("timestamp"), received_at)
    errors = as_list(item.get("errors"))
    error = problem(as_fields(errors[0])) if errors else problem({}) if state == "failed" else None
    told = ("id", "status", "timestamp", "type", "biz_opaque_callback_data", "recipient_id", "recipient_user_id")
    return HeardStatus(
        key=f"{message}:{state}:{error.platform_code if error else ''}",
        at=as_instant(item.get("timestamp")) or received_at,
        id=message,
        state=state,
        ours=as_id(item.get("biz_opaque_callback_data")),
        error=error,
        raw="" if only(item, *told) else raw(item),
    )


def _each(items: list[Any], received_at: int, read: Callable[[Fields], list[Heard]]) -> list[Heard]:
    """What ``read`` makes of each item. What it cannot read, and what is no object, is kept in notices; the others land."""
    heard: list[Heard] = []
    strange = []
    for item in items:
        if not isinstance(item, dict):
            strange.append(item)
            continue
        try:
            heard += read(item)
        except Exception:  # noqa: BLE001 - whatever is wrong with this one must not cost the others
            heard.append(account.notice("unreadable", item, None, received_at))
    if strange:
        heard.append(account.notice("unreadable", strange, None, received_at))
    return heard
