"""What the receiver counts, and how Prometheus reads it.

Counting is an addition to a plain number, for it happens ten thousand times a second; families are built when somebody asks.
No label comes from outside: whatever names no channel of ours counts under one name.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

NO_CHANNEL = "(none)"  # no name a channel can have
CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Seconds:
    """A histogram of lengths of time."""

    def __init__(self) -> None:
        self._counts = [0] * (len(SECONDS) + 1)
        self._total = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self._total += seconds

    def family(self, name: str, documentation: str) -> HistogramMetricFamily:
        """What was counted, each bucket with all below it."""
        below, buckets = 0, []
        for bound, count in zip((*map(str, SECONDS), "+Inf"), list(self._counts), strict=True):
            below += count
            buckets.append((bound, float(below)))
        return HistogramMetricFamily(name, documentation, buckets=buckets, sum_value=self._total)


class Metrics(Collector):
    """The counters of one receiver. Each is added to from one thread only; reading is safe from any.

    ``lag_s`` tells the age in seconds of the oldest payload not yet applied (0: none), ``inbound`` how many payloads there are
    in each state. Both are asked at each scrape; where one fails, its family is left out and the scrape goes on.
    """

    def __init__(self, *, lag_s: Callable[[], float], inbound: Callable[[], Mapping[str, int]]) -> None:
        self._lag_s = lag_s
        self._inbound = inbound
        self._received: dict[str, int] = {}
        self._rejected: dict[tuple[str, int], int] = {}
        self._events: dict[str, int] = {}
        self._duplicates: dict[str, int] = {}
        self._dead = 0
        self.in_flight = 0
        self.answers = Seconds()
        self.commits = Seconds()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def received(self, channel: str) -> None:
        """A payload of the channel is on disk."""
        self._received[channel] = self._received.get(channel, 0) + 1

    def rejected(self, channel: str, status: int) -> None:
        """A request was answered with this error; ``channel`` is empty where it named none of ours."""
        key = (channel or NO_CHANNEL, status)
        self._rejected[key] = self._rejected.get(key, 0) + 1

    def applied(self, channel: str, events: int, duplicates: int) -> None:
        """Payloads of the channel were applied: so many new events, and so many things that had been told before."""
        self._events[channel] = self._events.get(channel, 0) + events
        self._duplicates[channel] = self._duplicates.get(channel, 0) + duplicates

    def dead(self, payloads: int = 1) -> None:
        """Payloads were set aside because they could not be applied."""
        self._dead += payloads

    def scrape(self) -> bytes:
        """Everything in Prometheus' text format. It asks the store: not for the event loop."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The families, as prometheus_client wants them."""
        yield _counter("careline_received", "Payloads on disk.", self._received)
        yield _counter("careline_applied_events", "Events that payloads made.", self._events)
        yield _counter("careline_duplicate", "Things heard that had been heard before.", self._duplicates)
        rejected = CounterMetricFamily("careline_rejected", "Requests answered with an error.", labels=("channel", "status"))
        for (channel, status), count in dict(self._rejected).items():
            rejected.add_metric((channel, str(status)), count)
        yield rejected
        yield CounterMetricFamily("careline_dead", "Payloads that could not be applied.", value=self._dead)
        yield GaugeMetricFamily("careline_in_flight", "Pushes being answered.", value=self.in_flight)
        yield self.commits.family("careline_commit_seconds", "From a verified push to its payload on disk.")
        yield self.answers.family("careline_answer_seconds", "From the last byte of a push to its answer.")
        yield from _asked(self._families_of_the_store)

    def _families_of_the_store(self) -> Iterable[Metric]:
        lag, states = self._lag_s(), self._inbound()
        inbound = GaugeMetricFamily("careline_inbound", "Payloads in the store.", labels=("state",))
        for state, count in states.items():
            inbound.add_metric((state,), count)
        return (
            GaugeMetricFamily("careline_apply_lag_seconds", "Age of the oldest payload that is not yet applied.", value=lag),
            inbound,
        )


def _asked(families: Callable[[], Iterable[Metric]]) -> Iterable[Metric]:
    try:
        return families()
    except Exception:  # noqa: BLE001 - a store that is down must not hide the counters that show it
        return ()


def _counter(name: str, documentation: str, counts: dict[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, documentation, labels=("channel",))
    for channel, count in dict(counts).items():
        family.add_metric((channel,), count)
    return family
