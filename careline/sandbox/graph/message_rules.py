"""Is that a message as Graph takes it, and what does the customer then read? Every type but templates.

Graph's refusals: 100 for what is missing or unknown, 131009 for a value that is too long or of another form. A file that does
not fit its type is accepted, and fails afterwards with 131053.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.interactive_rules import interactive
from careline.sandbox.graph.shape import one_of, shape, text, wrong
from careline.sandbox.phone import Bubble, Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import MediaFile

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
MOST_CONTACTS = 257
FITS: Mapping[str, tuple[str, ...]] = {
    "image": ("image/jpeg", "image/png"),
    "video": ("video/mp4", "video/3gpp"),
    "audio": ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
    "sticker": ("image/webp",),
}


def bubble(sandbox: Sandbox, kind: str, given: Any) -> Bubble:
    """The message on the customer's phone. Its ``error`` is the code with which it fails later, 0 for none."""
    return _MADE[kind](sandbox, given)


def media_of(sandbox: Sandbox, kind: str, given: Json, where: str) -> tuple[MediaFile | None, int]:
    """The file that ``id`` names (None for a ``link``), and the code with which it fails later."""
    if ("id" in given) == ("link" in given):
        raise GraphError(100, f"(#100) Param {where} must have either id or link.")
    if "link" in given:
        if not re.match("https?://[^ ]+", str(given["link"])):
            raise GraphError(100, f"(#100) Param {where}['link'] must be a valid URI.")
        return None, 0
    if not has_media(sandbox, str(given["id"])):
        raise wrong(f"{where}['id']: no media with this id was uploaded for this number.")
    file = sandbox.world.whatsapp.media[str(given["id"])]
    fits = FITS.get(kind)
    return file, 131053 if fits is not None and file.mime not in fits else 0


def has_media(sandbox: Sandbox, id: str) -> bool:
    """True for the id of a file that is there."""
    file = sandbox.world.whatsapp.media.get(id)
    return file is not None and sandbox.now() < file.until


def _text(sandbox: Sandbox, given: Any) -> Bubble:
    told = shape(given, "text", "body", "preview_url")
    if not isinstance(told["body"], str) or not told["body"]:
        raise GraphError(100, "(#100) The parameter text['body'] is required.")
    if len(told["body"]) > LONGEST_TEXT:
        raise GraphError(100, f"(#100) Param text['body'] must be at most {LONGEST_TEXT} characters long.")
    if not isinstance(told.get("preview_url", False), bool):
        raise GraphError(100, "(#100) Param text['preview_url'] must be a boolean.")
    return Bubble("", "out", 0, "text", told["body"], "accepted")


def _file(kind: str, optional: str) -> Callable[[Sandbox, Any], Bubble]:
    def make(sandbox: Sandbox, given: Any) -> Bubble:
        told = shape(given, kind, "", f"id link {optional}")
        file, fails = media_of(sandbox, kind, told, kind)
        caption = text(told, "caption", LONGEST_CAPTION, kind, empty=True) if told.get("caption") else ""
        voice = told.get("voice", False)
        if not isinstance(voice, bool):
            raise GraphError(100, f"(#100) Param {kind}['voice'] must be a boolean.")
        if voice and file is not None and file.mime != "audio/ogg":
            fails = 131053
        shown = caption or str(told.get("filename", ""))
        return Bubble("", "out", 0, kind, shown, "accepted", media=file.id if file else "", voice=voice, error=fails)

    return make


def _location(sandbox: Sandbox, given: Any) -> Bubble:
    told = shape(given, "location", "latitude longitude", "name address")
    for axis, most in (("latitude", 90), ("longitude", 180)):
        try:
            fine = not isinstance(told[axis], bool) and abs(float(told[axis])) <= most
        except (TypeError, ValueError, OverflowError):
            fine = False
        if not fine:
            raise wrong(f"location['{axis}'] must be a number of degrees.")
    words = [str(told[name]) for name in ("name", "address") if told.get(name)]
    return Bubble("", "out", 0, "location", ", ".join(words) or f"{told['latitude']}, {told['longitude']}", "accepted")


def _contacts(sandbox: Sandbox, given: Any) -> Bubble:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_CONTACTS:
        raise GraphError(100, f"(#100) Param contacts must be an array of 1 to {MOST_CONTACTS}.")
    names = []
    for index, card in enumerate(given):
        where = f"contacts[{index}]"
        told = shape(card, where, "name", "phones emails addresses urls org birthday")
        name = shape(
            told["name"], f"{where}['name']", "formatted_name", "first_name last_name middle_name prefix suffix name_suffix"
        )
        if len(name) < 2:
            raise wrong(f"{where}['name'] needs another part beside formatted_name.")
        names.append(str(name["formatted_name"]))
    return Bubble("", "out", 0, "contacts", ", ".join(names), "accepted")


def _reaction(sandbox: Sandbox, given: Any) -> Bubble:
    told = shape(given, "reaction", "message_id", "emoji")
    emoji = told.get("emoji", "")
    if not isinstance(told["message_id"], str) or not isinstance(emoji, str) or len(emoji) > 40 or emoji[:1].isalnum():
        raise wrong("reaction['emoji'] must be one emoji, reaction['message_id'] the id of a message.")
    return Bubble("", "out", 0, "reaction", emoji, "accepted", reply_to=told["message_id"])


def _interactive(sandbox: Sandbox, given: Any) -> Bubble:
    shown, buttons, header = interactive(given)
    fails = 0
    for kind, file in header:
        one_of(kind, ("image", "video", "document"), "header['type']")
        fails = fails or media_of(sandbox, kind, shape(file, f"header['{kind}']", "", "id link filename"), kind)[1]
    return Bubble("", "out", 0, "interactive", shown, "accepted", buttons=buttons, error=fails)


_MADE: Mapping[str, Callable[[Sandbox, Any], Bubble]] = {
    "text": _text,
    "image": _file("image", "caption"),
    "video": _file("video", "caption"),
    "audio": _file("audio", "voice"),
    "document": _file("document", "caption filename"),
    "sticker": _file("sticker", ""),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
}
