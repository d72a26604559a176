"""What every test gets: a home of its own, nothing from the outside, and a way to run the program in this process."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from cli.app import run
from cli.runtime import Runtime
from cli.streams import Streams

if TYPE_CHECKING:
    from careline.store.base import Store
    from tests.stores import Opener

OUTSIDE = ("NO_COLOR", "CLICOLOR_FORCE", "VISUAL", "EDITOR", "XDG_DATA_HOME", "CREDENTIALS_DIRECTORY", "COLUMNS")


class Result(NamedTuple):
    """How a run of the program ended, and what it wrote."""

    exit: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of this test alone. No setting leaks in, the zone is UTC, and a keyring that is asked fails."""
    for name in (*OUTSIDE, *(name for name in os.environ if name.startswith("CARELINE_"))):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "careline-home"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CARELINE_HOME", str(home))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return home


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a real PostgreSQL server."""
    from tests import postgres

    return postgres.server(tmp_path_factory)


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The address of an empty schema on it."""
    from tests import postgres

    return postgres.schema(postgres_server)


@pytest.fixture(params=["sqlite", "postgres"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens stores: whoever asks for it runs over both kinds."""
    from tests.stores import Opener

    server = request.getfixturevalue("postgres_server") if request.param == "postgres" else ""
    made = Opener(request.param, tmp_path, server)
    yield made
    made.close()


@pytest.fixture
def store(opener: Opener) -> Store:
    """An empty store of each kind."""
    return opener()


class Run:
    """Runs a command line in this process: ``careline("queue", "list", terminal=True)``."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd

    def __call__(
        self,
        *words: str,
        terminal: bool = False,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
        width: int = 80,
    ) -> Result:
        """Run it and return exit code and output. ``input`` is stdin, a pipe; without it stdin is as ``terminal`` says."""
        stdin, stdout, stderr = io.StringIO(input or ""), io.StringIO(), io.StringIO()
        streams = Streams(
            stdin,
            stdout,
            stderr,
            in_terminal=terminal and input is None,
            out_terminal=terminal,
            err_terminal=terminal,
            width=width,
        )
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            code = run(list(words), Runtime(streams, os.environ, self.cwd))
        return Result(code, stdout.getvalue(), stderr.getvalue())


@pytest.fixture
def careline(tmp_path: Path) -> Callable[..., Result]:
    """The program, run in this process from an empty directory."""
    return Run(tmp_path)
