"""News about templates, numbers and the account. Templates have a word of their own, all else is a notice with its JSON.

A summary names what happened in Meta's enumerations only: it is kept where nothing about a person may be.
"""

from __future__ import annotations

import re
from typing import Any

from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_instant, as_list, as_text, digest, raw
from careline.clock import DAY
from careline.heard import Heard, HeardNotice, HeardTemplate

STATUS = "message_template_status_update"
QUALITY = "message_template_quality_update"
CATEGORY = "template_category_update"
COMPONENTS = "message_template_components_update"

_WORD = re.compile("[A-Z][A-Z0-9_]{1,80}")
_NO_STATE = ("flagged", "unarchived")  # a warning, and an event that leaves open what the template is now


def news(field: str, value: Fields, entry: Fields, received_at: int) -> list[Heard]:
    """What a change of any field but ``messages`` says."""
    if field in (STATUS, QUALITY, CATEGORY, COMPONENTS) and _template_id(value):
        return [_template(template_field(value) or field, value, entry, received_at)]
    return [notice(field or "unknown", value, entry.get("time"), received_at, summary=_words(value))]


def template_field(value: Fields) -> str:
    """Which of the four template fields ``value`` belongs to by its keys, for Meta mislabels some; empty: none."""
    if not _template_id(value):
        return ""
    if "new_quality_score" in value:
        return QUALITY
    if "new_category" in value:
        return CATEGORY
    if "message_template_element" in value:
        return COMPONENTS
    return STATUS if "event" in value else ""


def notice(kind: str, item: Any, time: Any, received_at: int, summary: str = "") -> HeardNotice:
    """A notice that holds ``item``. Without a time of Meta's, the same one is told once a day."""
    at = as_instant(time)
    when = f"day {received_at // DAY}" if at is None else str(at)
    return HeardNotice(
        key=f"{kind}:{when}:{digest(item)}",
        at=received_at if at is None else at,
        kind=kind,
        summary=summary,
        raw=raw(item),
    )


def trouble(error: Fields, received_at: int) -> HeardNotice:
    """An error of the number itself: it names no message."""
    told = as_text(error.get("title")) or as_text(error.get("message"))
    return notice("error", error, None, received_at, summary=f"{as_id(error.get('code'))} {told}".strip()[:200])


def _template(field: str, value: Fields, entry: Fields, received_at: int) -> HeardTemplate:
    at = as_instant(entry.get("time"))
    id, name = as_id(value.get("message_template_id")), as_id(value.get("message_template_name"))
    language = as_id(value.get("message_template_language")).replace("-", "_")
    event = as_id(value.get("event")).lower()
    state = "approved" if event == "reinstated" else event
    when = f"day {received_at // DAY}" if at is None else str(at)
    return HeardTemplate(
        key=f"{id or name}:{language}:{event or field}:{when}:{digest(value)}",
        at=received_at if at is None else at,
        account=as_id(entry.get("id")),
        id=id,
        name=name,
        language=language,
        state="" if field != STATUS or state in _NO_STATE else state,
        reason=_reason(value),
        category=as_id(value.get("new_category") or value.get("message_template_category")).lower(),
        quality=as_id(value.get("new_quality_score")).lower(),
        previous_category=as_id(value.get("previous_category")).lower(),
        correct_category=as_id(value.get("correct_category")).lower(),
        category_at=as_instant(value.get("category_update_timestamp")),
        told=_words_of(value) if field == COMPONENTS else "",
        raw=raw(value),
    )


def _words_of(value: Fields) -> str:
    """The new words of a template as parts of its definition; only the body is always told."""
    texts = {"HEADER": "message_template_title", "BODY": "message_template_element", "FOOTER": "message_template_footer"}
    parts: list[Fields] = [
        {"type": kind, "text": as_text(value.get(name))} for kind, name in texts.items() if as_text(value.get(name))
    ]
    prefix = "message_template_button_"
    told = [as_fields(button) for button in as_list(value.get("message_template_buttons"))]
    if told:
        buttons = [{name.removeprefix(prefix): as_id(word) for name, word in one.items()} for one in told]
        parts.append({"type": "BUTTONS", "buttons": buttons})
    return raw(parts) if parts else ""


def _template_id(value: Fields) -> str:
    return as_id(value.get("message_template_id")) or as_id(value.get("message_template_name"))


def _reason(value: Fields) -> str:
    """Why, as Meta says it: its word in lower case, then its explanation."""
    word = as_id(value.get("reason"))
    other = as_fields(value.get("other_info"))
    told = as_text(as_fields(value.get("rejection_info")).get("reason")) or as_text(other.get("description"))
    return ": ".join(part for part in ("" if word == "NONE" else word.lower(), told.strip()) if part)


def _words(value: Fields) -> str:
    """The enumerations that say what happened: ``DISABLED_UPDATE REINSTATE`` as ``disabled_update, reinstate``."""
    alert, ban = as_fields(value.get("alert_info")), as_fields(value.get("ban_info"))
    said = [
        *(value.get(name) for name in ("event", "decision", "entity_type", "current_limit")),
        *(alert.get(name) for name in ("alert_type", "alert_severity", "alert_status")),
        ban.get("waba_ban_state"),
        as_fields(value.get("violation_info")).get("violation_type"),
        *(as_fields(each).get("restriction_type") for each in as_list(value.get("restriction_info"))),
    ]
    return ", ".join(word.lower() for each in said for word in [as_id(each)] if _WORD.fullmatch(word))[:200]
