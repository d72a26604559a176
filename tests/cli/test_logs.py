"""The lines of a program that runs for months, as prose and as JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from careline.errors import Usage
from careline.receiving.log import Log
from cli.logs import writer
from cli.runtime import Runtime
from cli.streams import Streams

LATE = Log("error", "late", "shop-it: 503 not on disk\nwithin 0.9 s", "shop-it", 503, 12)
HELLO = Log("info", "listening", "receiving")


def written(log_format: str, *logs: Log, quiet: bool = False) -> str:
    err = io.StringIO()
    run = Runtime(Streams(io.StringIO(), io.StringIO(), err), {}, Path("/"))
    run.flags["quiet"] = quiet
    say = writer(run, log_format)
    for log in logs:
        say(log)
    return err.getvalue()


def test_prose_is_a_line_with_what_was_left_out() -> None:
    assert written("text", HELLO, LATE) == "receiving\nshop-it: 503 not on disk within 0.9 s (12 more like it)\n"


def test_json_is_an_object_a_line_with_the_fields_that_are_there() -> None:
    hello, late = map(json.loads, written("json", HELLO, LATE).splitlines())
    assert hello.pop("at").endswith("Z")
    assert hello == {"level": "info", "event": "listening", "message": "receiving"}
    assert late.items() >= {"level": "error", "event": "late", "channel": "shop-it", "status": 503, "suppressed": 12}.items()


def test_quiet_is_errors_only() -> None:
    assert [json.loads(line)["event"] for line in written("json", HELLO, LATE, quiet=True).splitlines()] == ["late"]


def test_no_line_can_act_on_a_terminal() -> None:
    assert "\x1b" not in written("text", Log("warning", "refused", "\x1b[2Jgone"))


def test_another_form_is_refused() -> None:
    with pytest.raises(Usage, match="no form of a log"):
        written("xml")
