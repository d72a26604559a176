"""From an ``errcode`` to one of careline's errors. Each platform has its own table of what the numbers mean.

Both answer HTTP 200 with an ``errcode``, and any but 0 is proof that nothing was done. Texts change from year to year: they are
shown and never matched, but for the address that a refusal of an address complains about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from careline.errors import CarelineError, Refused

LONGEST = 500  # characters of a text that we show

_RID = re.compile(
    r",?\s*(?:rid:\s*(?P<rid>[0-9a-f-]+)|hint:\s*\[(?P<hint>[^\]]*)\]).*\Z",
    re.IGNORECASE | re.DOTALL,
)
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}", re.IGNORECASE)


class Meaning(Struct, frozen=True):
    """One error number: the error it becomes, in our words, and what to do. ``code`` is the stable word for scripts."""

    error: type[CarelineError]
    says: str
    hint: str = ""
    code: str | None = None
    retry_after_s: int | None = None


def error_for(errcode: int, errmsg: str, meanings: Mapping[int, Meaning], platform: str) -> CarelineError:
    """The error that an answer is, with the platform's own words, its number, and its request id as trace id."""
    meaning = meanings.get(errcode) or Meaning(Refused, f"{platform} refuses")
    errmsg = errmsg[:LONGEST]
    trailer = _RID.search(errmsg)
    words = (errmsg[: trailer.start()] if trailer else errmsg).strip()
    address = address_in(errmsg)
    return meaning.error(
        f"{meaning.says}: {words}" if words else meaning.says,
        code=meaning.code,
        hint=meaning.hint.format(address=address or "this machine's address"),
        platform_code=str(errcode),
        trace_id=(trailer["rid"] or trailer["hint"]) if trailer else "",
        retry_after_s=meaning.retry_after_s,
    )


def address_in(words: str) -> str:
    """The first IP address that a text names; empty without one. 40164 names the caller's twice, as v4 and mapped to v6."""
    found = _ADDRESS.search(words)
    return found[0] if found else ""
