"""What the receiver says: one line a second for each kind of thing, and how many more there were."""

from __future__ import annotations

from careline.receiving.log import Log, Sparing


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def forged(channel: str = "shop-it") -> Log:
    return Log("warning", "refused", "the signature is wrong", channel, 401)


def test_ten_thousand_complaints_a_second_are_one_line_and_the_next_says_how_many() -> None:
    said: list[Log] = []
    time = Time()
    log = Sparing(said.append, monotonic=time)
    for _ in range(10_000):
        log(forged())
    assert said == [forged()]
    time.now += 1
    log(forged())
    assert [line.suppressed for line in said] == [0, 9_999]


def test_another_channel_and_another_event_have_lines_of_their_own() -> None:
    said: list[Log] = []
    log = Sparing(said.append, monotonic=Time())
    lines = [forged(), forged("brand-cn"), Log("error", "not_kept", "the disk is full", "shop-it")]
    for line in lines:
        log(line)
    assert said == lines


def test_at_the_end_what_was_left_out_is_said() -> None:
    said: list[Log] = []
    log = Sparing(said.append, monotonic=Time())
    for _ in range(5):
        log(forged())
    log.flush()
    log.flush()
    assert [line.suppressed for line in said] == [0, 3]
