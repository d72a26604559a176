"""Customers' files are fetched as they come: WeChat keeps them for three days."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from careline.channels.ports import Attachment, Described, Files, Pieces
from careline.clock import DAY, HOUR
from careline.media import arrivals
from careline.media.arrivals import Arrivals
from careline.media.chat import kept
from careline.model import Message
from careline.sandbox import account
from tests.commands.desk import LIWEI, WECHAT, Desk
from tests.commands.test_receive import Receiving

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.register("brand-cn")
    return desk


class Fetching:
    """Arrivals of a desk, with what they told, and the number of files that came at each round."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.told: list[tuple[str, str]] = []
        self.arrivals = self.started_anew()

    def started_anew(self) -> Arrivals:
        line = self.desk.line

        @asynccontextmanager
        async def opened(channel: str) -> AsyncIterator[Files]:
            found = line.channel(channel)
            async with line.http(found) as http:
                yield line.files(found, http)

        return Arrivals(line.store, line.shelf, opened, lambda word, channel, words: self.told.append((word, words)))

    def round(self) -> float | None:
        return asyncio.run(self.arrivals.fetch_new(["brand-cn"]))

    def here(self) -> list[bool]:
        """Of each message of the customer that has a file: is it here?"""
        messages = self.desk.store.select(Message, "WHERE direction = 'in' AND media IS NOT NULL ORDER BY id")
        return [kept(self.desk.line.shelf, message) for message in messages]


@pytest.fixture
def fetching(shop: Desk) -> Fetching:
    return Fetching(shop)


def test_what_comes_is_fetched_once_and_what_is_no_file_is_let_be(shop: Desk, fetching: Fetching) -> None:
    for kind in ("text", "image", "voice", "video", "location"):
        shop.control.say(LIWEI, "你好", kind=kind)
    assert fetching.round() is None
    assert (fetching.here(), fetching.told) == ([True, True, True], [])
    assert fetching.round() is None
    assert shop.calls("/media/get") == 3
    shop.done(f"send --channel brand-cn --to c1 --media {photo(shop)}")
    assert fetching.round() is None
    shop.pass_by(4 * DAY)
    rows = shop.json(f"chats media 1 --out {shop.folder / 'files'}")
    assert [row["error"] for row in rows] == [None] * 4
    shop.done("store rebuild --check")


def photo(desk: Desk) -> Path:
    path = desk.folder / "a.jpg"
    path.write_bytes(JPEG)
    return path


def test_a_start_looks_back_on_three_days_and_no_further(shop: Desk, fetching: Fetching) -> None:
    shop.control.say(LIWEI, kind="image", content=JPEG)
    shop.pass_by(3 * DAY)
    for _ in range(20):
        shop.control.say(LIWEI, kind="image", content=JPEG)
    while fetching.round() is not None:
        pass
    assert fetching.here() == [False] + [True] * 20
    assert shop.calls("/media/get") == 20


def test_what_does_not_come_is_tried_again_later_and_holds_up_no_other(
    shop: Desk, fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "FIRST_WAIT_S", 0.01)
    shop.control.say(LIWEI, kind="image", content=JPEG)
    shop.control.say(LIWEI, kind="image", content=JPEG + b"2")
    shop.control.fault(-1, on="any")
    wait_s = fetching.round()
    assert wait_s is not None
    assert 0 <= wait_s <= 0.01
    assert fetching.here() == [False, True]
    assert [word for word, _ in fetching.told] == ["file_unfetched"]
    time.sleep(0.02)
    assert fetching.round() is None
    assert fetching.here() == [True, True]


class Troubled:
    """A platform's files, of which the first one asked for comes in drops, or breaks what reads it."""

    def __init__(self, files: Files, trouble: str) -> None:
        self._files = files
        self._trouble = trouble
        self._asked = 0
        self.most, self.kept = files.most, files.kept

    async def upload(self, attachment: Attachment) -> str:
        return await self._files.upload(attachment)

    async def about(self, id: str) -> Described:
        self._asked += 1
        if self._asked == 1 and self._trouble == "a defect":
            raise ValueError("something that nobody foresaw")
        return await self._files.about(id)

    @asynccontextmanager
    async def download(self, url: str, offset: int) -> AsyncIterator[Pieces]:
        if self._asked == 1:
            await asyncio.sleep(60)
        async with self._files.download(url, offset) as pieces:
            yield pieces


@pytest.mark.parametrize(("trouble", "words"), [("drops", "it took longer than"), ("a defect", "nobody foresaw")])
def test_one_file_keeps_no_other_from_coming(shop: Desk, monkeypatch: pytest.MonkeyPatch, trouble: str, words: str) -> None:
    monkeypatch.setattr(arrivals, "WHOLE_S", 1.0)
    shop.control.say(LIWEI, kind="image", content=JPEG)
    shop.control.say(LIWEI, kind="image", content=JPEG + b"2")
    fetching, line = Fetching(shop), shop.line

    @asynccontextmanager
    async def opened(channel: str) -> AsyncIterator[Files]:
        found = line.channel(channel)
        async with line.http(found) as http:
            yield Troubled(line.files(found, http), trouble)

    told = fetching.told
    fetching.arrivals = Arrivals(line.store, line.shelf, opened, lambda word, channel, said: told.append((word, said)))
    assert fetching.round() is not None
    assert fetching.here() == [False, True]
    assert [words in said for _, said in told] == [True]


def test_a_file_that_is_gone_is_told_once(shop: Desk, fetching: Fetching) -> None:
    shop.control.say(LIWEI, kind="image", content=JPEG)
    shop.control.fault(40007, on="any")
    assert fetching.round() is None
    assert fetching.round() is None
    assert fetching.told == [("file_gone", "brand-cn: the file of m1 is gone: WeChat has this file no more.")]


def test_somebody_who_fetches_the_same_chat_is_waited_for(shop: Desk, fetching: Fetching) -> None:
    shop.control.say(LIWEI, kind="image", content=JPEG)
    with shop.store.lock("media", wait=False):
        assert fetching.round() is not None
    assert fetching.here() == [False]
    shop.done(f"chats media 1 --out {shop.folder / 'files'}")
    calls = shop.calls("/media/get")
    fetching.arrivals = fetching.started_anew()
    assert fetching.round() is None
    assert shop.calls("/media/get") == calls


def test_a_file_that_never_comes_is_given_up_in_the_end(
    shop: Desk, fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "FIRST_WAIT_S", 0.0)
    shop.control.say(LIWEI, kind="image", content=JPEG)
    shop.control.fault(-1, on="any", next=100)
    for _ in range(arrivals.TRIES - 1):
        assert fetching.round() == 0.0
    assert fetching.round() is None
    assert fetching.told[-1][1].endswith("it is tried no more")


def test_more_than_can_be_waited_for_is_looked_for_later(
    shop: Desk, fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "WAITING", 2)
    monkeypatch.setattr(arrivals, "A_PAGE", 1)
    monkeypatch.setattr(arrivals, "ROUND", 1)
    for _ in range(5):
        shop.control.say(LIWEI, kind="image", content=JPEG)
    rounds = 0
    while fetching.round() is not None:
        rounds += 1
    assert (fetching.here(), rounds) == ([True] * 5, 4)


@pytest.fixture
def receiving(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiving]:
    made = Receiving()
    monkeypatch.setenv("CARELINE_PUBLIC_URL", made.url)
    yield made
    if made.process.poll() is None:
        made.end(signal.SIGKILL)


def test_a_receiver_that_runs_fetches_while_it_applies(desk: Desk, receiving: Receiving) -> None:
    desk.done(f"channels register wechat brand-cn {WECHAT}")
    desk.control.console(f"{receiving.url}/webhooks/brand-cn", account.WECHAT_TOKEN, account.WECHAT_AES_KEY)
    desk.control.say(LIWEI, kind="image", content=JPEG)
    desk.control.say(LIWEI, kind="voice")

    def fetched() -> list[int | None]:
        rows = desk.store.select(Message, "WHERE media IS NOT NULL ORDER BY id")
        return [row.media.bytes for row in rows if row.media is not None and row.media.check]

    assert until(lambda: len(fetched()) == 2)
    assert fetched()[0] == len(JPEG)
    desk.pass_by(5 * DAY + HOUR)
    assert len(desk.json(f"chats media 1 --out {desk.folder / 'files'}")) == 2


def until(holds: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def shared(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARELINE_STORE", postgres)


def test_a_shared_store_is_looked_through_as_well(shared: None, desk: Desk) -> None:
    desk.register("brand-cn")
    assert desk.store.where.startswith("postgresql://")
    for kind in ("text", "image", "text", "voice"):
        desk.control.say(LIWEI, "你好", kind=kind)
    fetching = Fetching(desk)
    assert fetching.round() is None
    assert (fetching.here(), fetching.told) == ([True, True], [])
