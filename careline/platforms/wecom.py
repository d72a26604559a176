"""A company's customer service on WeCom as a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careline.platforms.base import Platform

if TYPE_CHECKING:
    import httpx

    from careline.channels.ports import Attachment, Composed, Files, Webhook
    from careline.channels.tencent.door import Door
    from careline.channels.wecom.client import WeComClient
    from careline.channels.wecom.sessions import Session
    from careline.model import Identity
    from careline.rules.window import Policy


class WeCom(Platform):
    """One company."""

    def policy(self) -> Policy:
        from careline.channels.wecom.policy import GRANTS
        from careline.rules.window import Policy

        return Policy(GRANTS)

    def door(self, http: httpx.AsyncClient) -> Door:
        """WeCom's API as this company sees it: everybody who asks gets the same token while it works, so none is forced."""
        from careline.channels.tencent.door import Door
        from careline.channels.wecom.account import MANNERS, corp_token
        from careline.tokens import SharedToken

        corp_id, secret = self.channel.account_id, self.secret()

        async def fetch(force: bool) -> tuple[str, int]:
            return await corp_token(http, corp_id, secret)

        store, clock = self.profile.store, self.profile.clock
        tokens = SharedToken(store, clock, self.channel.name, fetch, came="gettoken", by_force=False)
        return Door(self.channel, http, tokens, MANNERS)

    def client(self, http: httpx.AsyncClient) -> WeComClient:
        """What sends; it knows from the journal who has a customer's session, and notes there what WeCom says of it."""
        from careline.channels.wecom.client import WeComClient

        return WeComClient(self.door(http), self._session, self._note, self._command)

    def planner(self) -> WeComClient:
        from careline.channels.wecom.client import WeComClient

        return WeComClient(None)  # type: ignore[arg-type]

    def webhook(self) -> Webhook:
        from careline.channels.wecom.webhook import WeComWebhook

        return WeComWebhook(self.channel)

    def composed(self, text: str) -> Composed:
        from careline.channels.wecom.messages import composed

        return composed(text)

    def files(self, http: httpx.AsyncClient) -> Files:
        from careline.channels.wecom.media import MediaCalls

        return MediaCalls(self.door(http))

    def largest(self) -> int:
        from careline.channels.wecom.media import LARGEST

        return LARGEST

    def kind_of(self, attachment: Attachment) -> str:
        from careline.channels.wecom.media import kind_of

        return kind_of(attachment)

    def _identity(self, handle: str) -> Identity | None:
        from careline.model import Identity

        return self.profile.store.get(Identity, self.channel.name, handle)

    def _session(self, handle: str) -> str:
        """The state of a customer's session, as far as anybody has told."""
        found = self._identity(handle)
        return found.session if found is not None else ""

    def _note(self, handle: str, session: Session) -> None:
        """Note a session that is another than the journal has."""
        from careline.events import Content, Entry, KfSession

        found = self._identity(handle)
        if found is None or (found.session, found.servicer) == (session.state, session.servicer):
            return
        entry = Entry(
            event=KfSession(state=session.state, servicer=session.servicer, content=Content(handle=handle)),
            channel=self.channel.name,
            contact=found.contact,
            occurred_at=self.profile.store.now(),
            actor="platform",
        )
        self.profile.store.change(lambda change: change.record([entry]))

    def _command(self, handle: str) -> str:
        """How a command begins that gives a customer's session to somebody else."""
        found = self._identity(handle)
        chat = found.conversation if found is not None and found.conversation is not None else "CHAT"
        return f"careline chats assign {chat} --to "
