"""The probing words, for the tests of the shell."""

from __future__ import annotations

import pytest

from tests.cli.probe import Probe


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Probe:
    """The words ``probes`` and ``poke``, for one test."""
    return Probe(monkeypatch)
