"""Encrypted WeChat pushes a second, from the request to what it says; both in this process, one core each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from bench.table import Job, Row
from bench.wechat_push import Pushes, ours, payloads, peer

WECHAT = Job(name="encrypted WeChat push → event, beside wechatpy", unit="pushes/s", bound=2.5)
JOBS = (WECHAT,)


def measure(quick: bool) -> Iterator[Row]:
    """The row of WeChat."""
    pushes = payloads(1_000 if quick else 10_000)
    mine, other = [], []
    for hear in (ours, peer):
        _speed(hear, pushes[:100])
    for _ in range(5 if quick else 15):
        mine.append(_speed(ours, pushes))
        other.append(_speed(peer, pushes))
    yield WECHAT.row(mine, other, quick=quick)


def _speed(hear: Callable[[Pushes], int], pushes: Pushes) -> float:
    began = time.perf_counter()
    if hear(pushes) != len(pushes):
        raise RuntimeError(f"{hear.__name__} did not hear every push")
    return len(pushes) / (time.perf_counter() - began)
