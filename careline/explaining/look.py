"""Finds what a code means, whoever it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from msgspec import Struct
from msgspec.structs import asdict

from careline.channels.wechat.errors import MEANINGS
from careline.channels.wecom.errors import MEANINGS as WECOM
from careline.channels.whatsapp import meanings
from careline.errors import NotFound, Usage
from careline.explaining.own import OWN
from careline.explaining.states import STATES
from careline.rules.records import Record

KINDS = ("whatsapp", "wechat", "wecom", "careline")
_BLANKS = {
    "name": "CHANNEL",
    "ids": "",
    "variable": "CARELINE_SECRET_<CHANNEL>_ACCESS_TOKEN",
    "pin": "CARELINE_SECRET_<CHANNEL>_PIN",
}
_WORD = re.compile(r"[#(]*(-?\w+)[):]*")
_PERMISSION = re.compile("2[0-9][0-9]")  # Meta: 200 to 299 are one error
_RULE = re.compile("[tm][0-9]{3}")
_LINTED_BY = {"T": "templates", "M": "menus"}
_NEAR = 3


class Explained(Struct, frozen=True):
    """One code: whose it is, where it comes, the exit it leads to, what it means, what to do, how long to wait."""

    code: str
    kind: str
    comes_by: str
    exit: int
    error: str
    means: str
    do: str
    run: str
    retry_after_s: int | None

    def record(self) -> Record:
        """For every output."""
        return asdict(self) | {"do": self.do or None, "run": self.run or None}


def explain(code: str, kind: str = "") -> list[Explained]:
    """All that ``code`` may mean, of one ``kind`` or of any. ``(#131047)`` is read, too.

    Raises NotFound with the nearest ones, Usage for a kind there is not.
    """
    if kind and kind not in KINDS:
        raise Usage(f"--kind is {kind!r}.", code="bad_option", hint=f"It is one of {', '.join(KINDS)}.")
    found = _WORD.fullmatch(code.strip())
    word = (found[1] if found else code).lower()
    everything = [one for one in _all() if not kind or one.kind == kind]
    meant = [one for one in everything if one.code == word]
    if not meant and _PERMISSION.fullmatch(word):
        meant = [one for one in everything if (one.code, one.kind) == ("200", "whatsapp")]
    if not meant and _RULE.fullmatch(word):
        rule = word.upper()
        what = _LINTED_BY[rule[0]]
        raise NotFound(
            f"{rule} is a rule for {what}, no code.", code="unknown_code", run=f"careline {what} lint --explain {rule}"
        )
    if not meant:
        near = get_close_matches(word, [one.code for one in everything], n=_NEAR, cutoff=0.6)
        raise NotFound(
            f"Nothing here is called {code}.",
            code="unknown_code",
            hint=f"The nearest: {', '.join(dict.fromkeys(near))}" if near else "A platform's number, or a word of careline's.",
            run=f"careline explain {near[0]}" if near else "careline help exit-codes",
        )
    return meant


def _all() -> Iterator[Explained]:
    yield from _own()
    for number in {**meanings.CODES, **meanings.SUBCODES}:
        yield _whatsapp(number)
    for kind, table in (("wechat", MEANINGS), ("wecom", WECOM)):
        for number, meant in table.items():
            yield Explained(
                code=str(number),
                kind=kind,
                comes_by="answer",
                exit=int(meant.error.exit),
                error=meant.code or meant.error.code,
                means=f"{meant.says}.",
                do=meant.hint.format(address="this machine's address"),
                run="",
                retry_after_s=meant.retry_after_s,
            )


def _own() -> Iterator[Explained]:
    for exit, words in OWN.items():
        for word, (means, do) in words.items():
            yield Explained(word, "careline", "", int(exit), word, means, do, "", None)
    for state, (exit, means, do, run) in STATES.items():
        yield Explained(state, "careline", "state", int(exit), state, means, do, run, None)


def _whatsapp(number: int) -> Explained:
    meant = meanings.CODES.get(number) or meanings.SUBCODES[number]
    return Explained(
        code=str(number),
        kind="whatsapp",
        comes_by=meanings.places(number) if number in meanings.CODES else "subcode",
        exit=int(meant.kind.exit),
        error=meant.kind.code,
        means=meant.says.format(**_BLANKS),
        do=meant.do.format(**_BLANKS),
        run=meant.run.format(**_BLANKS),
        retry_after_s=meant.after_s,
    )
