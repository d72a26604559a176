"""Links that open a chat with a customer service account, as codes of the ledger: WeCom makes no picture, it is drawn here."""

from __future__ import annotations

from careline.channels.wecom.account import Accounts
from careline.events import CodeCreated


async def ask_wecom(accounts: Accounts, account: str, key: str) -> CodeCreated:
    """A link with the scene of ``key``: who comes by it enters with that scene. Its ticket is the account it leads to.

    Such a link never ends, asking for it again gives the same one, and nobody counts them.
    """
    url = await accounts.link(account, key[2:])
    return CodeCreated(scene_key=key, scene=key[2:], permanent=True, ticket=account, url=url)
