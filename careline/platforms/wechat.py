"""A WeChat Official Account as a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careline.errors import NotFound
from careline.platforms.base import Ask, Platform

if TYPE_CHECKING:
    import httpx

    from careline.channels.ports import Attachment, Composed, Files, Webhook
    from careline.channels.tencent.door import Door
    from careline.channels.wechat.client import WeChatClient
    from careline.model import Template
    from careline.rules.window import Policy


class WeChat(Platform):
    """One Official Account."""

    def policy(self) -> Policy:
        """As every platform; its windows are settings, for WeChat has changed them before."""
        from careline.rules.window import Policy, grant

        granted = {act: grant(text) for act, text in self.profile.settings.wechat_windows.items()}
        return Policy({act: one for act, one in granted.items() if one is not None})

    def door(self, http: httpx.AsyncClient) -> Door:
        """WeChat's API as this account sees it, with the access token that all processes share. Raises CredentialsRefused."""
        from careline.channels.tencent.door import Door
        from careline.channels.wechat.account import MANNERS, classic_token, stable_token
        from careline.tokens import SharedToken

        app_id, secret = self.channel.account_id, self.secret()
        classic = self.profile.settings.wechat_tokens == "classic"

        async def fetch(force: bool) -> tuple[str, int]:
            if classic:
                return await classic_token(http, app_id, secret)
            return await stable_token(http, app_id, secret, force)

        came = "classic" if classic else "stable"
        store, clock = self.profile.store, self.profile.clock
        tokens = SharedToken(store, clock, self.channel.name, fetch, came=came, by_force=not classic)
        return Door(self.channel, http, tokens, MANNERS)

    def client(self, http: httpx.AsyncClient) -> WeChatClient:
        from careline.channels.wechat.client import WeChatClient

        return WeChatClient(self.door(http))

    def planner(self) -> WeChatClient:
        from careline.channels.wechat.client import WeChatClient

        return WeChatClient(None)  # type: ignore[arg-type]

    def webhook(self) -> Webhook:
        from careline.channels.wechat.webhook import WeChatWebhook

        return WeChatWebhook(self.channel)

    def composed(self, text: str) -> Composed:
        from careline.channels.wechat.bodies import composed

        return composed(text)

    def files(self, http: httpx.AsyncClient) -> Files:
        from careline.channels.wechat.media import MediaCalls

        return MediaCalls(self.door(http))

    def largest(self) -> int:
        from careline.channels.wechat.files import LARGEST

        return LARGEST

    def kind_of(self, attachment: Attachment) -> str:
        from careline.channels.wechat.files import kind_of

        return kind_of(attachment)

    async def read_templates(self, http: httpx.AsyncClient, name: str | None, known: list[Template]) -> list[Template]:
        """As every platform; always all of them, for WeChat lists no single one."""
        from careline.channels.wechat.templates import Templates
        from careline.templates import wechat

        told = await wechat.read(Templates(self.door(http)), known)
        return wechat.note(self.profile.store, self.channel, told)

    async def approved_template(self, name: str, known: list[Template], language: str, ask: Ask, flag: str) -> Template:
        """As every platform; ``name`` is a title or an id."""
        from careline.rules import template as naming

        try:
            return naming.titled(name, known)
        except NotFound:
            return naming.titled(name, await ask(None), flag)
