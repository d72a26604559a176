"""What customers see of a number, and what greets them: business profile, ice breakers, commands.

Limits are Meta's: about 1 to 139 characters, address 256, description 512, email 128, two websites of 256 with http(s)://; four
ice breakers of 80 characters, thirty commands with names of 32 and descriptions of 256, none of them with emoji.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.loose import Fields, as_fields, as_list, as_text
from careline.errors import Refused, Usage

TEXTS = {"about": 139, "address": 256, "description": 512, "email": 128}
_VERTICALS = """
other auto beauty apparel edu entertain event_plan finance grocery govt hotel health nonprofit prof_services retail travel
restaurant alcohol online_gambling physical_gambling otc_drugs
"""
VERTICALS = tuple(_VERTICALS.split())
UNSET = ("undefined", "not_a_biz")  # Meta tells these, and takes them from nobody
ICE_BREAKERS, ICE_BREAKER = 4, 80
COMMANDS, COMMAND, COMMAND_TEXT = 30, 32, 256
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FIELDS = (*TEXTS, "websites", "vertical", "profile_picture_url")


class Profile(Struct, frozen=True):
    """What a number shows, as careline's files and records have it; empty where nothing is set."""

    about: str = ""
    address: str = ""
    description: str = ""
    email: str = ""
    websites: tuple[str, ...] = ()
    vertical: str = ""
    picture: str = ""
    welcome: bool = False
    ice_breakers: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()

    def differing(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """What of ``wanted`` (fields in the types of these) is not so yet."""
        return {name: value for name, value in wanted.items() if value != getattr(self, name)}


class Profiles:
    """The profile of one business number, read and written."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self) -> Profile:
        """What the platform has. Meta gives the profile flat, or wrapped in ``business_profile``."""
        answer = await self._graph.get(f"{self._graph.number}/whatsapp_business_profile", fields=",".join(_FIELDS))
        first = as_fields(next(iter(as_list(answer.get("data"))), answer))
        shown = as_fields(first.get("business_profile")) or first
        node = await self._graph.get(self._graph.number, fields="conversational_automation")
        greets = as_fields(node.get("conversational_automation"))
        vertical = as_text(shown.get("vertical")).lower()
        return Profile(
            **{name: as_text(shown.get(name)) for name in TEXTS},
            websites=tuple(as_text(one) for one in as_list(shown.get("websites"))),
            vertical="" if vertical in UNSET else vertical,
            picture=as_text(shown.get("profile_picture_url")),
            welcome=greets.get("enable_welcome_message") is True,
            ice_breakers=tuple(as_text(one) for one in as_list(greets.get("prompts"))),
            commands=tuple(_command(as_fields(one)) for one in as_list(greets.get("commands"))),
        )

    async def write(self, changes: Mapping[str, Any], picture_handle: str = "") -> None:
        """Change what ``changes`` names, and the picture where a handle of the resumable upload is given."""
        shown: Fields = {name: value for name, value in changes.items() if name in (*TEXTS, "websites")}
        if "vertical" in changes:
            shown["vertical"] = changes["vertical"].upper()
        if picture_handle:
            shown["profile_picture_handle"] = picture_handle
        if shown:
            await self._post("whatsapp_business_profile", {"messaging_product": "whatsapp"} | shown)
        greets: Fields = {}
        if "welcome" in changes:
            greets["enable_welcome_message"] = changes["welcome"]
        if "ice_breakers" in changes:
            greets["prompts"] = list(changes["ice_breakers"])
        if "commands" in changes:
            greets["commands"] = [{"command_name": n, "command_description": t} for n, t in changes["commands"]]
        if greets:
            await self._post("conversational_automation", greets)

    async def _post(self, edge: str, wanted: Fields) -> None:
        answer = await self._graph.post(f"{self._graph.number}/{edge}", wanted, "success")
        if answer.get("success") is not True:
            raise Refused("WhatsApp did not take the profile, and gives no reason.")


def checked(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The fields of a profile given in a file, in the types of ``Profile``. Raises Usage naming what Meta would refuse."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        check = _CHECKS.get(name)
        if check is None:
            known = ", ".join(_CHECKS)
            raise Usage(f"{where}: a profile has no {name!r}.", code="bad_profile", hint=f"There are: {known}.")
        problem, found[name] = check(name, value)
        if problem:
            raise Usage(f"{where}: {name} {problem}.", code="bad_profile")
    return found


Checked = tuple[str, Any]  # what is wrong (nothing: empty), and the value


def _text(name: str, value: Any) -> Checked:
    if not isinstance(value, str):
        return "is no text", None
    if len(value) > TEXTS[name]:
        return f"has {len(value)} characters; WhatsApp takes {TEXTS[name]}", None
    if name == "about" and not value.strip():
        return "cannot be empty: WhatsApp keeps the last one", None
    if name == "email" and value and not _MAIL.fullmatch(value):
        return f"is no address of mail: {value!r}", None
    return "", value


def _websites(name: str, value: Any) -> Checked:
    if not isinstance(value, list) or len(value) > 2:
        return "is a list of at most 2 addresses", None
    for one in value:
        if not isinstance(one, str) or not one.startswith(("http://", "https://")):
            return f"holds {one!r}, which does not begin with https://", None
        if len(one) > 256:
            return f"holds an address of {len(one)} characters; WhatsApp takes 256", None
    return "", tuple(value)


def _vertical(name: str, value: Any) -> Checked:
    word = str(value).lower()
    return ("", word) if word in VERTICALS else (f"is {value!r}, and is one of {', '.join(VERTICALS)}", None)


def _flag(name: str, value: Any) -> Checked:
    return ("", value) if isinstance(value, bool) else ("is true or false", None)


def _prompts(name: str, value: Any) -> Checked:
    if not isinstance(value, list) or len(value) > ICE_BREAKERS:
        return f"is a list of at most {ICE_BREAKERS} texts", None
    for one in value:
        if problem := _plain(one, ICE_BREAKER):
            return f"holds {one!r}, which {problem}", None
    return "", tuple(value)


def _commands(name: str, value: Any) -> Checked:
    if not isinstance(value, dict) or len(value) > COMMANDS:
        return f"is a table of at most {COMMANDS} commands", None
    for command, told in value.items():
        if problem := _plain(command, COMMAND) or _plain(told, COMMAND_TEXT):
            return f"holds {command!r}, which {problem}", None
    return "", tuple(value.items())


def _display_name(name: str, value: Any) -> Checked:
    from careline.channels.whatsapp.registration import check_display_name

    return ("", check_display_name(value)) if isinstance(value, str) else ("is no text", None)


def _plain(value: Any, longest: int) -> str:
    """What is wrong with a text that may hold no emoji; empty when nothing is."""
    if not isinstance(value, str) or not value.strip():
        return "is no text"
    if len(value) > longest:
        return f"has {len(value)} characters; WhatsApp takes {longest}"
    if any(unicodedata.category(one) == "So" or ord(one) >= 0x1F000 for one in value):
        return "has an emoji, which WhatsApp does not take there"
    return ""


def _command(given: Fields) -> tuple[str, str]:
    return as_text(given.get("command_name")), as_text(given.get("command_description"))


_CHECKS = {
    **dict.fromkeys(TEXTS, _text),
    "websites": _websites,
    "vertical": _vertical,
    "welcome": _flag,
    "ice_breakers": _prompts,
    "commands": _commands,
    "display_name": _display_name,
}
