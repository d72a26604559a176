"""The options of every command, before and after the words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from careline.clock import MINUTE
from cli.runtime import Runtime
from cli.shared import list_options, shared_options
from tests.cli.probe import NUMBERS, Probe

Careline = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    "words",
    [
        ("-n", "--timeout", "5m", "probes", "show", "a"),
        ("probes", "-n", "--timeout", "5m", "show", "a"),
        ("probes", "show", "-n", "--timeout", "5m", "a"),
        ("probes", "show", "a", "--timeout=5m", "--dry-run"),
        ("-n", "probes", "--timeout", "1h", "show", "a", "--timeout", "5m"),
    ],
)
def test_an_option_works_before_and_after_the_words_and_the_later_one_holds(
    careline: Careline, probe: Probe, words: tuple[str, ...]
) -> None:
    assert careline(*words) == (0, "", "")
    assert probe.run.dry_run
    assert probe.run.timeout_us == 5 * MINUTE
    assert probe.texts == ["a"]


def test_every_option_reaches_the_runtime(careline: Careline, probe: Probe) -> None:
    before = "--profile shop -o csv --columns a,b -n -y --if-busy wait --timeout 90s --tz Europe/Rome -q -v --trace t.json"
    assert careline(*before.split(), "--color", "never", "probes", "list", "--limit", "7")[0] == 0
    run = probe.run
    assert (run.settings.profile, run.output, str(run.tz), run.settings.color) == ("shop", "csv", "Europe/Rome", "never")
    assert (run.dry_run, run.yes, run.quiet, run.verbose, run.if_busy) == (True, True, True, True, "wait")
    assert (run.timeout_us, run.limit, run.flags["trace"]) == (90_000_000, 7, Path("t.json"))


def test_without_options_nothing_is_assumed(careline: Careline, probe: Probe) -> None:
    careline("probes", "list")
    run = probe.run
    assert run.flags == {}
    assert (run.dry_run, run.yes, run.quiet, run.verbose, run.if_busy, run.timeout_us) == (
        False,
        False,
        False,
        False,
        "fail",
        None,
    )


@pytest.mark.parametrize("text", ["-n", "--yes", "-o", "--"])
def test_a_value_that_looks_like_an_option_stays_a_value(careline: Careline, probe: Probe, text: str) -> None:
    assert careline("poke", "--text", text)[0] == 0
    assert probe.texts == [text, ""]
    assert probe.run.flags == {}


def test_after_two_dashes_everything_is_text(careline: Careline, probe: Probe) -> None:
    assert careline("probes", "show", "--", "-n")[0] == 0
    assert probe.texts == ["-n"]
    assert not probe.run.dry_run


def test_a_command_keeps_an_option_of_its_own_that_has_a_shared_name(careline: Careline, probe: Probe) -> None:
    assert careline("--color", "always", "poke", "--color", "ff0000")[0] == 0
    assert probe.texts == ["", "ff0000"]
    assert probe.run.settings.color == "always"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-o", "xml"), "table, json, jsonl, csv, tsv, ids"),
        (("--tz", "Mars"), "Europe/Rome"),
        (("--profile", "../x"), "small letters"),
        (("--color", "red"), "auto, always, never"),
        (("--if-busy", "retry"), "fail, wait, skip"),
        (("--timeout", "30"), "30m"),
        (("--limit", "0"), "at least 1"),
        (("--limit", "many"), "at least 1"),
        (("--columns",), "--columns"),
    ],
)
def test_a_bad_value_is_exit_2_and_told_what_is_good(
    careline: Careline, probe: Probe, words: tuple[str, ...], says: str
) -> None:
    code, stdout, stderr = careline("probes", "list", *words)
    assert (code, stdout, probe.runs) == (2, "", [])
    assert says in stderr


def test_limit_and_all_belong_to_lists(careline: Careline, probe: Probe) -> None:
    assert careline("probes", "list", "--all", "--limit", "2")[0] == 0
    assert careline("probes", "show", "--limit", "2")[0] == 2
    assert careline("poke", "--all")[0] == 2


def rows(count: int) -> Callable[[Runtime], None]:
    def show(run: Runtime) -> None:
        run.show(({"number": number} for number in range(count)), columns=NUMBERS, empty="No number.")

    return show


def test_a_list_on_a_terminal_has_30_rows_and_says_so_and_is_whole_in_a_pipe(careline: Careline, probe: Probe) -> None:
    probe.act = rows(412)
    code, stdout, stderr = careline("probes", "list", terminal=True)
    assert (code, len(stdout.splitlines()), stderr) == (0, 31, "30 of 412, --all for the rest\n")
    assert len(careline("probes", "list", "--all", terminal=True)[1].splitlines()) == 413
    assert len(careline("probes", "list", "--limit", "5", terminal=True)[1].splitlines()) == 6
    code, stdout, stderr = careline("probes", "list")
    assert (len(stdout.splitlines()), stderr) == (412, "")
    assert careline("probes", "list", "-o", "ids", "--limit", "3")[1] == "0\n1\n2\n"


def test_an_empty_list_is_exit_0_with_words_for_a_person_only(careline: Careline, probe: Probe) -> None:
    probe.act = rows(0)
    assert careline("probes", "list", terminal=True) == (0, "", "No number.\n")
    assert careline("probes", "list", "-q", terminal=True) == (0, "", "")
    assert careline("probes", "list") == (0, "", "")


def test_columns_help_lists_them_and_an_unknown_one_is_exit_2(careline: Careline, probe: Probe) -> None:
    probe.act = rows(3)
    assert careline("probes", "list", "--columns", "help") == (0, "number\nnote\n", "")
    code, stdout, stderr = careline("probes", "list", "--columns", "nmber")
    assert (code, stdout) == (2, "")
    assert "number, note" in stderr
    code, stdout, stderr = careline("probes", "list", "--columns", "-n")
    assert code == 2
    assert "'-n'" in stderr


def test_a_deed_can_check_its_columns_before_it_does_anything(careline: Careline, probe: Probe) -> None:
    done: list[str] = []

    def act(run: Runtime) -> None:
        run.expect(NUMBERS)
        done.append("done")

    probe.act = act
    assert careline("poke", "--columns", "help") == (0, "number\nnote\n", "")
    assert careline("poke", "--columns", "bogus")[0] == 2
    assert done == []
    assert careline("poke", "--columns", "note")[0] == 0
    assert done == ["done"]


def test_every_shared_option_is_named_in_the_help_of_a_command(careline: Careline, probe: Probe) -> None:
    help = careline("probes", "list", "--help")[1]
    assert all(any(name in help.split() for name in option.opts) for option in (*shared_options(), *list_options()))
