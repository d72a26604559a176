"""The desk that is built into WeChat: who waits for it, whom an agent serves, and what passed between them.

A customer who was given to the desk waits until an agent accepts; until then everything is pushed as before. From then on what
they write goes to the agent alone, until somebody closes the session or nobody has written for half an hour. Its records hold
only what passed it.
"""

from __future__ import annotations

from typing import Any

from careline.sandbox import chance
from careline.sandbox.phone import Bubble
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import push
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.handing import recorded
from careline.sandbox.wechat.state import Agent, Record, Session, WeChatCustomer

SECOND = 1_000_000
IDLE = 30 * 60 * SECOND
SENT, RECEIVED = 2002, 2003  # opercode, as the desk sees it
# Samples show 0 and 2. Which is which is documented nowhere: here 0 is closed by somebody, 2 by time.
BY_SOMEBODY, BY_TIME = 0, 2


def agent_of(sandbox: Sandbox, account: Any) -> Agent:
    """The agent of that kf_account. Raises 65401."""
    found = sandbox.world.wechat.desk.agents.get(account) if isinstance(account, str) else None
    if found is None:
        raise WeChatError(65401)
    return found


def begin(sandbox: Sandbox, customer: WeChatCustomer, agent: Agent) -> None:
    """Let an agent serve a customer. Raises 65402 (bound to no WeChat id), 65415 (not online), 65414 (another serves them)."""
    desk, now = sandbox.world.wechat.desk, sandbox.now()
    expire(sandbox)
    if not agent.wechat_id:
        raise WeChatError(65402)
    if not agent.online:
        raise WeChatError(65415)
    running = desk.sessions.get(customer.openid)
    if running is not None and running.agent != agent.account:
        raise WeChatError(65414)
    if running is not None:
        return
    case = desk.waiting.pop(customer.openid, None)
    desk.sessions[customer.openid] = Session(agent.account, now, now)
    for at, text in case.said if case else ():
        _note(sandbox, at, customer, RECEIVED, agent.account, text)
    _tell(sandbox, customer, "kf_create_session", {"KfAccount": agent.account})


def end(sandbox: Sandbox, customer: WeChatCustomer, agent: Agent | None = None, why: int = BY_SOMEBODY) -> None:
    """End a session; pushes resume. Raises 65413 (there is none), 65414 (it is another agent's)."""
    desk = sandbox.world.wechat.desk
    session = desk.sessions.get(customer.openid)
    if session is None:
        raise WeChatError(65413)
    if agent is not None and session.agent != agent.account:
        raise WeChatError(65414)
    del desk.sessions[customer.openid]
    _tell(sandbox, customer, "kf_close_session", {"KfAccount": session.agent, "CloseType": why})


def switch(sandbox: Sandbox, customer: WeChatCustomer, to: Agent) -> None:
    """Pass a customer from the agent who serves them to another. Raises 65413, 65402, 65415."""
    session = sandbox.world.wechat.desk.sessions.get(customer.openid)
    if session is None:
        raise WeChatError(65413)
    if not to.wechat_id:
        raise WeChatError(65402)
    if not to.online:
        raise WeChatError(65415)
    accounts = {"FromKfAccount": session.agent, "ToKfAccount": to.account}
    session.agent, session.last_at = to.account, sandbox.now()
    _tell(sandbox, customer, "kf_switch_session", accounts)


def takes(sandbox: Sandbox, customer: WeChatCustomer) -> bool:
    """True when an agent serves the customer: what they wrote last went to that agent, and nothing of it is pushed."""
    expire(sandbox)
    session = sandbox.world.wechat.desk.sessions.get(customer.openid)
    if session is None:
        return False
    said = customer.messages[-1]
    session.last_at = sandbox.now()
    _note(sandbox, said.at, customer, RECEIVED, session.agent, recorded(said))
    return True


def write(sandbox: Sandbox, customer: WeChatCustomer, agent: Agent, text: str) -> None:
    """The agent writes. Raises 65413 (serves nobody of that name), 65414 (another agent does)."""
    expire(sandbox)
    session = sandbox.world.wechat.desk.sessions.get(customer.openid)
    if session is None:
        raise WeChatError(65413)
    if session.agent != agent.account:
        raise WeChatError(65414)
    now = session.last_at = sandbox.now()
    customer.messages.append(Bubble(chance.token_hex(8), "out", now, "text", text, "delivered"))
    _note(sandbox, now, customer, SENT, agent.account, text)


def expire(sandbox: Sandbox) -> None:
    """End what nobody has written in for half an hour."""
    wechat, now = sandbox.world.wechat, sandbox.now()
    for openid, session in list(wechat.desk.sessions.items()):
        if now - session.last_at >= IDLE:
            end(sandbox, wechat.customers[openid], why=BY_TIME)


def _note(sandbox: Sandbox, at: int, customer: WeChatCustomer, opercode: int, worker: str, text: str) -> None:
    sandbox.world.wechat.desk.records.append(Record(at, customer.openid, opercode, worker, text))


def _tell(sandbox: Sandbox, customer: WeChatCustomer, event: str, fields: dict[str, Any]) -> None:
    """Push what happened, while the desk goes on."""
    console = sandbox.world.wechat.console
    if console is not None:
        sandbox.courier.spawn(push.push(sandbox, console, customer, event, {"MsgType": "event", "Event": event} | fields))
