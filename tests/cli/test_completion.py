"""The completion script: made from the tree, kept in step with it, and tried in a real bash."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.completion import FILE, Node, bash, walk
from cli.lazy import tree
from commands import WORDS

BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None, reason="no bash here")

TAB = """
set -u
source "$1"; shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMPREPLY=()
_careline
for word in "${COMPREPLY[@]+"${COMPREPLY[@]}"}"; do printf '%s\\n' "$word"; done
"""


@pytest.fixture(scope="module")
def nodes() -> dict[str, Node]:
    return {node.path: node for node in walk(tree())}


@pytest.fixture
def program(tmp_path: Path, isolated: Path) -> Path:
    """An executable careline, with two channels and a template known to its default profile and one to another."""
    for profile, lines in (
        ("default", "channel\tshop-it\twhatsapp\nchannel\tbrand-cn\twechat\ntemplate\torder_update/it\n"),
        ("other", "channel\tsolo\n"),
    ):
        (isolated / "profiles" / profile).mkdir(parents=True)
        (isolated / "profiles" / profile / "names").write_text(lines)
    path = tmp_path / "careline"
    root = FILE.parent.parent
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" -P -m careline "$@"\n')
    path.chmod(0o755)
    return path


def tab(program: Path | str, *typed: str) -> list[str]:
    """What bash offers after these words, the last of which is being typed; ``=`` is a word of its own, as bash cuts it."""
    assert BASH is not None
    done = subprocess.run(
        [BASH, "--norc", "-c", TAB, "bash", str(FILE), str(program), *typed], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_the_script_in_the_tree_is_the_one_the_program_prints() -> None:
    assert FILE.read_text("utf-8") == bash(tree()), "run: python -m cli.completion"


def test_the_tree_has_every_word_and_an_option_means_a_value_everywhere_or_nowhere(nodes: dict[str, Node]) -> None:
    assert nodes[""].words == tuple(WORDS)
    valued = {option for node in nodes.values() for option in node.values}
    for node in nodes.values():
        assert valued.isdisjoint(set(node.options) - set(node.values)), node.path


def test_kinds_are_read_off_the_metavars(nodes: dict[str, Node]) -> None:
    assert nodes[""].values["--output"] == ("table", "json", "jsonl", "csv", "tsv", "ids")
    assert nodes[""].values["--profile"] == ("@profile",)
    assert nodes[""].values["--trace"] == ("@file",)
    assert nodes[""].values["--timeout"] == ()
    assert nodes["channels show"].arguments == (("@channel",),)
    assert nodes["help"].arguments[0][0] == "exit-codes"
    assert nodes["completion"].arguments == (("bash",),)


@needs_bash
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["ch"], ["channels", "chats"]),
        (["-o", "json", "ch"], ["channels", "chats"]),
        (["--profile", "other", "-n", "qu"], ["queue"]),
        (["config", ""], ["show", "get", "set", "path"]),
        (["config", "-q", "s"], ["show", "set"]),
        (["channel", "sh"], ["show"]),
        (["config", "show", "--so"], ["--sources"]),
        (["config", "show", "--dry"], ["--dry-run"]),
        (["config", "show", "-o", "js"], ["json", "jsonl"]),
        (["config", "show", "--output", "=", "js"], ["json", "jsonl"]),
        (["config", "show", "--color", "="], ["auto", "always", "never"]),
        (["config", "get", "whats"], ["whatsapp_api_url"]),
        (["config", "get", "--", "ed"], ["editor"]),
        (["help", "e"], ["exit-codes", "environment"]),
        (["completion", ""], ["bash"]),
        (["xyz", ""], []),
    ],
)
def test_bash_completes_words_options_and_choices_without_a_process(typed: list[str], offered: list[str]) -> None:
    assert tab("/no/such/careline", *typed) == offered


@needs_bash
def test_bash_completes_names_by_asking_the_program(program: Path) -> None:
    assert tab(program, "channels", "show", "") == ["shop-it", "brand-cn"]
    assert tab(program, "channels", "show", "sh") == ["shop-it"]
    assert tab(program, "queue", "list", "--channel", "b") == ["brand-cn"]
    assert tab(program, "queue", "list", "--channel", "=", "b") == ["brand-cn"]
    assert tab(program, "send", "--template", "order") == ["order_update/it"]
    assert tab(program, "--profile", "ot") == ["other"]
    assert tab(program, "--profile", "other", "channels", "show", "") == ["solo"]
    assert tab(program, "--profile", "=", "other", "channels", "show", "") == ["solo"]


@needs_bash
def test_bash_completes_files(program: Path, tmp_path: Path) -> None:
    (tmp_path / "trace one.json").write_text("")
    assert tab(program, "queue", "list", "--trace", f"{tmp_path}/tr") == [f"{tmp_path}/trace one.json"]


@needs_bash
def test_a_program_that_fails_leaves_the_line_alone(tmp_path: Path) -> None:
    assert tab(tmp_path / "missing", "channels", "show", "") == []


@needs_bash
def test_an_interactive_bash_has_it_after_sourcing() -> None:
    assert BASH is not None
    line = f'source "{FILE}" && complete -p careline'
    done = subprocess.run([BASH, "--norc", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "-F _careline careline" in done.stdout
