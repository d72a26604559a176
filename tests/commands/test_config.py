"""careline config."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from careline.settings_keys import KEYS
from tests.commands.desk import Program

Careline = Callable[..., tuple[int, str, str]]


def test_show_has_every_setting_and_with_sources_where_it_is_from(careline: Careline, isolated: Path) -> None:
    rows = json.loads(careline("config", "show", "-o", "json", env={"CARELINE_AGENT": "mei"})[1])
    assert [row["key"] for row in rows] == list(KEYS)
    by_key = {row["key"]: row for row in rows}
    assert by_key["agent"] == {"key": "agent", "value": "mei", "source": "CARELINE_AGENT"} | {
        "variable": "CARELINE_AGENT",
        "says": KEYS["agent"].says,
    }
    assert by_key["store"]["value"] is None
    assert f"home\t{isolated}\tCARELINE_HOME\n" in careline("config", "show", "--sources")[1]
    assert f"home\t{isolated}\n" in careline("config", "show")[1]


def test_show_on_a_terminal_is_whole(careline: Careline) -> None:
    code, stdout, stderr = careline("config", "show", "--sources", terminal=True)
    assert (code, stderr) == (0, "")
    assert [line.split()[0] for line in stdout.splitlines()[1:]] == list(KEYS)


def test_what_is_set_is_got_and_counts(careline: Careline, isolated: Path) -> None:
    code, stdout, stderr = careline("config", "set", "tz", "Europe/Rome")
    assert (code, stdout, stderr) == (0, "", f"tz is set in {isolated / 'config.toml'}\n")
    assert careline("config", "get", "tz") == (0, "Europe/Rome\n", "")
    assert careline("config", "path") == (0, f"{isolated / 'config.toml'}\n", "")


def test_a_profile_has_values_of_its_own(careline: Careline, isolated: Path) -> None:
    assert careline("config", "set", "agent", "luca")[0] == 0
    assert careline("--profile", "shop", "config", "set", "agent", "mei")[0] == 0
    assert careline("config", "get", "agent")[1] == "luca\n"
    assert careline("config", "get", "agent", "--profile", "shop")[1] == "mei\n"
    assert (isolated / "config.toml").read_text() == 'agent = "luca"\n\n[profile.shop]\nagent = "mei"\n'


def test_a_value_that_something_stronger_overrides_is_set_and_said(careline: Careline) -> None:
    code, _, stderr = careline("config", "set", "tz", "Europe/Rome", env={"CARELINE_TZ": "Asia/Shanghai"})
    assert code == 0
    assert stderr.splitlines()[1] == "but CARELINE_TZ says Asia/Shanghai, and that holds here"


def test_a_dry_run_sets_nothing(careline: Careline, isolated: Path) -> None:
    code, stdout, stderr = careline("config", "set", "tz", "Europe/Rome", "-n")
    assert (code, stdout) == (0, "")
    assert stderr.startswith("Would set tz in ")
    assert not isolated.exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("get", "colour"), 5, "careline config show"),
        (("set", "colour", "red"), 5, "careline config show"),
        (("set", "tz", "Mars"), 2, "Europe/Rome"),
        (("set", "output", "xml"), 2, "jsonl"),
        (("set", "home", "/elsewhere"), 2, "CARELINE_HOME"),
        (("set", "clock", "/x"), 2, "CARELINE_CLOCK"),
        (("set", "tz"), 2, "careline config set --help"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_can(
    careline: Careline, isolated: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    exit, stdout, stderr = careline("config", *words)
    assert (exit, stdout) == (code, "")
    assert says in stderr
    assert not isolated.exists()


@pytest.mark.parametrize(
    "address",
    ["postgresql://care:s3cret@db/care?sslmode=require", "postgresql://db/care?user=care&password=s3cret&sslmode=require"],
)
def test_the_password_of_an_address_is_never_printed(careline: Program, address: str) -> None:
    for words in (("config", "show", "-o", "json"), ("config", "get", "store")):
        result = careline(*words, env={"CARELINE_STORE": address})
        assert (result.exit, "s3cret" in result.stdout + result.stderr, "db" in result.stdout) == (0, False, True)
