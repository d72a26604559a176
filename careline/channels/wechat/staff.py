"""The desk that is built into WeChat: its agents (kf accounts), and whom they serve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from careline.channels.ports import Attachment
from careline.channels.tencent.door import Done, Door
from careline.clock import SECOND
from careline.errors import CarelineError, Usage
from careline.model import Channel

EXISTS, INVITED = "65406", ("65407", "65408", "65411")


class Agent(Struct, frozen=True):
    """One agent. ``state``: ``bound`` to a WeChat id, invited (``waiting``, ``rejected``, ``expired``), or ``unbound``.

    ``serving`` counts the customers of one who is online, and is None for all others.
    """

    account: str
    nickname: str
    id: str
    picture: str
    state: str
    wechat_id: str = ""  # bound or invited
    invited_until_at: int | None = None
    online: bool = False
    serving: int | None = None


class Served(Struct, frozen=True):
    """A customer with whom an agent has a session, or who waits for one (then ``agent`` is empty or the one asked for)."""

    openid: str
    agent: str
    since_at: int


class Staff:
    """The desk of one Official Account."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def agents(self) -> list[Agent]:
        """All agents, with who of them is online. Empty and lacking fields differ from account to account."""
        listed = await self._door.get(_Agents, "/cgi-bin/customservice/getkflist")
        online = await self._door.get(_Online, "/cgi-bin/customservice/getonlinekflist")
        serving = {one.kf_account.strip(): one for one in online.kf_online_list}
        found = []
        for row in listed.kf_list:
            agent = _agent(row)
            there = serving.get(agent.account)
            up = there is not None and there.status > 0
            found.append(replace(agent, online=up, serving=there.accepted_case if there is not None and up else None))
        return found

    async def add(self, account: str, nickname: str) -> bool:
        """Add an agent; False when it was there, which gives it the nickname. The desk has room for 100."""
        try:
            await self._door.post(Done, "/customservice/kfaccount/add", {"kf_account": account, "nickname": nickname})
        except CarelineError as error:
            if error.platform_code != EXISTS:
                raise
            await self.rename(account, nickname)
            return False
        return True

    async def rename(self, account: str, nickname: str) -> None:
        """Give an agent another nickname, which customers see."""
        await self._door.post(Done, "/customservice/kfaccount/update", {"kf_account": account, "nickname": nickname})

    async def remove(self, account: str) -> None:
        """Remove an agent; its sessions end."""
        await self._door.call(Done, "GET", "/customservice/kfaccount/del", params={"kf_account": account}, may_change=True)

    async def picture(self, account: str, file: Attachment) -> None:
        """Give an agent a picture: JPEG, 640 × 640 advised, 5 MB at most."""
        await self._door.upload(Done, "/customservice/kfaccount/uploadheadimg", file, kf_account=account)

    async def invite(self, account: str, wechat_id: str) -> bool:
        """Invite somebody to be that agent, who confirms it in WeChat; False when they are invited or bound already."""
        body = {"kf_account": account, "invite_wx": wechat_id}
        try:
            await self._door.post(Done, "/customservice/kfaccount/inviteworker", body)
        except CarelineError as error:
            if error.platform_code not in INVITED:
                raise
            return False
        return True

    async def sessions(self, account: str) -> list[Served]:
        """Whom an agent serves."""
        found = await self._door.get(_Sessions, "/customservice/kfsession/getsessionlist", kf_account=account)
        return [Served(row.openid.strip(), account, row.createtime * SECOND) for row in found.sessionlist]

    async def waiting(self) -> tuple[int, list[Served]]:
        """How many wait for an agent, and those of them that WeChat lists: 100 at most."""
        found = await self._door.get(_Waiting, "/customservice/kfsession/getwaitcase")
        listed = [
            Served(row.openid.strip(), row.kf_account.strip(), (row.latest_time or row.createtime) * SECOND)
            for row in found.waitcaselist
        ]
        return max(found.count, len(listed)), listed

    async def session_of(self, openid: str) -> Served | None:
        """Who serves a customer; None when nobody does."""
        found = await self._door.get(_Session, "/customservice/kfsession/getsession", openid=openid)
        agent = found.kf_account.strip()
        return Served(openid, agent, found.createtime * SECOND) if agent else None

    async def give(self, openid: str, account: str) -> None:
        """Let an agent serve a customer; doing it again changes nothing. The agent must be online."""
        body = {"kf_account": account, "openid": openid}
        await self._door.post(Done, "/customservice/kfsession/create", body, may_change=False)

    async def take_back(self, openid: str, account: str) -> None:
        """End the session with an agent: what the customer writes is pushed to us again."""
        await self._door.post(Done, "/customservice/kfsession/close", {"kf_account": account, "openid": openid})


def account_of(name: str, known: Sequence[Agent], channel: Channel) -> str:
    """The whole kf_account that ``name`` means: behind its @ stands the account's own WeChat id. Raises Usage."""
    if "@" in name:
        return name
    ends = {one.account.partition("@")[2] for one in known} - {""}
    end = next(iter(ends)) if len(ends) == 1 else channel.address
    if not end:
        raise Usage(
            f"Which account is {name}@…?",
            code="account_id_unknown",
            hint="Write it whole once, as mei@gh_shop: behind the @ stands the account's WeChat id, as the console shows it.",
            run=f"careline channels staff {channel.name} add {name}@ID --nick NAME --invite WECHAT-ID",
        )
    return f"{name}@{end}"


class _Row(Struct):
    """An agent as listed. Ids come as numbers or as text, an address with a space before it, pictures under two names."""

    kf_account: str
    kf_nick: str = ""
    kf_id: Any = ""
    kf_headimgurl: str = ""
    kf_headimg: str = ""
    kf_wx: str = ""
    invite_wx: str = ""
    invite_expire_time: int = 0
    invite_status: str = ""


class _Agents(Struct):
    kf_list: list[_Row] = []


class _Up(Struct):
    kf_account: str
    status: int = 1
    accepted_case: int = 0


class _Online(Struct):
    kf_online_list: list[_Up] = []


class _Case(Struct):
    openid: str
    createtime: int = 0
    latest_time: int = 0
    kf_account: str = ""


class _Sessions(Struct):
    sessionlist: list[_Case] = []


class _Waiting(Struct):
    count: int = 0
    waitcaselist: list[_Case] = []


class _Session(Struct):
    createtime: int = 0
    kf_account: str = ""


def _agent(row: _Row) -> Agent:
    bound = row.kf_wx.strip()
    return Agent(
        account=row.kf_account.strip(),
        nickname=row.kf_nick.strip(),
        id=str(row.kf_id).strip(),
        picture=(row.kf_headimgurl or row.kf_headimg).strip(),
        state="bound" if bound else row.invite_status.strip() or "unbound",
        wechat_id=bound or row.invite_wx.strip(),
        invited_until_at=None if bound or not row.invite_expire_time else row.invite_expire_time * SECOND,
    )
