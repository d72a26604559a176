"""One call of WeCom's API, and the tables that say who answers it: (method, path) → what answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from careline.sandbox.asgi import Request
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wecom.errors import WeComError
from careline.sandbox.wecom.state import Account, Talk, WeCom


class Call(Struct):
    """One call: its ``query``, and the JSON that was ``sent`` ({} with GET and with a file)."""

    sandbox: Sandbox
    request: Request
    sent: Json

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address."""
        return dict(self.request.query)

    @property
    def company(self) -> WeCom:
        """The company."""
        return self.sandbox.world.wecom

    @property
    def now(self) -> int:
        """The instant now."""
        return self.sandbox.now()

    def text(self, name: str) -> str:
        """A text that was sent; empty where there is none. Raises WeComError for what is no text."""
        value = self.sent.get(name, "")
        if not isinstance(value, str):
            raise WeComError(40058, f"{name} should be string")
        return value

    def account(self) -> Account:
        """The account that is named. Raises WeComError."""
        return account_of(self.company, self.sent.get("open_kfid"))

    def talk(self, name: str = "external_userid") -> tuple[Account, Talk]:
        """The account and the customer who are named. Raises WeComError."""
        account = self.account()
        talk = account.talks.get(self.text(name))
        if talk is None:
            raise WeComError(40096)
        return account, talk


Routes = dict[tuple[str, str], Callable[[Call], Any]]
OK: Json = {"errcode": 0, "errmsg": "ok"}


def account_of(company: WeCom, id: Any) -> Account:
    """The account with that id. Raises WeComError."""
    if not isinstance(id, str) or not id:
        raise WeComError(95000)
    found = company.accounts.get(id)
    if found is None:
        raise WeComError(95004 if id in company.removed else 95000)
    return found
