"""The table of words, and what is understood for a word."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import commands
from cli.lazy import tree
from commands import DEEDS, SECTIONS, WORDS
from tests.cli.probe import Probe

Careline = Callable[..., tuple[int, str, str]]
FAMILIES = ["channels", "templates", "qr", "send", "export", "queue"]


def test_the_six_families_stand_first_in_help(careline: Careline) -> None:
    assert list(WORDS)[:6] == FAMILIES
    lines = [line.split()[0] for line in careline("--help")[1].splitlines() if line.startswith("  ") and line.split()]
    assert [word for word in lines if word in WORDS][: len(WORDS)] == list(WORDS)


def test_help_fits_eighty_columns_and_says_every_word_on_a_line_of_its_own(careline: Careline) -> None:
    help = careline("--help", width=80)[1]
    assert max(len(line) for line in help.splitlines()) <= 80
    for words in SECTIONS.values():
        for word, says in words.items():
            assert f"  {word.ljust(10)}  {says}\n" in help


def test_the_table_has_exactly_the_modules_there_are() -> None:
    modules = {path.stem for path in Path(commands.__file__).parent.glob("*.py") if not path.stem.startswith("_")}
    assert modules == set(WORDS)
    assert set(WORDS) >= DEEDS


def test_every_module_has_an_app_and_every_command_help_on_one_line_with_an_example() -> None:
    root = tree()
    with root.make_context("careline", [], resilient_parsing=True) as context:
        for word in WORDS:
            command = root.get_command(context, word)
            verbs = list(command.commands.values()) if hasattr(command, "commands") else [command]
            for verb in verbs:
                if hasattr(verb, "commands"):
                    verbs += verb.commands.values()
                    continue
                first, _, rest = verb.help.partition("\n")
                assert first.endswith("."), f"{word} {verb.name}: {first}"
                assert re.search(r"Example: .*\bcareline ", rest), f"{word} {verb.name} has no example"


@pytest.mark.parametrize("word", ["probes", "probe"])
def test_singular_and_plural_are_both_understood(careline: Careline, probe: Probe, word: str) -> None:
    assert careline(word, "show", "a")[0] == 0
    assert probe.texts == ["a"]


def test_a_deed_has_one_number(careline: Careline, probe: Probe) -> None:
    code, _, stderr = careline("pokes")
    assert code == 2
    assert "Did you mean poke" in stderr


def test_help_shows_one_form(careline: Careline, probe: Probe) -> None:
    assert careline("probe", "--help")[1].startswith("Usage: careline probes VERB …\n\n  Words for tests.\n")


def test_a_deed_is_a_plain_command_and_a_thing_a_group_of_verbs(careline: Careline, probe: Probe) -> None:
    assert careline("poke", "--help")[1].startswith("Usage: careline poke [OPTIONS]\n")
    code, stdout, stderr = careline("probes")
    assert (code, stdout) == (2, "")
    assert stderr == "careline probes needs a verb.\nThere are: list, show\n  careline probes --help\n"


@pytest.mark.parametrize(
    ("words", "hint", "run"),
    [
        (("chanels", "list"), "Did you mean channels or chats?", "careline channels --help"),
        (("probes", "lst"), "Did you mean list?", "careline probes list --help"),
        (("probes", "xyzzy"), "There are: list, show", "careline probes --help"),
    ],
)
def test_a_word_that_is_none_is_exit_2_with_the_nearest(
    careline: Careline, probe: Probe, words: tuple[str, ...], hint: str, run: str
) -> None:
    code, stdout, stderr = careline(*words)
    assert (code, stdout) == (2, "")
    assert stderr.splitlines()[1:] == [hint, f"  {run}"]


def test_without_a_word_help_is_shown_and_it_is_exit_2(careline: Careline) -> None:
    code, stdout, stderr = careline()
    assert (code, stdout) == (2, "")
    assert stderr == careline("--help")[1]


def test_an_option_that_is_none_is_exit_2_with_what_was_meant(careline: Careline, probe: Probe) -> None:
    code, _, stderr = careline("probes", "list", "--colums", "a")
    assert code == 2
    assert stderr.splitlines() == [
        "careline probes list has no option --colums.",
        "Did you mean --columns?",
        "  careline probes list --help",
    ]


@pytest.mark.parametrize("words", [("help", "a", "b"), ("config", "get")])
def test_too_many_or_too_few_arguments_are_exit_2_and_point_at_help(careline: Careline, words: tuple[str, ...]) -> None:
    code, stdout, stderr = careline(*words)
    assert (code, stdout) == (2, "")
    assert stderr.splitlines()[-1].endswith("--help")


def test_the_version_stands_alone(careline: Careline) -> None:
    assert careline("--version", "queue")[0] == 2
