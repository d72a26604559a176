"""careline explain."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from careline import errors
from careline.channels.wechat.errors import ASKING_FOR_A_TOKEN, MEANINGS
from careline.channels.whatsapp import meanings
from careline.errors import CarelineError
from careline.explaining.own import OWN
from commands.outbox import STATES
from tests.commands.desk import Program

ROOT = Path(__file__).resolve().parents[2]
KINDS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, CarelineError)}


def raised() -> Iterator[tuple[str, str]]:
    """Each (word, class) of an error in the source: ``Usage(…, code="bad_name")`` is ("bad_name", "Usage")."""
    for package in ("careline", "cli", "commands"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    called = node.func.id if isinstance(node.func, ast.Name) else ""
                    for one in node.keywords:
                        if one.arg == "code" and isinstance(one.value, ast.Constant) and called in KINDS:
                            yield str(one.value.value), called


WORDS = sorted({*raised(), *((kind.code, name) for name, kind in KINDS.items())})
EXITS = {word: exit for exit, words in OWN.items() for word in words}


@pytest.mark.parametrize(("word", "kind"), WORDS)
def test_every_word_an_error_can_have_is_explained_under_its_exit_code(word: str, kind: str) -> None:
    exits = {KINDS[other].exit for known, other in WORDS if known == word}
    assert EXITS[word] in exits


def test_nothing_is_explained_that_no_error_says() -> None:
    wechat = {meaning.code for meaning in (*MEANINGS.values(), *ASKING_FOR_A_TOKEN.values())}
    built = {"bad_chat", "bad_message", "bad_contact"}  # their word is made of the name of what was given
    said = {word for word, _ in WORDS} | wechat | built
    unsaid = {word for word in EXITS if word not in said and f'"{word}"' not in SOURCE}
    assert unsaid == set()


SOURCE = "".join(
    path.read_text("utf-8")
    for package in ("careline", "cli", "commands")
    for path in (ROOT / package).rglob("*.py")
    if path.name != "own.py"
)


def test_every_explanation_is_two_sentences_or_a_command() -> None:
    for word, (means, do) in ((word, said) for words in OWN.values() for word, said in words.items()):
        assert means.endswith("."), word
        assert do, word
        assert len(f"{means} {do}") < 240, word


def test_a_code_of_whatsapp_says_what_it_means_what_to_do_and_the_next_command(careline: Program) -> None:
    result = careline("explain", "131047", "-o", "table")
    assert (result.exit, result.stderr) == (0, "")
    first, *rest = result.stdout.splitlines()
    assert first == "131047  WhatsApp, comes later, by the message's status; exit 7 (outside window)"
    assert "24 hours" in rest[0]
    assert rest[-1].strip() == "careline templates list --channel CHANNEL"


def test_it_is_data_too(careline: Program) -> None:
    result = careline("explain", "(#131056)", "-o", "json")
    (record,) = json.loads(result.stdout)
    assert (record["code"], record["kind"], record["comes_by"]) == ("131056", "whatsapp", "both")
    assert (record["exit"], record["error"], record["retry_after_s"]) == (8, "not_sent", 4)


@pytest.mark.parametrize("number", [*meanings.CODES, *meanings.SUBCODES])
def test_every_code_of_meta_is_explained(careline: Program, number: int) -> None:
    from careline.explaining.look import explain

    (found,) = explain(str(number), "whatsapp")
    assert found.means
    assert not re.search(r"\{[a-z]", found.means + found.do + found.run)


def test_a_range_of_codes_is_one_meaning(careline: Program) -> None:
    assert careline("explain", "219").stdout == careline("explain", "200").stdout != ""


def test_wechats_codes_and_our_own_words_are_explained(careline: Program) -> None:
    assert "window is closed" in careline("explain", "45015", "-o", "table").stdout
    assert "exit 9" in careline("explain", "store_held", "-o", "table").stdout
    assert "WeChat is busy" in careline("explain", "-o", "table", "--", "-1").stdout


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_the_outbox_is_explained(careline: Program, state: str) -> None:
    assert f"{state}  careline, the state of a message of ours; exit " in careline("explain", state, "-o", "table").stdout


def test_a_message_that_is_unknown_is_exit_12(careline: Program) -> None:
    assert json.loads(careline("explain", "unknown", "-o", "json").stdout)[0]["exit"] == 12


@pytest.mark.parametrize(("rule", "files"), [("T001", "templates"), ("m006", "menus")])
def test_a_rule_for_files_is_explained_by_their_lint(careline: Program, rule: str, files: str) -> None:
    result = careline("explain", rule)
    assert (result.exit, f"careline {files} lint --explain {rule.upper()}" in result.stderr) == (5, True)


def test_a_kind_narrows_it(careline: Program) -> None:
    assert careline("explain", "45015", "--kind", "whatsapp").exit == 5
    assert careline("explain", "45015", "--kind", "wechat").exit == 0
    assert careline("explain", "45015", "--kind", "sms").exit == 2


def test_an_unknown_code_is_exit_5_with_the_nearest(careline: Program) -> None:
    result = careline("explain", "131048x")
    assert (result.exit, result.stdout) == (5, "")
    assert "131048" in result.stderr
    assert "window_closed" in careline("explain", "window_close").stderr
    assert careline("explain", "9" * 5000).exit == 5


def test_it_loads_nothing_heavy() -> None:
    code = (
        "import sys; from careline.explaining.look import explain; explain('131047');"
        "print(*{'httpx', 'asyncio', 'apsw', 'cryptography', 'keyring'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert shown.stdout == "\n"
