"""What agents of the desk do, and crowds of customers for tests that need many: the control API's side of it."""

from __future__ import annotations

from typing import Any

from careline.sandbox import account
from careline.sandbox.phone import Json
from careline.sandbox.refusals import Impossible
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import customers, desk
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import Agent, Record, WeChatCustomer

MINUTE = 60 * 1_000_000
DEEDS = ("join", "refuse", "online", "offline", "accept", "say", "pass", "close")
MOST = 200_000


async def act(sandbox: Sandbox, asked: Json) -> Json:
    """An agent answers the invitation (join, refuse), comes and goes, accepts a customer, writes, passes on, closes."""
    deed, agent = str(asked.get("deed")), _agent(sandbox, str(asked.get("agent", "")))
    match deed:
        case "join" | "refuse":
            _answer(sandbox, agent, join=deed == "join")
        case "online" | "offline":
            agent.online = deed == "online"
        case _ if deed in DEEDS:
            customer = _customer(sandbox, str(asked.get("who", "")))
            try:
                _serve(sandbox, deed, agent, customer, asked)
            except WeChatError as error:
                raise Impossible(f"{agent.account} cannot {deed}: {error}.") from None
        case _:
            raise Impossible(f"An agent cannot {deed}. There are: {', '.join(DEEDS)}.", kind="usage")
    return {"did": deed, "agent": agent.account, "online": agent.online}


async def crowd(sandbox: Sandbox, asked: Json) -> Json:
    """Let ``count`` people follow who have followed since long; nothing is pushed."""
    count = _count(asked)
    for number in range(count):
        customers.follower(sandbox, f"crowd-{number}")
    return {"followers": sum(one.following for one in sandbox.world.wechat.customers.values())}


async def chatter(sandbox: Sandbox, asked: Json) -> Json:
    """``count`` messages that passed the desk, one every so many seconds up to ``until``, between ``who`` and an agent."""
    count, agent = _count(asked), str(asked.get("agent") or f"test1@{account.WECHAT_USERNAME}")
    people = [customers.follower(sandbox, f"crowd-{number}") for number in range(int(asked.get("people", 10)))]
    until, every = int(asked.get("until") or sandbox.now()), int(asked.get("every", MINUTE))
    records = sandbox.world.wechat.desk.records
    for number in range(count):
        at = until - (count - number) * every
        code = desk.SENT if number % 3 == 2 else desk.RECEIVED
        text = "[image]" if number % 50 == 49 else str(asked.get("text") or f"line {number}")
        records.append(Record(at, people[number // 3 % len(people)].openid, code, agent, text))
    records.sort(key=lambda one: one.at)
    return {"records": len(records)}


def _answer(sandbox: Sandbox, agent: Agent, *, join: bool) -> None:
    if not agent.invited or sandbox.now() >= agent.invited_until:
        raise Impossible(f"{agent.account} has no invitation.", "careline channels staff CHANNEL add ID --invite WECHAT-ID")
    if join:
        agent.wechat_id, agent.online = agent.invited, True
    agent.invited, agent.rejected = ("" if join else agent.invited), not join


def _serve(sandbox: Sandbox, deed: str, agent: Agent, customer: WeChatCustomer, asked: Json) -> None:
    match deed:
        case "accept":
            case = sandbox.world.wechat.desk.waiting.get(customer.openid)
            if case is None:
                raise Impossible(f"{customer.name} does not wait for the desk.", kind="not_found")
            if case.agent not in ("", agent.account):
                raise Impossible(f"{customer.name} waits for {case.agent}.")
            desk.begin(sandbox, customer, agent)
        case "say":
            text = str(asked.get("text") or "")
            if not text:
                raise Impossible("What does the agent write? The text is empty.", kind="usage")
            desk.write(sandbox, customer, agent, text)
        case "pass":
            desk.switch(sandbox, customer, _agent(sandbox, str(asked.get("text", ""))))
        case "close":
            desk.end(sandbox, customer, agent)


def _agent(sandbox: Sandbox, name: str) -> Agent:
    """The agent of that kf_account, or of its first part alone."""
    agents = sandbox.world.wechat.desk.agents
    found = agents.get(name) or agents.get(f"{name}@{account.WECHAT_USERNAME}")
    if found is None:
        raise Impossible(f"The desk has no agent {name}.", f"careline channels staff CHANNEL add {name}", "not_found")
    return found


def _customer(sandbox: Sandbox, who: str) -> WeChatCustomer:
    found = customers.known(sandbox, who)
    if found is None:
        raise Impossible(f"Nobody on WeChat is {who} yet.", f"careline sandbox follow {who}", "not_found")
    return found


def _count(asked: Any) -> int:
    count = int(asked.get("count", 0))
    if not 1 <= count <= MOST:
        raise Impossible(f"How many? 1 to {MOST:,}.", kind="usage")
    return count
