"""The rules of texts: variables, examples, lengths, what a phone shows (T011 to T025)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from careline.channels.whatsapp.places import BODY, CARD_BODY, HEADER, OFFER_BODY
from careline.templates.shape import Note
from careline.templates.variables import VARIABLE, ordered, texts, variables
from careline.toml_file import Source, Table
from careline.toml_lines import Where

LONGEST = {"header": HEADER, "body": BODY, "footer": 60, "label": 25, "offer": 16}
EMOJI = 10

_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]*", re.ASCII)
_ADJACENT = re.compile(r"\}\}\s*\{\{")
_BLANKS = re.compile(r"\t| {5,}|\n[ \t]*\n[ \t]*\n[ \t]*\n")
_EDGE = re.compile(r"\A[^\w{]*\{\{|\}\}[^\w}]*\Z")


def check(source: Source, note: Note) -> None:
    """Note what is wrong with the texts of a template whose fields have the right types."""
    table = source.table
    used = [one for text in texts(table) for one in variables(text)]
    numbers = [one for one in used if _is_number(one)]
    if numbers and len(numbers) != len(used):
        note("T012", ("body",), "variables are either all numbers or all names")
    named = bool(used) and not numbers
    _part(table, (), named, OFFER_BODY if "limited_time_offer" in table else LONGEST["body"], note)
    for index, card in enumerate(table.get("cards", [])):
        _part(card, ("cards", index), named, CARD_BODY, note)
    for where, what, text, longest in _fixed(table):
        _length(text, where, what, longest, note)
        if variables(text):
            note("T019", where, f"{what} may hold no variable")
        _braces(text, where, what, note)


def _part(part: Table, where: Where, named: bool, longest: int, note: Note) -> None:
    header, body = part.get("header"), part.get("body")
    if isinstance(header, str):
        at = (*where, "header")
        _variables(header, part.get("header_examples"), at, named, note)
        _length(header, at, "header", LONGEST["header"], note)
        bare = VARIABLE.sub("", header)
        if any(letter in "\n*_~`" or _is_emoji(letter) for letter in bare):
            note("T022", at, "header may hold no line break, no emoji and none of * _ ~ `")
        if len(variables(header)) > 1:
            note("T020", at, "header may hold one variable at most")
    if isinstance(body, str):
        _body(body, part.get("examples"), (*where, "body"), named, longest, note)


def _body(body: str, examples: Any, where: Where, named: bool, longest: int, note: Note) -> None:
    slots = _variables(body, examples, where, named, note)
    _length(body, where, "body", longest, note)
    if _EDGE.search(body):
        note("T016", where, "body begins or ends with a variable")
    if _ADJACENT.search(body):
        note("T017", where, "two variables stand side by side in body")
    words = _words(VARIABLE.sub(" ", body))
    if slots and words < 2 * len(slots) + 1:
        note("T018", where, f"body has {words} words for {len(slots)} variables; {2 * len(slots) + 1} are safe")
    if _BLANKS.search(body):
        note("T023", where, "body has a tab, more than four blanks in a row or more than two empty lines")
    if (emoji := sum(map(_is_emoji, body)) if not body.isascii() else 0) > EMOJI:
        note("T024", where, f"body has {emoji} emoji, {EMOJI} are well")
    filled = len(VARIABLE.sub("", body)) + sum(map(len, _values(examples)))
    if len(body) <= longest < filled:
        note("T025", where, f"body has {filled} characters with its examples, {longest} can be sent")


def _variables(text: str, examples: Any, where: Where, named: bool, note: Note) -> list[str]:
    """The variables of a text, noted where they or their examples are wrong."""
    part = str(where[-1])
    _braces(text, where, part, note)
    used = variables(text)
    for one in used:
        if not _NUMBER.fullmatch(one) and not _NAME.fullmatch(one):
            note("T013", where, f"the variable {{{{{one}}}}} is neither a number nor a name of a-z, 0-9 and _")
            return used
    mixed = 0 < sum(map(_is_number, used)) < len(used)
    if not mixed and not named and sorted(map(_order, used)) != list(range(1, len(used) + 1)):
        note("T014", where, f"the variables of {part} must be {{{{1}}}}, {{{{2}}}}… without a gap")
    elif not mixed:
        word = "examples" if part == "body" else "header_examples"
        _examples(text, examples, word, where if examples is None else (*where[:-1], word), named, note)
    return used


def _examples(text: str, given: Any, word: str, where: Where, named: bool, note: Note) -> None:
    slots = ordered(text)
    if not slots:
        if given:
            note("T015", where, f"{word} has examples, but there is no variable")
    elif named and (not isinstance(given, dict) or set(given) != set(slots)):
        note("T015", where, f"{word} must be a table with one example for each of {', '.join(slots)}")
    elif not named and (not isinstance(given, list) or len(given) != len(slots)):
        note("T015", where, f"{word} must be a list with {len(slots)} example{'s' if len(slots) > 1 else ''}")
    elif any(not value.strip() or VARIABLE.search(value) for value in _values(given)):
        note("T015", where, f"{word} has one that is empty or a variable")


def _fixed(table: Table) -> Iterator[tuple[Where, str, str, int]]:
    """The texts that are the same for everybody: where, what, text, its limit."""
    if "footer" in table:
        yield ("footer",), "footer", table["footer"], LONGEST["footer"]
    offer = table.get("limited_time_offer", {})
    if "text" in offer:
        yield ("limited_time_offer", "text"), "the offer's text", offer["text"], LONGEST["offer"]
    parts: list[tuple[Where, Table]] = [((), table), *((("cards", i), card) for i, card in enumerate(table.get("cards", [])))]
    for where, part in parts:
        for index, button in enumerate(part.get("buttons", [])):
            for field in ("text", "autofill_text"):
                if field in button:
                    what = f"the label {button[field]!r}"
                    yield (*where, "buttons", index, field), what, button[field], LONGEST["label"]


def _braces(text: str, where: Where, part: str, note: Note) -> None:
    rest = VARIABLE.sub("", text)
    if "{{" in rest or "}}" in rest:
        note("T011", where, f"the braces of a variable in {part} are not balanced")


def _length(text: str, where: Where, part: str, longest: int, note: Note) -> None:
    if len(text) > longest:
        note("T021", where, f"{part} has {len(text)} characters, {longest} are allowed")


def _words(text: str) -> int:
    """Words, where a language writes them apart; two signs of one that does not count as a word."""
    found = re.findall(r"\w+", text)
    if text.isascii():
        return len(found)
    return sum(max(1, len(one) // 2) if unicodedata.east_asian_width(one[0]) in "WF" else 1 for one in found)


def _is_emoji(letter: str) -> bool:
    return letter > "\u2000" and unicodedata.category(letter) == "So"


def _is_number(variable: str) -> bool:
    return variable.isascii() and variable.isdigit()


def _order(variable: str) -> int:
    return int(variable) if _is_number(variable) else 0


def _values(examples: Any) -> list[str]:
    values = examples.values() if isinstance(examples, dict) else examples if isinstance(examples, list) else []
    return [str(value) for value in values]
