"""The running sandbox: what every room of it holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random, SystemRandom

from msgspec import Struct

from careline.sandbox.clock import VirtualClock
from careline.sandbox.faults import Fault
from careline.sandbox.graph.buckets import Bucket
from careline.sandbox.push import KEPT, Courier
from careline.sandbox.world import World


class Call(Struct):
    """One API call, for the log. ``code`` is the platform's error code, ``fault`` the injected one."""

    at: int
    method: str
    path: str
    status: int
    code: int
    fault: str


class Sandbox:
    """The two platforms, their clock, and the courier that carries their webhooks."""

    def __init__(self, clock: VirtualClock, url: str, stop: Callable[[], None]) -> None:
        self.clock = clock
        self.url = url
        self.stop = stop
        self.courier = Courier()
        self.faults: list[Fault] = []
        self.calls: deque[Call] = deque(maxlen=KEPT)
        self._begin()

    def _begin(self) -> None:
        self.chance: Random = SystemRandom()
        self.world = World()
        self.courier.settings = self.world.settings
        self.number_bucket = Bucket(80, 12_500)  # 80 messages a second
        self.pair_buckets: dict[str, Bucket] = {}

    async def reset(self) -> None:
        """Forget everything and let it be now: as if just started."""
        await self._forget()
        self.clock.advance(-self.clock.ahead())

    async def start_over(self) -> None:
        """Forget everything but where the platforms push to, and by which secrets they are asked."""
        before = self.world
        await self._forget()
        new, old = self.world.whatsapp, before.whatsapp
        new.subscribed, new.override, new.app_callback, new.app_fields = (
            old.subscribed,
            old.override,
            old.app_callback,
            old.app_fields,
        )
        new.tokens, new.app_secret = old.tokens, old.app_secret
        for id, number in new.numbers.items():
            number.override = old.numbers[id].override if id in old.numbers else None
        self.world.wechat.console = before.wechat.console
        self.world.wecom.console = before.wecom.console

    async def _forget(self) -> None:
        await self.courier.drop()
        self.faults.clear()
        self.calls.clear()
        self._begin()

    def now(self) -> int:
        """The instant now, in microseconds of the virtual clock."""
        return self.clock.now()
