"""What a message says to whoever reads the chat later: one text, whatever its type."""

from __future__ import annotations

from typing import Any

from careline.channels.whatsapp.loose import as_fields, as_id, as_list, as_text


def readable(kind: str, content: Any) -> str:
    """The text of a message of ours, made from its part of Meta's JSON."""
    match kind:
        case "text":
            return as_text(content.get("body"))
        case "reaction":
            return as_text(content.get("emoji"))
        case "location":
            return place(content)
        case "contacts":
            return cards(content)
        case "interactive":
            return _interactive(content)
    return joined(content.get("caption")) or joined(content.get("filename")) or joined(content.get("link"))


def place(content: dict[str, Any]) -> str:
    """Name and address of a place; where it has none, its coordinates. 0 is one too."""
    coordinates = joined(*(as_id(content.get(axis)) for axis in ("latitude", "longitude")))
    return joined(content.get("name"), content.get("address")) or coordinates


def cards(content: list[Any]) -> str:
    """Names and first phones of contact cards."""
    found = []
    for card in map(as_fields, content):
        phones = [as_text(as_fields(phone).get("phone")) for phone in as_list(card.get("phones"))]
        name = as_text(as_fields(card.get("name")).get("formatted_name"))
        found.append(" ".join(text for text in (name, *phones[:1]) if text))
    return joined(*found)


def joined(*parts: object) -> str:
    """The parts that say something, with commas between."""
    return ", ".join(text for part in parts if (text := as_text(part).strip()))


def _interactive(content: dict[str, Any]) -> str:
    """The body, and in brackets what can be tapped."""
    action = as_fields(content.get("action"))
    parameters = as_fields(action.get("parameters"))
    buttons = [as_fields(as_fields(button).get("reply")).get("title") for button in as_list(action.get("buttons"))]
    sections = map(as_fields, as_list(action.get("sections")))
    rows = [as_fields(row).get("title") for section in sections for row in as_list(section.get("rows"))]
    labels = [*buttons, *rows, parameters.get("display_text"), parameters.get("flow_cta")]
    shown = [f"[{as_text(label)}]" for label in labels if as_text(label)]
    return " ".join([as_text(as_fields(content.get("body")).get("text")), *shown]).strip()
