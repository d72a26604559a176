"""Pulling beside receiving: WeCom's nudges say only that there is something. Part of ``careline receive``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from careline.errors import CarelineError
from careline.heard import Heard
from careline.line import Careline
from careline.model import Channel
from careline.receiving.log import Log, Say, Sparing
from cli.runtime import Runtime

if TYPE_CHECKING:
    from careline.pulling.rounds import Rounds, Target

SAID_S = 60.0


class Pulling:
    """Hears nudges and pulls in a thread that holds a store of its own; which is opened when there is a WeCom channel."""

    def __init__(self, run: Runtime, say: Say) -> None:
        from careline.pulling.rounds import Rounds

        self._run = run
        self._say = Sparing(say, quiet_s=SAID_S)
        self._own = threading.local()
        self._rounds: Rounds = Rounds(self._everything, self._pull, self._failed)

    def start(self) -> None:
        """Pull everything, then whatever is nudged."""
        self._rounds.start()

    def hearing(self, hear: Callable[[Channel, bytes, int], list[Heard]]) -> Callable[[Channel, bytes, int], list[Heard]]:
        """``hear``, with an ear for nudges."""

        def heard(channel: Channel, kept: bytes, received_at: int) -> list[Heard]:
            if channel.kind == "wecom":
                from careline.channels.wecom.webhook import nudge

                if (told := nudge(kept)) is not None:
                    self._rounds.nudge(channel.name, told.account, told.token)
            return hear(channel, kept, received_at)

        return heard

    def _line(self) -> Careline:
        if not hasattr(self._own, "line"):
            self._own.line = Careline.open(self._run.settings, trace=self._run.flags.get("trace"))
        line: Careline = self._own.line
        return line

    def _everything(self) -> list[Target]:
        """Every account of every company; the list is asked for anew, since accounts are handed to the API at any time."""
        line = self._line()
        channels = [channel for channel in line.channels("wecom") if channel.state == "active"]
        if not channels:
            return []
        import asyncio

        from careline.channels.wecom.account import Accounts
        from careline.pulling import accounts

        targets: list[Target] = []
        for channel in channels:
            try:
                asyncio.run(self._listed(line, channel, Accounts))
            except CarelineError as error:
                self._failed((channel.name, ""), error)
            for words in accounts.alarm(line.store, channel):
                self._say(Log("error", "pull_late", words, channel=channel.name))
            targets += [(channel.name, row.id) for row in accounts.known(line.store, channel)]
        return targets

    async def _listed(self, line: Careline, channel: Channel, calls: type) -> None:
        from careline.pulling import accounts

        async with line.http(channel) as http:
            accounts.note(line.store, channel, await calls(line.door(channel, http)).all(), "auto:pull")

    def _pull(self, target: Target, token: str) -> None:
        import asyncio

        from careline.pulling import accounts

        line = self._line()
        channel = line.channel(target[0], "wecom")
        if channel.state == "paused":
            return
        names = [target[1]] if target[1] else [row.id for row in accounts.known(line.store, channel)]
        for name in names:
            asyncio.run(self._one(line, channel, name, token))

    async def _one(self, line: Careline, channel: Channel, account: str, token: str) -> None:
        from careline.pulling.account import pull_account

        async with line.http(channel) as http:
            client, door = line.wecom(channel, http), line.door(channel, http)
            done = await pull_account(line.store, channel, line.policy(channel), account, client, door, token=token)
        if done.lost:
            self._say(Log("error", "messages_lost", done.lost, channel=channel.name))

    def _failed(self, target: Target, error: CarelineError) -> None:
        what = f"what was written to {target[0]} could not be pulled" if target[0] else "it is not known what to pull"
        words = f"{what}, and is tried again: {error.message}"
        self._say(Log("warning", "pull_failed", words, channel=target[0]))
