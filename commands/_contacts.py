"""What the commands on contacts have in common: whom a number names."""

from __future__ import annotations

from careline.errors import NotFound, Usage
from careline.model import Contact, Identity
from cli.options import contact_number
from cli.runtime import Runtime


def person(run: Runtime, named: str) -> tuple[Contact, list[Identity]]:
    """The contact that ``named`` (c17) is, and who they are on each channel. Raises NotFound."""
    number = contact_number(named)
    found = run.line.store.get(Contact, number)
    if found is None:
        raise NotFound(f"There is no contact c{number}.", code="unknown_contact", run="careline contacts list")
    return found, list(run.line.store.select(Identity, "WHERE contact = ? ORDER BY channel, handle", number))


def followers(run: Runtime, named: str, channel: str | None) -> list[Identity]:
    """Who they are on WeChat, or on that one channel of it. Raises NotFound, and Usage for somebody who is nobody there."""
    found, identities = person(run, named)
    theirs = [one for one in identities if one.kind == "wechat_openid" and channel in (None, one.channel)]
    if not theirs:
        where = f" on {channel}" if channel else ""
        raise Usage(
            f"c{found.id} has no WeChat identity{where}.", code="not_supported", run=f"careline contacts show c{found.id}"
        )
    return theirs
