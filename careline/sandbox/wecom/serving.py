"""What servicers do in WeCom: they come and go, accept, answer, pass on and end."""

from __future__ import annotations

from careline.sandbox.phone import Bubble, Json
from careline.sandbox.refusals import Impossible
from careline.sandbox.running import Sandbox
from careline.sandbox.wecom import log
from careline.sandbox.wecom.met import account_of, talk_of, told
from careline.sandbox.wecom.sessions import moved
from careline.sandbox.wecom.state import ENDED, HUMAN, NEW, POOL, Account, Talk


async def servicer(sandbox: Sandbox, asked: Json) -> Json:
    """A servicer in WeCom: accept, say, pass (to ``text``), end, online, offline."""
    account, id, deed = account_of(sandbox, asked), str(asked.get("servicer", "")), str(asked.get("deed", ""))
    if id not in account.servicers:
        raise Impossible(f"{id} is no servicer of {account.name}.", f"careline channels staff CHANNEL add {id}", "not_found")
    if deed in ("online", "offline"):
        account.servicers[id] = deed == "online"
        status = {"status": 1} if deed == "online" else {"status": 2, "stop_type": 0}
        item = log.event(sandbox, account, "servicer_status_change", servicer_userid=id, **status)
        return await told(sandbox, account, deed, "", item)
    talk = talk_of(sandbox, account, asked)
    items = _served(sandbox, account, talk, id, deed, str(asked.get("text") or ""))
    return await told(sandbox, account, deed, talk.user, items[-1])


def _served(sandbox: Sandbox, account: Account, talk: Talk, id: str, deed: str, text: str) -> list[Json]:
    match deed:
        case "accept":
            if talk.state not in (NEW, POOL):
                raise Impossible(f"{talk.name} does not wait in the pool.")
            return [_changed(sandbox, account, talk, 1, HUMAN, id)]
        case "say":
            return _says(sandbox, account, talk, id, text)
        case "pass":
            if text not in account.servicers:
                raise Impossible(f"{text} is no servicer of {account.name}.", kind="not_found")
            return [_changed(sandbox, account, talk, 2, HUMAN, text)]
        case "end":
            return [_changed(sandbox, account, talk, 3, ENDED, "")]
    raise Impossible(f"A servicer can accept, say, pass, end, online, offline; not {deed!r}.", kind="usage")


def _says(sandbox: Sandbox, account: Account, talk: Talk, id: str, text: str) -> list[Json]:
    """An answer; into a session that had ended it takes the session up again."""
    if not text:
        raise Impossible("What does the servicer write? The text is empty.", kind="usage")
    if talk.state not in (HUMAN, ENDED):
        raise Impossible(f"{talk.name} is with nobody: accept them first.")
    again = [_changed(sandbox, account, talk, 4, HUMAN, id)] if talk.state == ENDED else []
    item = log.message(sandbox, account, talk, 5, "text", {"content": text}, servicer_userid=id)
    talk.messages.append(Bubble(str(item["msgid"]), "out", sandbox.now(), "text", text, "delivered"))
    talk.touched_at = sandbox.now()
    return [*again, item]


def _changed(sandbox: Sandbox, account: Account, talk: Talk, type: int, to: int, servicer: str) -> Json:
    fields: Json = {"external_userid": talk.user, "change_type": type}
    if talk.servicer:
        fields["old_servicer_userid"] = talk.servicer
    if servicer:
        fields["new_servicer_userid"] = servicer
    made = moved(sandbox, account, talk, to, servicer)
    if made:
        fields["msg_code"] = made
    return log.event(sandbox, account, "session_status_change", **fields)
