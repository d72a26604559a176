"""A customer as careline names them on WeCom: ``open_kfid/external_userid``.

One channel has many customer service accounts, and everything that is owed to a customer (window, count, session) is theirs
with one account. A person who writes to two of them has two handles, and one contact behind them.
"""

from __future__ import annotations

from careline.errors import Usage

KIND = "wecom_external"


def handle(account: str, user: str) -> str:
    """The handle of a customer with an account."""
    return f"{account}/{user}"


def parts(handle: str) -> tuple[str, str]:
    """The open_kfid and the external_userid in a handle. Raises Usage for what is none."""
    account, _, user = handle.partition("/")
    if not account or not user:
        raise Usage(
            f"{handle!r} names no customer on WeCom.",
            code="bad_recipient",
            hint="It is an account and a customer with a slash between (wkAB/wmCD), a contact (c17), or the customer's id.",
        )
    return account, user
