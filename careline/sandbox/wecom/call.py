"""One call of WeCom's API, and the tables that say who answers it: (method, path) → what answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from careline.sandbox import tencent
from careline.sandbox.tencent import OK
from careline.sandbox.wecom.errors import WeComError
from careline.sandbox.wecom.state import Account, Talk, WeCom

__all__ = ["OK", "Call", "Routes", "account_of"]


class Call(tencent.Call):
    """One call on the company."""

    @property
    def company(self) -> WeCom:
        """The company."""
        return self.sandbox.world.wecom

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


def account_of(company: WeCom, id: Any) -> Account:
    """The account with that id. Raises WeComError."""
    if not isinstance(id, str) or not id:
        raise WeComError(95000)
    found = company.accounts.get(id)
    if found is None:
        raise WeComError(95004 if id in company.removed else 95000)
    return found
