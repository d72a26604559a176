"""How an Official Account stands: which calls it has, how many are left today, whether WeChat reaches our address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from careline.channels.tencent.door import Door
from careline.errors import CarelineError, CredentialsRefused

# A cheap call that reads, of each function that WeChat grants by an account's kind and verification.
READS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "followers": ("/cgi-bin/user/get", {}),
    "tags": ("/cgi-bin/tags/get", {}),
    "menu": ("/cgi-bin/menu/get", {}),
    "desk": ("/cgi-bin/customservice/getkflist", {}),
    "material": ("/cgi-bin/material/get_materialcount", {}),
    "template messages": ("/cgi-bin/template/get_all_private_template", {}),
    "notifications": ("/wxaapi/newtmpl/gettemplate", {}),
}
NOT_GRANTED = frozenset({"48001", "50001"})
NOTHING_THERE = frozenset({"46003"})  # no menu was made yet
COUNTED = (
    "/cgi-bin/message/custom/send",
    "/cgi-bin/message/template/send",
    "/cgi-bin/qrcode/create",
    "/cgi-bin/user/info",
    "/cgi-bin/media/upload",
    "/cgi-bin/menu/create",
)


class Quota(Struct, frozen=True):
    """How many calls of a path an account may make on a day of Beijing's, and how many it has made."""

    daily_limit: int
    used: int


class Probe(Struct, frozen=True):
    """What WeChat's own look at our address found: the ``addresses`` behind the name, and the share of packets lost."""

    addresses: tuple[str, ...]
    lost: str


class Standing:
    """One Official Account, as it stands now."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def may(self, function: str) -> bool | None:
        """Whether the account has a function of ``READS``; None where WeChat says something else."""
        path, params = READS[function]
        try:
            await self._door.get(dict[str, Any], path, **params)
        except CredentialsRefused:
            raise
        except CarelineError as error:
            if error.platform_code in NOT_GRANTED:
                return False
            return True if error.platform_code in NOTHING_THERE else None
        return True

    async def quota(self, path: str) -> Quota | None:
        """The day's quota of a path; None where WeChat tells none."""
        try:
            return (await self._door.post(_Told, "/cgi-bin/openapi/quota/get", {"cgi_path": path}, may_change=False)).quota
        except CredentialsRefused:
            raise
        except CarelineError:
            return None

    async def probe(self) -> Probe:
        """What WeChat finds when it looks for the address in its console. Raises Refused where there is none."""
        asked = {"action": "all", "check_operator": "DEFAULT"}
        found = await self._door.post(_Probed, "/cgi-bin/callback/check", asked, may_change=False)
        lost = next((one.package_loss for one in found.ping if one.package_loss), "")
        return Probe(tuple(one.ip for one in found.dns), lost)

    async def answers_by_itself(self) -> bool:
        """Whether the console has replies of its own switched on, which stop once an address of ours is set."""
        found = await self._door.get(_Autoreplies, "/cgi-bin/get_current_autoreply_info")
        return bool(found.is_add_friend_reply_open or found.is_autoreply_open)


class _Told(Struct):
    quota: Quota


class _Address(Struct):
    ip: str = ""
    package_loss: str = ""


class _Probed(Struct):
    dns: list[_Address] = []
    ping: list[_Address] = []


class _Autoreplies(Struct):
    is_add_friend_reply_open: int = 0
    is_autoreply_open: int = 0
