"""From the command to the first answer: WeChat tries three times in fifteen seconds, so a restart must be over before."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from statistics import median

from msgspec.structs import replace

from bench.house import House, house
from bench.table import Job, Row

START = Job(name="start → listening, the slowest", unit="s", bound=1.0, at_least=False, has_peer=False)
JOBS = (START,)


def measure(quick: bool) -> Iterator[Row]:
    """The row of starting."""
    with house() as home:
        _start(home)  # the first one writes the byte code
        took = [_start(home) for _ in range(3 if quick else 20)]
    note = f"median {median(took):.2f} s of {len(took)}"
    yield replace(START.row([max(took)], quick=quick, note=note), samples={"ours": took, "peer": []})


def _start(home: House) -> float:
    began = time.perf_counter()
    with home.receiving() as server:
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        line.request("GET", "/healthz")
        if line.getresponse().status != 200:
            raise RuntimeError("it listens but is not well")
        took = time.perf_counter() - began
        line.close()
    return took
