"""Who speaks to a customer: nobody yet, a bot, the pool of those who wait, a servicer, or nobody any more."""

from __future__ import annotations

from msgspec import Struct

from careline.channels.tencent.door import Done, Door
from careline.channels.wecom import policy
from careline.channels.wecom.handles import parts
from careline.errors import Failed, SessionHeld, Usage

_AGAIN = "The API may write again when the customer writes next."
SAYS = {
    policy.POOL: "waits in the pool for a servicer",
    policy.HUMAN: "is with a servicer",
    policy.ENDED: "has ended",
}


_TO = {policy.BOT: "bot", policy.POOL: "pool", policy.HUMAN: "USERID of a servicer", policy.ENDED: "end"}


class Session(Struct, frozen=True):
    """A customer's session: its state in our words, and the servicer who has it."""

    state: str
    servicer: str = ""


class Sessions:
    """The sessions of one company's customers. A handle is ``open_kfid/external_userid``."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def get(self, handle: str) -> Session:
        """The session as it is now."""
        account, user = parts(handle)
        asked = {"open_kfid": account, "external_userid": user}
        found = await self._door.post(_State, "/cgi-bin/kf/service_state/get", asked, may_change=False)
        if not 0 <= found.service_state < len(policy.STATES):
            raise Failed(f"WeCom tells a session state that is unknown here: {found.service_state}.", code="unknown_state")
        return Session(policy.STATES[found.service_state], found.servicer_userid.strip())

    async def move(self, handle: str, to: Session) -> None:
        """Make the session another's. Raises SessionHeld where WeCom does not allow it, Refused for who is no servicer."""
        account, user = parts(handle)
        body = {"open_kfid": account, "external_userid": user, "service_state": policy.STATES.index(to.state)}
        if to.state == policy.HUMAN:
            body["servicer_userid"] = to.servicer
        await self._door.post(Done, "/cgi-bin/kf/service_state/trans", body)


def wanted(to: str) -> Session:
    """The session that ``--to`` means: bot, pool, end, or a servicer's userid. Raises Usage for none."""
    words = {"bot": policy.BOT, "pool": policy.POOL, "end": policy.ENDED}
    if to in words:
        return Session(words[to])
    if not to.strip():
        raise Usage("--to is bot, pool, end, or a servicer's userid.", code="bad_assignee")
    return Session(policy.HUMAN, to.strip())


def check_move(found: Session, to: Session) -> None:
    """Raises SessionHeld for a change that WeCom never allows."""
    if to.state not in policy.NEXT[found.state]:
        asked = to.servicer or _TO.get(to.state, to.state)
        ways = ", ".join(_TO[state] for state in policy.NEXT[found.state])
        raise SessionHeld(
            f"The session {SAYS.get(found.state, f'is {found.state}')}: --to {asked} is not possible.",
            hint=f"From here WeCom allows --to {ways}." if ways else "It is new again when the customer writes.",
        )


def check_sendable(found: Session, command: str) -> None:
    """Raises SessionHeld when the API may not write now. ``command`` is what could change that."""
    if found.state in policy.SENDABLE:
        return
    who = f" ({found.servicer})" if found.servicer else ""
    hint = {
        policy.HUMAN: f"They answer in WeCom. To end the session: {command}end\n{_AGAIN}",
        policy.POOL: f"Give it to a servicer ({command}USERID), or end it ({command}end).\n{_AGAIN}",
        policy.ENDED: "It is new again when the customer writes.",
    }[found.state]
    raise SessionHeld(
        f"The session {SAYS[found.state]}{who}: WeCom lets the API write only in a new one, or one that a bot has.", hint=hint
    )


class _State(Struct):
    service_state: int
    servicer_userid: str = ""
