"""What each kind of call loads. Modules are counted, not milliseconds: a count cannot flake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from commands import WORDS

ROOT = Path(__file__).resolve().parents[2]
LOADED = """
import sys
sys.argv = ["careline", *sys.argv[1:]]
from cli.entry import main
code = main()
sys.stderr.write("\\n" + " ".join([str(code), *sys.modules]))
"""
HEAVY = {
    "PIL",
    "aiohttp",
    "cryptography",
    "httpx",
    "importlib.metadata",
    "keyring",
    "phonenumbers",
    "pydantic",
    "qrcode",
    "rich",
    "sqlite3",
    "tabulate",
    "uvicorn",
    "zxingcpp",
}


def loaded(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], cwd=ROOT, capture_output=True, timeout=60, check=True, text=True
    )
    said, _, loaded = done.stderr.rpartition("\n")
    code, *modules = loaded.split(" ")
    assert code == "0", said
    return set(modules)


def words_of(modules: set[str]) -> set[str]:
    """The words whose modules these are; ``commands._channels_setup`` is a part of ``channels``."""
    return {name.split(".")[1].removeprefix("_").split("_")[0] for name in modules if name.startswith("commands.")}


def test_the_version_loads_nothing_but_itself() -> None:
    modules = loaded("--version")
    ours = {name for name in modules if name.split(".")[0] in ("cli", "commands", "careline")}
    assert ours == {"cli", "cli.entry", "careline"}
    assert not sorted(modules & {"typer", "msgspec", "apsw", "asyncio", "pathlib", "re", "typing", *HEAVY})


def test_tab_loads_no_typer_and_no_store(isolated: Path) -> None:
    (isolated / "profiles" / "default").mkdir(parents=True)
    (isolated / "profiles" / "default" / "names").write_text("channel\tshop-it\twhatsapp\n")
    modules = loaded("__names", "channel", "")
    assert not sorted(
        modules & {"typer", "msgspec", "apsw", "asyncio", "platformdirs", "tomllib", "inspect", "dataclasses", *HEAVY}
    )
    assert not any(name.startswith(("careline.store", "careline.channels", "commands")) for name in modules)


@pytest.mark.parametrize("words", [("--help",), ("help", "output")])
def test_help_loads_no_other_word_and_nothing_heavy(words: tuple[str, ...]) -> None:
    modules = loaded(*words)
    assert words_of(modules) == ({"help"} if words[0] == "help" else set())
    assert not sorted(modules & {"msgspec", "apsw", "asyncio", *HEAVY})


@pytest.mark.parametrize("word", WORDS)
def test_the_help_of_a_word_loads_that_word_alone_and_nothing_heavy(word: str) -> None:
    modules = loaded(word, "--help")
    assert words_of(modules) - ({"help"} if word == "completion" else set()) == {word}
    assert not sorted(modules & HEAVY)


@pytest.mark.parametrize(
    "words", [("config", "show"), ("queue", "list"), ("chats", "list", "-o", "json"), ("outbox", "list", "-o", "csv")]
)
def test_an_offline_command_loads_one_word_and_nothing_heavy(words: tuple[str, ...]) -> None:
    modules = loaded(*words)
    assert words_of(modules) == {words[0]}
    assert not sorted(modules & HEAVY)


# What each kind of call may load beyond a bare Python. Typer alone is 106 modules. When a number has to grow,
# measure `careline WORD` against `python -c pass` first: --version 1.5 times, TAB 3, --help 10, an offline command 12.
@pytest.mark.parametrize(
    ("words", "most"),
    [(("--version",), 4), (("--help",), 140), (("queue", "list"), 182), (("chats", "list"), 187), (("outbox", "list"), 196)],
)
def test_no_call_loads_more_modules_than_its_start_up_can_bear(words: tuple[str, ...], most: int) -> None:
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, check=True, text=True, timeout=60
    )
    modules = loaded(*words)
    assert len(modules - set(bare.stdout.split())) <= most
    assert not sorted(modules & {"asyncio", "careline.rules.fold", "careline.http"})
