"""Whatever goes wrong becomes words and an exit code, and never a traceback."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from careline.errors import Busy, Exit, NotSent, OutsideWindow
from cli.app import run
from cli.runtime import Runtime
from cli.streams import Streams
from tests.cli.probe import Probe

Careline = Callable[..., tuple[int, str, str]]

REFUSAL = OutsideWindow(
    "Not sent: the customer service window of Anna Rossi (c17) is closed.",
    hint="What is possible now:",
    run="careline send --template order_update/it",
    platform_code="131047",
    trace_id="AbC",
)


def raising(error: BaseException) -> Callable[[Any], None]:
    def act(run: Runtime) -> None:
        raise error

    return act


def test_an_error_says_what_failed_why_and_what_to_run_next(careline: Careline, probe: Probe) -> None:
    probe.act = raising(REFUSAL)
    assert careline("poke") == (
        7,
        "",
        "Not sent: the customer service window of Anna Rossi (c17) is closed.\n"
        "platform code 131047, trace id AbC\n"
        "What is possible now:\n"
        "  careline send --template order_update/it\n",
    )


@pytest.mark.parametrize(
    "words", [("-o", "json", "poke"), ("poke", "-o", "jsonl"), ("poke", "--output=json"), ("poke", "--bogus", "-o", "json")]
)
def test_with_json_the_error_is_one_line_with_every_field(careline: Careline, probe: Probe, words: tuple[str, ...]) -> None:
    probe.act = raising(NotSent("WhatsApp is down.", retry_after_s=30))
    code, stdout, stderr = careline(*words)
    error = json.loads(stderr)["error"]
    assert stdout == ""
    assert stderr.count("\n") == 1
    assert list(error) == ["code", "message", "hint", "exit", "platform_code", "trace_id", "retry_after_s"]
    assert error["exit"] == code
    if "--bogus" not in words:
        assert error == {
            "code": "not_sent",
            "message": "WhatsApp is down.",
            "hint": None,
            "exit": 8,
            "platform_code": None,
            "trace_id": None,
            "retry_after_s": 30,
        }


def test_a_setting_for_json_counts_for_errors_too(careline: Careline, probe: Probe) -> None:
    probe.act = raising(REFUSAL)
    assert json.loads(careline("poke", env={"CARELINE_OUTPUT": "json"})[2])["error"]["trace_id"] == "AbC"


@pytest.mark.parametrize("error", [KeyError("+393331234567"), RecursionError(), AssertionError("secret")])
def test_a_defect_is_one_line_that_quotes_nothing_and_tells_of_the_traceback(
    careline: Careline, probe: Probe, error: Exception
) -> None:
    probe.act = raising(error)
    code, stdout, stderr = careline("poke")
    assert (code, stdout) == (1, "")
    assert stderr.startswith(f"A defect in careline: {type(error).__name__} in cli.")
    assert "Traceback" not in stderr
    assert str(error) not in stderr or not str(error)
    assert "Traceback" in careline("poke", "-v")[2]


def test_another_run_at_work_is_exit_10_or_skipped_in_silence_for_cron(careline: Careline, probe: Probe) -> None:
    probe.act = raising(Busy("Another export is at work."))
    assert careline("poke") == (10, "", "Another export is at work.\n")
    assert careline("poke", "--if-busy", "skip") == (0, "", "Another export is at work. Skipped.\n")
    assert careline("poke", "--if-busy", "skip", "-q") == (0, "", "")


def test_an_interruption_is_exit_130(careline: Careline, probe: Probe) -> None:
    probe.act = raising(KeyboardInterrupt())
    assert careline("poke") == (130, "", "Interrupted.\n")


def test_a_command_chooses_its_exit_code(careline: Careline, probe: Probe) -> None:
    probe.act = raising(typer.Exit(Exit.ATTENTION))
    assert careline("poke") == (11, "", "")


@pytest.mark.parametrize(
    ("code", "says"), [(errno.ENOSPC, "No space left"), (errno.EROFS, "Read-only"), (errno.EACCES, "Permission denied")]
)
def test_what_the_disk_refuses_is_exit_1_with_the_place_and_what_to_do(
    careline: Careline, probe: Probe, code: int, says: str
) -> None:
    probe.act = raising(OSError(code, os.strerror(code), "/data/out.csv"))
    exit, _, stderr = careline("poke")
    assert exit == 1
    assert stderr.startswith("/data/out.csv: ")
    assert says in stderr
    assert len(stderr.splitlines()) == 2


def test_an_error_among_several_tasks_is_told_as_itself(careline: Careline, probe: Probe) -> None:
    probe.act = raising(ExceptionGroup("tasks", [REFUSAL]))
    assert careline("poke")[0] == 7


def test_customers_words_in_an_error_cannot_act_on_the_terminal(careline: Careline, probe: Probe) -> None:
    probe.act = raising(NotSent("the platform says \x1b]0;owned\x07"))
    stderr = careline("poke", terminal=True)[2]
    assert "\x07" not in stderr
    assert "\x1b]" not in stderr
    assert stderr.startswith("\x1b[31mthe platform says")


@pytest.mark.parametrize(("flags", "env"), [(("--color", "never"), {}), ((), {"NO_COLOR": "1"}), ((), {"CARELINE_TZ": "Mars"})])
def test_an_error_heeds_what_was_said_about_colour_even_when_settings_are_bad(
    careline: Careline, probe: Probe, flags: tuple[str, ...], env: dict[str, str]
) -> None:
    probe.act = raising(REFUSAL)
    stderr = careline(*flags, "poke", terminal=True, env=env)[2]
    assert ("\x1b[31m" in stderr) is ("CARELINE_TZ" in env)


def test_an_argument_that_is_no_text_is_exit_2(careline: Careline, probe: Probe) -> None:
    assert careline("poke", "--text", "caf\udce9")[0] == 2


def test_a_coroutine_is_waited_for(careline: Careline, probe: Probe) -> None:
    async def answer() -> int:
        await asyncio.sleep(0)
        return 42

    probe.act = lambda run: run.tell(str(run.wait(answer())))
    assert careline("poke")[1] == "42\n"


def test_work_goes_on_when_nobody_listens_to_its_words(probe: Probe, tmp_path: Path) -> None:
    done: list[str] = []

    def act(run: Runtime) -> None:
        run.say("working")
        done.append("worked")

    probe.act = act
    deaf = Failing(BrokenPipeError(errno.EPIPE, "Broken pipe"), at_once=True)
    streams = Streams(io.StringIO(), io.StringIO(), deaf)
    assert run(["poke"], Runtime(streams, {"CARELINE_HOME": str(tmp_path)}, tmp_path)) == 0
    assert done == ["worked"]


class Failing(io.StringIO):
    """A stream that refuses what is written, or only what is flushed at the end."""

    def __init__(self, error: OSError, *, at_once: bool) -> None:
        super().__init__()
        self.error, self.at_once = error, at_once

    def write(self, text: str) -> int:
        if self.at_once:
            raise self.error
        return super().write(text)

    def flush(self) -> None:
        raise self.error


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("error", "code"), [(BrokenPipeError(errno.EPIPE, "Broken pipe"), 0), (OSError(errno.ENOSPC, "No space left on device"), 1)]
)
def test_a_closed_pipe_is_quiet_and_a_full_disk_is_not(
    probe: Probe, tmp_path: Path, error: OSError, code: int, at_once: bool
) -> None:
    probe.act = lambda run: run.tell("data")
    stderr = io.StringIO()
    streams = Streams(io.StringIO(), Failing(error, at_once=at_once), stderr)
    assert run(["poke"], Runtime(streams, {"CARELINE_HOME": str(tmp_path)}, tmp_path)) == code
    assert ("No space left" in stderr.getvalue()) is bool(code)


def test_what_was_opened_is_closed_whatever_happens(probe: Probe, careline: Careline) -> None:
    closed: list[str] = []

    class Line:
        def close(self) -> None:
            closed.append("closed")

    def act(run: Runtime) -> None:
        run._line = Line()
        raise REFUSAL

    probe.act = act
    assert careline("poke")[0] == 7
    assert closed == ["closed"]
