"""What settings there are, and what a value of each must look like."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

OUTPUTS = ("table", "json", "jsonl", "csv", "tsv", "ids")
COLORS = ("auto", "always", "never")
WECHAT_TOKENS = ("stable", "classic")
NAME = r"[a-z][a-z0-9-]{0,31}"
GRANT = r"off|(none|[1-9]|[1-3][0-9]|40)/([0-9]{1,6}[smhdw]){1,4}"
POSTGRES = ("postgresql://", "postgres://")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


WECHAT_WINDOWS = (  # WeChat's customer-service page, numbers since 2023-06-12; of payments it is said that they were abolished
    ("message", "a message", "5/48h"),
    ("menu_tap", "a menu tap", "3/1m"),
    ("follow", "a follow", "3/1m"),
    ("scan", "a scan", "3/1m"),
    ("payment", "a payment", "none/48h"),
)


class Key(NamedTuple):
    """One setting. ``stored``: the user's file may set it; ``project``: a project's file may, too."""

    name: str
    says: str
    default: str = ""
    project: bool = False
    stored: bool = True

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"CARELINE_{self.name.upper()}"


KEYS = {
    key.name: key
    for key in (
        Key("profile", "one brand or environment, with its own store", "default", stored=False, project=True),
        Key("home", "the directory everything is kept in", stored=False),
        Key("store", "the store: its file, or postgresql://…"),
        Key("channel", "the channel meant where none is named", project=True),
        Key("agent", "who `me` is: the person who answers", project=True),
        Key("tz", "the zone that times are read and shown in", project=True),
        Key("output", "the format: " + ", ".join(OUTPUTS), project=True),
        Key("color", "colour: " + ", ".join(COLORS), "auto", project=True),
        Key("editor", "what `reply` without a text opens"),
        Key("inbound_keep", "how long applied webhooks are kept", "30d"),
        Key("public_url", "where platforms reach `careline receive`"),
        Key("whatsapp_api_url", "where WhatsApp's Graph API answers", "https://graph.facebook.com"),
        Key("wechat_api_url", "where WeChat's API answers", "https://api.weixin.qq.com"),
        Key("wecom_api_url", "where WeCom's API answers", "https://qyapi.weixin.qq.com"),
        Key("wechat_tokens", "WeChat's token call: " + ", ".join(WECHAT_TOKENS), "stable"),
        *(
            Key(f"wechat_window_{act}", f"what {words} allows: messages/time, or off", allowed)
            for act, words, allowed in WECHAT_WINDOWS
        ),
        Key("desk", "your account at WeChat's desk"),
        Key("secrets_command", "prints a secret, given a channel and a key"),
        Key("secrets_file", "CARELINE_SECRET_… lines, for your eyes only"),
        Key("sandbox_url", "where the sandbox answers", stored=False),
        Key("clock", "the file that holds the sandbox's clock", stored=False),
    )
}


STORED = tuple(key.name for key in KEYS.values() if key.stored)
PROJECT = tuple(key.name for key in KEYS.values() if key.project)


def shown(text: str) -> str:
    """A value as it may be printed: without the password of an address."""
    plain = re.sub(r"(://[^/?#@:]*):[^/?#@]*@", r"\1:…@", text)
    return re.sub(r"([?&]password=)[^&]*", r"\1…", plain)


def problem_of(name: str, text: str) -> str:
    """What is wrong with a value, or nothing."""
    if name in ("profile", "channel", "agent") and not re.fullmatch(NAME, text):
        return "a name has small letters, digits and dashes, begins with a letter and has at most 32"
    if name == "output" and text not in OUTPUTS:
        return "the formats are " + ", ".join(OUTPUTS)
    if name == "color" and text not in COLORS:
        return "it is one of " + ", ".join(COLORS)
    if name == "wechat_tokens" and text not in WECHAT_TOKENS:
        return "it is one of " + ", ".join(WECHAT_TOKENS)
    if name.endswith("_url") and not re.match(r"https?://[^/\s]+", text):
        return "an address begins with https:// (or http://) and a host"
    if name == "store" and "://" in text and not text.startswith(POSTGRES):
        return "a store is a file, or an address that begins with postgresql://"
    if name == "inbound_keep":
        return duration_problem(text)
    if name.startswith("wechat_window_") and not re.fullmatch(GRANT, text):
        return "it is MESSAGES/LENGTH as 5/48h, with 1 to 40 messages or none for any number; or off"
    if name == "desk" and not (text.isprintable() and len(text) <= 128 and " " not in text):
        return "an account of the desk is written PREFIX@ACCOUNT, such as mei@gh_shop"
    return zone_problem(text) if name == "tz" else ""


def duration_problem(text: str) -> str:
    """What is wrong with a length of time, or nothing."""
    from careline.errors import Usage
    from careline.rules.times import parse_duration

    try:
        parse_duration(text)
    except Usage as error:
        return error.message.rstrip(".") + f" ({error.hint})"
    return ""


def zone_problem(text: str) -> str:
    """What is wrong with the name of a time zone, or nothing."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        return "a time zone is named like Europe/Rome or UTC"
    return ""


def is_loopback(url: str) -> bool:
    """True when an address is on this machine."""
    from urllib.parse import urlsplit

    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host in LOOPBACK or bool(re.fullmatch(r"127(\.[0-9]{1,3}){3}", host, re.ASCII))


def machine_zone() -> str:
    """The machine's zone, from the link that most systems keep at /etc/localtime."""
    name = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    return name if name and not zone_problem(name) else "UTC"
