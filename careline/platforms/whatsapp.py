"""A WhatsApp business number as a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careline.platforms.base import Ask, Platform

if TYPE_CHECKING:
    import httpx

    from careline.channels.ports import Attachment, Composed, Files, Webhook
    from careline.channels.whatsapp.client import WhatsAppClient
    from careline.channels.whatsapp.graph import Graph
    from careline.model import Template
    from careline.rules.window import Policy


class WhatsApp(Platform):
    """One business number."""

    def policy(self) -> Policy:
        from careline.channels.whatsapp.policy import GRANTS
        from careline.rules.window import Policy

        return Policy(GRANTS)

    def graph(self, http: httpx.AsyncClient) -> Graph:
        """Meta's API as this number sees it. Raises CredentialsRefused without an access token."""
        from careline.channels.whatsapp.graph import Graph

        return Graph(self.channel, http, self.secret())

    def client(self, http: httpx.AsyncClient) -> WhatsAppClient:
        from careline.channels.whatsapp.client import WhatsAppClient

        return WhatsAppClient(self.graph(http))

    def planner(self) -> WhatsAppClient:
        from careline.channels.whatsapp.client import WhatsAppClient
        from careline.channels.whatsapp.graph import Graph

        return WhatsAppClient(Graph(self.channel, None, "none"))  # type: ignore[arg-type]

    def webhook(self) -> Webhook:
        from careline.channels.whatsapp.webhook import WhatsAppWebhook

        return WhatsAppWebhook(self.channel)

    def composed(self, text: str) -> Composed:
        from careline.channels.whatsapp.messages import composed

        return composed(text)

    def files(self, http: httpx.AsyncClient) -> Files:
        return self.client(http).media

    def largest(self) -> int:
        from careline.channels.whatsapp.files import INBOUND

        return INBOUND

    def kind_of(self, attachment: Attachment) -> str:
        from careline.channels.whatsapp.files import kind_of

        return kind_of(attachment)

    async def read_templates(self, http: httpx.AsyncClient, name: str | None, known: list[Template]) -> list[Template]:
        from careline.channels.whatsapp.template_calls import TemplateCalls
        from careline.templates import account

        reports = await account.read(TemplateCalls(self.graph(http)), name)
        return account.keep(self.profile.store, self.channel, reports, "platform", whole=name is None)

    async def approved_template(self, name: str, known: list[Template], language: str, ask: Ask, flag: str) -> Template:
        """As every platform; ``name`` is NAME or NAME/LANGUAGE."""
        from careline.rules import template as naming

        plain, _ = naming.split(name)
        known = [one for one in known if one.name == plain]
        if not any(one.state == "approved" and one.components != "[]" for one in known):  # a webhook tells the state alone
            known = await ask(plain)
        return naming.choose(name, known, language, flag)
