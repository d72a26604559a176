"""Customers' files are fetched as they come, where the platform keeps them for some days only (WeChat: three).

Beside applying and never in its way: what was just applied is looked through by number, one file is fetched after the other,
and one that does not come is tried again later and later. Cut off anywhere, the next start looks back on the same days.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager

from msgspec import Struct

from careline.channels.ports import Files
from careline.clock import DAY
from careline.errors import Busy, CarelineError, NotFound
from careline.media.chat import keep
from careline.media.shelf import Shelf
from careline.model import Message
from careline.store.base import Store

LOOK_BACK = 3 * DAY
A_PAGE = 200
WAITING = 5_000  # files that may be waited for; more are not looked for until some of these are here
ROUND = 20  # files of one channel before it is looked who has come meanwhile
WHOLE_S = 600.0  # for one file: a connection that drips must not hold up the others
FIRST_WAIT_S, LONGEST_WAIT_S, TRIES = 5.0, 3600.0, 12

Opened = Callable[[str], AbstractAsyncContextManager[Files]]
Told = Callable[[str, str, str], None]  # a stable word, the channel, a sentence


class _Awaited(Struct):
    """A file that is not here yet: when it is tried again, on the machine's own clock, and how often it was."""

    message: int
    channel: str
    due_s: float = 0.0
    tries: int = 0


class Arrivals:
    """What customers sent on some ``channels``. ``opened`` gives the files of one, ``told`` hears what does not come."""

    def __init__(self, store: Store, shelf: Shelf, opened: Opened, told: Told) -> None:
        self._store = store
        self._shelf = shelf
        self._opened = opened
        self._told = told
        self._seen: int | None = None
        self._awaited: dict[int, _Awaited] = {}

    async def fetch_new(self, channels: Collection[str]) -> float | None:
        """Fetch what came and what is due. For how many seconds nothing more is; None: until something new comes."""
        self._awaited = {number: one for number, one in self._awaited.items() if one.channel in channels}
        while not self._collect(channels):
            pass
        for channel in sorted(channels):
            due = [one for one in self._awaited.values() if one.channel == channel and one.due_s <= time.monotonic()]
            if due:
                await self._fetch(channel, due[:ROUND])
        if not self._awaited:
            return None
        return max(0.0, min(one.due_s for one in self._awaited.values()) - time.monotonic())

    def _collect(self, channels: Collection[str]) -> bool:
        """Note a page of new messages whose file is not here. True when there are no more, or enough are waited for."""
        newest = next((m.id for m in self._store.select(Message, "ORDER BY id DESC LIMIT 1")), 0)
        seen = self._first(newest) if self._seen is None else self._seen
        if len(self._awaited) >= WAITING:
            return True
        page = list(
            self._store.select(
                Message, "WHERE id > ? AND id <= ? AND media IS NOT NULL ORDER BY id LIMIT ?", seen, newest, A_PAGE
            )
        )
        for message in page:
            if message.channel in channels and self._lacks(message):
                self._awaited[message.id] = _Awaited(message.id, message.channel)
        self._seen = page[-1].id if len(page) == A_PAGE else newest
        return len(page) < A_PAGE

    def _first(self, newest: int) -> int:
        """The number after which messages are young enough to have their file yet."""
        oldest, step = newest, 1
        while oldest > 0 and self._is_young(oldest):
            oldest, step = oldest - step, step * 2
        return max(0, oldest)

    def _is_young(self, number: int) -> bool:
        message = self._store.get(Message, number)
        return message is None or message.recorded_at > self._store.now() - LOOK_BACK

    def _lacks(self, message: Message) -> bool:
        media = message.media
        young = message.recorded_at > self._store.now() - LOOK_BACK
        return message.direction == "in" and young and media is not None and bool(media.id) and not media.check

    async def _fetch(self, channel: str, due: list[_Awaited]) -> None:
        try:
            async with self._opened(channel) as files:
                for one in due:
                    await self._fetch_one(files, one)
        except CarelineError as error:
            for one in due:
                self._later(one)
            self._told("files_unfetched", channel, f"{channel}: {len(due)} files of customers did not come: {error.message}")

    async def _fetch_one(self, files: Files, one: _Awaited) -> None:
        message = self._store.get(Message, one.message)
        if message is None or not self._lacks(message):  # somebody else was faster, or it is too late
            del self._awaited[one.message]
            return
        try:
            with self._store.lock("media", wait=False):
                async with asyncio.timeout(WHOLE_S):
                    await keep(self._store, self._shelf, files, message, files.most)
            del self._awaited[one.message]
        except Busy:
            self._later(one)
        except NotFound as error:
            del self._awaited[one.message]
            self._told("file_gone", message.channel, f"{message.channel}: the file of m{message.id} is gone: {error.message}")
        except Exception as error:  # noqa: BLE001 - one file that cannot be had must not keep the others from being fetched
            self._later(one)
            gave_up = "" if one.message in self._awaited else "; it is tried no more"
            words = f"{message.channel}: the file of m{message.id} did not come: {_in_words(error)}{gave_up}"
            self._told("file_unfetched", message.channel, words)

    def _later(self, one: _Awaited) -> None:
        one.tries += 1
        one.due_s = time.monotonic() + min(LONGEST_WAIT_S, FIRST_WAIT_S * 4 ** min(one.tries - 1, 6))
        if one.tries >= TRIES:
            self._awaited.pop(one.message, None)


def _in_words(error: Exception) -> str:
    match error:
        case CarelineError():
            return error.message
        case TimeoutError():
            return f"it took longer than {WHOLE_S:g} s"
    return f"{type(error).__name__}: {error}"
