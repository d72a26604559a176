"""Nearly every push has one shape: ``<xml>``, a row of elements with plain text or one CDATA each, ``</xml>``.

That shape is read here, in a third of the time that a parser takes. Whatever is the least bit different is left to the parser:
a DOCTYPE, an entity, a comment, an attribute, a second level.
"""

from __future__ import annotations

import re

_SPACE = r"[ \t\r\n]*"
_START = re.compile(rf"<xml>{_SPACE}".encode())
_ELEMENT = re.compile(
    r"<([A-Za-z][A-Za-z0-9_]*)>"
    # no letter that XML has not, and no carriage return, which a parser makes a line feed
    r"(?:<!\[CDATA\[([^\]\x00-\x08\x0b-\x1f\ufffe\uffff]*)\]\]>|([^<>&\]\x00-\x1f\ufffe\uffff]*))"
    rf"</\1>{_SPACE}"
)
_END = re.compile(rf"</xml>{_SPACE}")


def read_flat(body: bytes) -> dict[str, str] | None:
    """The texts of a push by their element; None for a body of another shape, or with a name in it twice."""
    start = _START.match(body)
    if start is None:
        return None
    try:
        xml = body.decode()
    except UnicodeDecodeError:
        return None
    texts: dict[str, str] = {}
    at = start.end()
    while element := _ELEMENT.match(xml, at):
        name, quoted, plain = element.groups()
        if name in texts:
            return None
        texts[name] = plain if quoted is None else quoted
        at = element.end()
    return texts if _END.fullmatch(xml, at) else None
