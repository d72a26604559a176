"""Giving a customer to the desk: what the answer transfer_customer_service to a push of theirs does."""

from __future__ import annotations

from careline.sandbox.phone import Bubble
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat.state import Waiting, WeChatCustomer


def transfer(sandbox: Sandbox, customer: WeChatCustomer, account: str = "") -> None:
    """Let a customer wait for the desk, for anybody there or for the agent of that kf_account, with what they wrote last.

    Nothing changes for somebody whom an agent serves already. An agent that does not exist is nobody: then anybody may accept.
    """
    desk, now = sandbox.world.wechat.desk, sandbox.now()
    if customer.openid in desk.sessions:
        return
    agent = account if account in desk.agents else ""
    case = desk.waiting.setdefault(customer.openid, Waiting(agent, now))
    said = next((one for one in reversed(customer.messages) if one.direction == "in"), None)
    if said is not None and (said.at, recorded(said)) not in case.said[-1:]:
        case.said.append((said.at, recorded(said)))
    case.agent, case.latest_at = agent or case.agent, now


def recorded(bubble: Bubble) -> str:
    """What the desk's records hold of a message: its text, or only what it is."""
    return bubble.text if bubble.kind == "text" else f"[{bubble.kind}]"
