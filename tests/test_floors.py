"""The floors of the house: who may import whom, and who alone may touch the outside.

Every import of every module is read from its source, the ones inside functions and the strings given to importlib too. Then
the reader itself is tried on sources that are wrong on purpose.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("careline", "cli", "commands")


class Floor(NamedTuple):
    """One floor, by the beginnings of its modules' names. In ``rooms`` those beginnings never import each other."""

    modules: tuple[str, ...]
    rooms: bool = False


FLOORS = (
    Floor(("cli.entry", "cli.app", "cli.names", "careline.__main__")),
    Floor(("cli.lazy", "cli.completion", "cli.failures")),
    Floor(("commands",)),
    Floor(("cli",)),
    Floor(("careline.line",)),
    Floor(("careline.platforms", "careline.tokens")),
    Floor(
        tuple(
            f"careline.{room}"
            for room in (
                "receiving",
                "sending",
                "templates",
                "queue",
                "export",
                "qr",
                "sandbox",
                "demo",
                "registering",
                "media",
                "explaining",
                "menus",
                "followers",
                "importing",
                "pulling",
            )
        ),
        rooms=True,
    ),
    Floor(("careline.channels", "careline.store"), rooms=True),
    Floor(("careline.http", "careline.secrets", "careline.settings", "careline.settings_files", "careline.settings_keys")),
    Floor(("careline.rules",)),
    Floor(
        (
            "careline.model",
            "careline.heard",
            "careline.events",
            "careline.errors",
            "careline.clock",
            "careline.files",
            "careline.toml_file",
        )
    ),
    Floor(("careline.toml_lines",)),
    Floor(("careline.crashpoint",)),
    Floor(("careline.armed",)),
    Floor(("careline",)),
)

FORBIDDEN = (
    ("careline.sandbox", "careline.channels", "its crypto and signatures are written again on purpose"),
    ("careline.channels", "careline.sandbox", "it is the other side"),
    ("careline.channels.whatsapp", "careline.channels.wechat", "nothing of a platform leaks out of its package"),
    ("careline.channels.wechat", "careline.channels.whatsapp", "nothing of a platform leaks out of its package"),
    ("careline.channels.wechat", "careline.channels.wecom", "nothing of a platform leaks out of its package"),
    ("careline.channels.wecom", "careline.channels.wechat", "nothing of a platform leaks out of its package"),
    ("careline.channels.wecom", "careline.channels.whatsapp", "nothing of a platform leaks out of its package"),
    ("careline.channels.tencent", "careline.channels.wechat", "what two share knows neither"),
    ("careline.channels.tencent", "careline.channels.wecom", "what two share knows neither"),
    ("careline.channels.tencent", "careline.channels.whatsapp", "nothing of a platform leaks out of its package"),
    ("careline.sandbox.graph", "careline.sandbox.wechat", "nothing of a platform leaks out of its room"),
    ("careline.sandbox.wechat", "careline.sandbox.graph", "nothing of a platform leaks out of its room"),
    ("careline.sandbox.graph", "careline.sandbox.wecom", "nothing of a platform leaks out of its room"),
    ("careline.sandbox.wechat", "careline.sandbox.wecom", "nothing of a platform leaks out of its room"),
    ("careline.sandbox.wecom", "careline.sandbox.graph", "nothing of a platform leaks out of its room"),
    ("careline.sandbox.wecom", "careline.sandbox.wechat", "nothing of a platform leaks out of its room"),
    ("careline.sandbox.tencent", "careline.sandbox.wechat", "what two share knows neither"),
    ("careline.sandbox.tencent", "careline.sandbox.wecom", "what two share knows neither"),
    ("careline.channels.form", "careline.channels.whatsapp", "what all share knows none"),
    ("careline.channels.form", "careline.channels.tencent", "what all share knows none"),
    ("careline.channels.whatsapp", "careline.channels.tencent", "nothing of a platform leaks out of its package"),
    ("careline.channels.whatsapp", "careline.channels.wecom", "nothing of a platform leaks out of its package"),
    ("careline.rules", "careline.http", "rules are pure"),
    ("careline.rules", "careline.secrets", "rules are pure"),
    ("careline.rules", "careline.settings", "rules are pure"),
    ("careline.store", "careline.http", "the store knows no network"),
    ("careline.store", "careline.secrets", "the store knows no secrets"),
)

ONLY = {
    "tabulate": ("cli.output",),
    "rich": ("cli",),
    "typer": ("cli", "commands"),
    "keyring": ("careline.secrets",),
    "apsw": ("careline.store",),
    "psycopg": ("careline.store",),
    "sqlite3": (),
    "click": (),
}

TOUCHES = {
    "os.environ": ("careline.armed", "cli.entry", "cli.names", "careline.secrets", "careline.settings"),
    "os.getenv": (),
    "sys.stdin": ("cli.streams",),
    "sys.stdout": ("cli.streams", "cli.names"),
    "sys.stderr": ("cli.streams", "careline.sandbox.server"),  # the sandbox runs as a process of its own, too
    "print": ("cli.entry",),
    "input": (),
    "time.time": ("careline.clock", "careline.sandbox.clock"),
    "time.time_ns": ("careline.clock", "careline.sandbox.clock"),
    "datetime.now": ("careline.clock", "careline.sandbox.clock"),
    "datetime.utcnow": (),
    "datetime.today": (),
    "date.today": (),
    "sys.exit": ("careline.__main__", "careline.sandbox.__main__"),
    "httpx.Client": ("careline.sandbox",),
    "httpx.AsyncClient": ("careline.http", "careline.sandbox"),
    **{
        f"httpx.{verb}": ("careline.sandbox",)
        for verb in ("get", "post", "put", "patch", "delete", "head", "request", "stream")
    },
}


def begins(module: str, beginning: str) -> bool:
    return module == beginning or module.startswith(f"{beginning}.")


def sources() -> dict[str, str]:
    """The source of every module of the product, by the module's name."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text("utf-8")
    return found


MODULES = sources()


def imports(module: str, source: str, *, is_package: bool = False) -> set[str]:
    """The names of all modules a source imports, in any of the ways there are."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            above = parts[: len(parts) - node.level + (1 if is_package else 0)] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names}
        elif isinstance(node, ast.Call) and node.args and _name(node.func).split(".")[-1] in ("import_module", "__import__"):
            found |= {text.rstrip(".") for text in _texts(node.args[0])}
    return found


def touches(source: str) -> set[str]:
    """What a source uses of the things in TOUCHES. A name imported from its module counts as the module's."""
    tree = ast.parse(source)
    aliases = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("os", "sys", "time", "httpx")
        for alias in node.names
    }
    typed = {id(part) for node in ast.walk(tree) for hint in _hints(node) for part in ast.walk(hint)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in typed:
            name = _name(node)
            name = aliases.get(name, name)
            ending = ".".join(name.split(".")[-2:])
            found |= {name, ending} & set(TOUCHES)
    return found


def problems(modules: dict[str, str]) -> Iterator[str]:
    """What is wrong in these sources, a sentence each."""
    for module, source in modules.items():
        is_package = any(other.startswith(f"{module}.") for other in modules)
        for other in sorted(imports(module, source, is_package=is_package)):
            yield from _import_problems(module, other)
        for thing in sorted(touches(source)):
            if not any(begins(module, owner) for owner in TOUCHES[thing]):
                yield f"{module} uses {thing}, which only {' and '.join(TOUCHES[thing]) or 'nobody'} may"


def _import_problems(module: str, other: str) -> Iterator[str]:
    for name, owners in ONLY.items():
        if begins(other, name) and not any(begins(module, owner) for owner in owners):
            yield f"{module} imports {other}, which only {' and '.join(owners) or 'nobody'} may"
    if other.split(".")[0] not in PACKAGES or other in ("careline", "cli", "commands"):
        return
    (here, my_room), (there, its_room) = _place(module), _place(other)
    if there < here:
        yield f"{module} imports {other} from a floor above"
    if here == there and FLOORS[here].rooms and my_room != its_room:
        yield f"{module} imports {other}, another room of its floor"
    for who, whom, why in FORBIDDEN:
        if begins(module, who) and begins(other, whom):
            yield f"{module} imports {other}: {why}"


def _place(module: str) -> tuple[int, str]:
    """The floor of a module, counted from the top, and its room."""
    found = [
        (len(beginning), index, beginning)
        for index, floor in enumerate(FLOORS)
        for beginning in floor.modules
        if begins(module, beginning)
    ]
    _, index, room = max(found, key=lambda place: place[0])
    return index, room


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _texts(node: ast.AST) -> Iterator[str]:
    """The text of a literal, or its beginning where the rest is filled in."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _hints(node: ast.AST) -> Iterator[ast.AST]:
    """The annotations and base classes of a node: naming a type is not using it."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns:
        yield node.returns
    if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation:
        yield node.annotation
    if isinstance(node, ast.ClassDef):
        yield from node.bases


def test_every_module_keeps_to_its_floor() -> None:
    assert list(problems(MODULES)) == []


def test_every_module_stands_on_a_floor_of_its_own() -> None:
    plain = {module for module in MODULES if _place(module) == (len(FLOORS) - 1, "careline")}
    assert plain == {"careline"}


def test_the_table_of_words_imports_nothing_and_the_entry_only_sys_at_first() -> None:
    assert imports("commands", MODULES["commands"]) == {"__future__"}
    entry = [node for node in ast.parse(MODULES["cli.entry"]).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert [ast.unparse(node) for node in entry] == ["import sys"]


@pytest.mark.parametrize(
    ("module", "source", "says"),
    [
        ("careline.rules.window", "from careline.store import sqlite", "from a floor above"),
        ("careline.rules.window", "def f():\n    import careline.store", "from a floor above"),
        ("careline.model", "import importlib\nimportlib.import_module('careline.line')", "from a floor above"),
        ("careline.model", "from importlib import import_module as m\n__import__('commands.send')", "from a floor above"),
        ("careline.store.sqlite", "import importlib\nimportlib.import_module(f'careline.sending.{x}')", "from a floor above"),
        ("careline.line", "from cli.runtime import Runtime", "from a floor above"),
        ("cli.options", "from cli.app import run", "from a floor above"),
        ("commands.send", "from cli.lazy import Root", "from a floor above"),
        ("careline.queue.tail", "from careline.sending.outbox import send", "another room"),
        ("careline.channels.ports", "from ..store import sqlite", "another room"),
        ("careline.sandbox.crypto", "from careline.channels.tencent import crypto", "on purpose"),
        ("careline.channels.wechat.hear", "from careline.channels import whatsapp", "leaks"),
        ("careline.store.sqlite", "from careline import secrets", "no secrets"),
        ("careline.queue.tail", "import rich.table", "only cli may"),
        ("commands.queue", "from tabulate import tabulate", "only cli.output may"),
        ("careline.export.rows", "import sqlite3", "nobody may"),
        ("careline.line", "import os\nhome = os.environ['HOME']", "os.environ"),
        ("careline.line", "from os import environ as e\nhome = e['HOME']", "os.environ"),
        ("commands.send", "print('sent')", "print"),
        ("commands.send", "import sys\nsys.stdout.write('sent')", "sys.stdout"),
        ("careline.queue.tail", "import time\nnow = time.time()", "time.time"),
        ("careline.queue.tail", "from time import time\nnow = time()", "time.time"),
        ("careline.queue.tail", "import datetime\nnow = datetime.datetime.now()", "datetime.now"),
        ("careline.sending.outbox", "import httpx\nclient = httpx.AsyncClient()", "httpx.AsyncClient"),
        ("careline.sending.outbox", "import httpx\nhttpx.post('https://example.com')", "httpx.post"),
        ("careline.sending.outbox", "import sys\nsys.exit(1)", "sys.exit"),
    ],
)
def test_a_module_that_is_wrong_on_purpose_is_caught(module: str, source: str, says: str) -> None:
    found = list(problems({module: source}))
    assert len(found) >= 1
    assert any(says in problem for problem in found), found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("commands.send", "from careline.sending.outbox import deliver\nfrom cli.runtime import runtime"),
        ("careline.sending.outbox", "import httpx\nasync def f(client: httpx.AsyncClient) -> None: ..."),
        ("careline.queue.tail", "import time\nbegan = time.monotonic()"),
        ("careline.store.sqlite", "from careline.rules import window\nimport apsw"),
        ("cli.progress", "from rich.progress import Progress"),
    ],
)
def test_what_is_allowed_is_let_through(module: str, source: str) -> None:
    assert list(problems({module: source})) == []
