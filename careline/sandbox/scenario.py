"""The text of a scenario: a line a step, in the words of a shop. Read here, played by ``play``.

``#`` begins a remark. ``anna is +393331234567`` names somebody; after that ``anna says "Ciao"``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field

from careline.sandbox.phone import Json
from careline.sandbox.settings import Settings

SECOND = 1_000_000
START = 1_772_438_400 * SECOND  # Monday, 2 March 2026, 08:00 UTC
MOST_LINES = 10_000
LONGEST = 520 * 7 * 86_400 * SECOND  # ten years, all waits together
_UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND, "w": 7 * 86_400 * SECOND}
_LENGTH = re.compile(r"(?:\d+[smhdw])+")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_RESERVED = frozenset({"shop", "meta", "start", "seed", "set", "wait", "fault", "push", "expect"})

CUSTOMER = {"says": (1, 1), "sends": (1, 2), "follows": (0, 1), "unfollows": (0, 0), "scans": (1, 1), "taps": (1, 1)}
SHOP = {"answers": (2, 2), "sends": (2, 99), "submits": (3, 3), "calls": (2, 3)}
META = {
    "approves": (1, 1),
    "rejects": (1, 2),
    "pauses": (1, 1),
    "disables": (1, 1),
    "rates": (2, 2),
    "files": (2, 2),
    "judges": (1, 9),
}
JUDGED = {"number", "quality", "status", "throughput", "limit", "name"}
PLAIN = {"wait": (1, 1), "fault": (1, 2), "push": (2, 2), "set": (2, 2)}
EXPECT = {"answer": (1, 1), "message": (1, 2), "sees": (1, 1), "window": (1, 1), "template": (2, 2), "pushes": (1, 1)}


class Person(Struct, frozen=True):
    """A customer: how the platform knows them."""

    who: str
    platform: str


class Step(Struct, frozen=True):
    """One line: ``subject`` (a person's name, shop, meta, or empty), ``verb`` and the ``words`` after it."""

    line: int
    text: str
    subject: str
    verb: str
    words: tuple[str, ...]


class Scenario(Struct):
    """What is played: from when, with what chance, by whom, and the steps."""

    start: int = START
    seed: str = "careline"
    people: dict[str, Person] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def read(text: str) -> Scenario:
    """The scenario in ``text``. Raises ValueError that names the line which cannot be read."""
    scenario = Scenario()
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise ValueError(f"A scenario has at most {MOST_LINES:,} lines.")
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
            if words:
                _take(scenario, number, line.strip(), words)
        except ValueError as error:
            raise ValueError(f"Line {number}: {error}") from None
    if not scenario.steps:
        raise ValueError("There is no step in it.")
    if sum(length(*step.words) for step in scenario.steps if step.verb == "wait") > LONGEST:
        raise ValueError("A scenario lasts ten years at most.")
    return scenario


def length(text: str) -> int:
    """``1h30m`` in microseconds. Raises ValueError."""
    if not _LENGTH.fullmatch(text) or len(text) > 20:
        raise ValueError(f"{text!r} is no length of time, such as 90s, 30m, 2h, 3d, 1w.")
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([smhdw])", text))


def setting(name: str, value: str) -> Json:
    """One change of the sandbox's settings. Raises ValueError for one there is not."""
    if name not in Settings.__struct_fields__:
        raise ValueError(f"there is no setting {name}.")
    return {name: float(value) if re.fullmatch(r"\d+\.\d+", value) else int(value) if value.isdigit() else value}


def _take(scenario: Scenario, number: int, text: str, words: list[str]) -> None:
    first, *rest = words
    if first == "start" and len(rest) == 1:
        scenario.start = _instant(rest[0])
    elif first == "seed" and len(rest) == 1:
        scenario.seed = rest[0]
    elif rest[:1] == ["is"]:
        scenario.people[_free(first, scenario)] = _person(rest[1:])
    else:
        scenario.steps.append(_step(scenario, number, text, first, rest))


def _step(scenario: Scenario, number: int, text: str, first: str, rest: list[str]) -> Step:
    if first == "expect":
        about = rest[0] if rest and rest[0] in scenario.people else ""
        rest = rest[1:] if about else rest
        verb, words = _checked(EXPECT, rest, "What can be expected is")
        if bool(about) != (verb in ("sees", "window")):
            raise ValueError(f"expect {'NAME ' if not about else ''}{verb} …: a name goes before sees and window only.")
        return Step(number, text, about, f"expect {verb}", words)
    if first in PLAIN:
        verb, words = _checked(PLAIN, [first, *rest], "")
        if verb == "wait":
            length(words[0])
        if verb == "set":
            setting(*words)
        if verb == "fault" and not (words[1:] or ("1",))[0].isdecimal():
            raise ValueError("a fault is CODE and how often: fault 131056 2")
        return Step(number, text, "", verb, words)
    if first == "shop":
        verb, words = _checked(SHOP, rest, "A shop")
        if verb in ("answers", "sends"):
            _known(scenario, words[0])
        if verb == "sends":
            _pairs(words[2:])
        return Step(number, text, "shop", verb, words)
    if first == "meta":
        verb, words = _checked(META, rest, "Meta")
        if verb == "judges" and _pairs(words) - JUDGED:
            raise ValueError(f"Meta judges {', '.join(sorted(JUDGED))}: quality=RED")
        return Step(number, text, "meta", verb, words)
    _known(scenario, first)
    return Step(number, text, first, *_checked(CUSTOMER, rest, "A customer"))


def _checked(verbs: Mapping[str, tuple[int, int]], words: list[str], who: str) -> tuple[str, tuple[str, ...]]:
    verb, *rest = words or [""]
    if verb not in verbs:
        raise ValueError(f"{who} {', '.join(verbs)}; not {verb!r}.")
    fewest, most = verbs[verb]
    if not fewest <= len(rest) <= most:
        raise ValueError(f"{verb} has {len(rest)} words after it; it takes {fewest}{f' to {most}' if most != fewest else ''}.")
    return verb, tuple(rest)


def _pairs(words: Sequence[str]) -> set[str]:
    """The names of NAME=VALUE. Raises ValueError for a word that is none."""
    for word in words:
        if not word.partition("=")[1] or word.startswith("="):
            raise ValueError(f"{word!r} is no NAME=VALUE.")
    return {word.partition("=")[0] for word in words}


def _known(scenario: Scenario, name: str) -> None:
    if name not in scenario.people:
        raise ValueError(f"nobody is {name!r} yet: {name} is +393331234567")


def _free(name: str, scenario: Scenario) -> str:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise ValueError(f"{name!r} cannot name a customer.")
    if name in scenario.people:
        raise ValueError(f"{name} is somebody already.")
    return name


def _person(words: list[str]) -> Person:
    """``+39…``, or ``NAME on whatsapp|wechat``."""
    if len(words) == 1:
        return Person(words[0], "whatsapp" if words[0].startswith("+") else "wechat")
    if len(words) == 3 and words[1] == "on" and words[2] in ("whatsapp", "wechat"):
        return Person(words[0], words[2])
    raise ValueError("a customer is a phone like +393331234567, or NAME on whatsapp, or NAME on wechat.")


def _instant(text: str) -> int:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no zone: end it with Z.")
    if not 2000 <= at.year < 2100:
        raise ValueError(f"{text} is not of this century.")
    return round(at.timestamp()) * SECOND
