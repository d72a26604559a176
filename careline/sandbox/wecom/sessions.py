"""Who speaks to a customer: kf/service_state/get and /trans, and the codes that a change gives."""

from __future__ import annotations

from careline.sandbox import chance
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wecom.call import OK, Call, Routes
from careline.sandbox.wecom.errors import WeComError
from careline.sandbox.wecom.state import BOT, ENDED, HUMAN, NEW, POOL, Account, Code, Talk

SECOND = 1_000_000
LASTING = 48 * 3600 * SECOND
ALLOWED: dict[int, tuple[int, ...]] = {
    NEW: (BOT, POOL, HUMAN, ENDED),
    BOT: (POOL, HUMAN, ENDED),
    POOL: (HUMAN, ENDED),
    HUMAN: (HUMAN, ENDED),
    ENDED: (),
}


def stands(sandbox: Sandbox, talk: Talk) -> Talk:
    """The talk as it is now: a session in which nobody wrote for 48 hours has ended, and nobody is told."""
    if talk.state != ENDED and sandbox.now() >= talk.touched_at + LASTING:
        talk.state, talk.servicer = ENDED, ""
    return talk


def code(sandbox: Sandbox, account: Account, talk: Talk, lasts: int, *kinds: str) -> str:
    """A code that lets one message of these kinds go to them within so many microseconds."""
    made = f"CODE{chance.token_hex(14)}"
    sandbox.world.wecom.codes[made] = Code(account.id, talk.user, sandbox.now() + lasts, kinds)
    return made


def moved(sandbox: Sandbox, account: Account, talk: Talk, to: int, servicer: str = "") -> str:
    """Make it somebody else's, and give the code for one message about that; empty where the change gives none."""
    before, talk.state = talk.state, to
    talk.servicer = servicer if to == HUMAN else ""
    talk.touched_at = sandbox.now()
    if to == POOL or (before == POOL and to == HUMAN):
        return code(sandbox, account, talk, LASTING, "text")
    return code(sandbox, account, talk, 20 * SECOND, "text", "msgmenu") if to == ENDED else ""


def _get(call: Call) -> Json:
    _, talk = call.talk()
    stands(call.sandbox, talk)
    return OK | {"service_state": talk.state} | ({"servicer_userid": talk.servicer} if talk.servicer else {})


def _trans(call: Call) -> Json:
    account, talk = call.talk()
    to, servicer = call.sent.get("service_state"), call.text("servicer_userid")
    stands(call.sandbox, talk)
    if not isinstance(to, int) or not NEW <= to <= ENDED:
        raise WeComError(40058)
    if to not in ALLOWED[talk.state] or (to == HUMAN and talk.state == HUMAN and servicer == talk.servicer):
        raise WeComError(95016)
    if to == HUMAN and not servicer:
        raise WeComError(40058, "servicer_userid is empty")
    if to == HUMAN and not account.servicers.get(servicer, False):
        raise WeComError(95014)
    made = moved(call.sandbox, account, talk, to, servicer)
    return OK | ({"msg_code": made} if made else {})


ROUTES: Routes = {
    ("POST", "/cgi-bin/kf/service_state/get"): _get,
    ("POST", "/cgi-bin/kf/service_state/trans"): _trans,
}
