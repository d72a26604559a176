"""A fresh sandbox for each test, quick in what the platforms do slowly, and a receiver that both platforms know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from careline.sandbox.clock import VirtualClock
from careline.sandbox.server import Running, run_in_thread
from tests.careline.sandbox.calls import Graph, Still, WeChat
from tests.careline.sandbox.receiver import Receiver, receiving


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with run_in_thread(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def sandbox(started: Running) -> Running:
    started.control.reset()
    started.control.settings(sent_s=0, delivered_s=0, retry_s=0.02, retries=4, wechat_wait_s=0.3, slow_s=0.1)
    return started


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def graph(sandbox: Running, http: httpx.Client) -> Graph:
    return Graph(sandbox, http)


@pytest.fixture
def still(tmp_path: Path) -> Still:
    return Still(VirtualClock(tmp_path / "clock"))


@pytest.fixture
def wechat(sandbox: Running, http: httpx.Client) -> WeChat:
    return WeChat(sandbox, http)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def connected(sandbox: Running, graph: Graph, receiver: Receiver) -> Receiver:
    """The receiver as both platforms' callback, WeChat in safe mode."""
    graph.subscribe(receiver.url)
    exports = sandbox.exports
    sandbox.control.console(
        receiver.url, exports["CARELINE_SECRET_WECHAT_TOKEN"], exports["CARELINE_SECRET_WECHAT_ENCODING_AES_KEY"]
    )
    return receiver
