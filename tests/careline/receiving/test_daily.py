"""What is done once a day."""

from __future__ import annotations

import threading

from careline.errors import NotSent
from careline.receiving.daily import Daily
from careline.receiving.log import Log


def test_it_is_done_again_and_again_and_a_failure_is_said_and_ends_nothing() -> None:
    said: list[Log] = []
    done = 0
    thrice = threading.Event()

    def do() -> None:
        nonlocal done
        done += 1
        if done == 1:
            raise NotSent("graph.example gave no answer")
        if done == 3:
            thrice.set()

    daily = Daily(do, "templates_unread", "templates could not be read", said.append, first_s=0, every_s=0.001)
    daily.start()
    assert thrice.wait(5)
    daily.stop()
    assert [(one.level, one.event, one.message) for one in said] == [
        ("warning", "templates_unread", "templates could not be read: graph.example gave no answer")
    ]


def test_it_waits_an_hour_before_the_first_time() -> None:
    done: list[int] = []
    daily = Daily(lambda: done.append(1), "x", "x", lambda log: None)
    daily.start()
    daily.stop()
    assert done == []
