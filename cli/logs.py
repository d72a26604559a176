"""The lines of a program that runs for months: prose for a person, JSON for whatever collects logs."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from careline.errors import Usage
from careline.receiving.log import Log, Say
from careline.rules.times import rfc3339
from cli.runtime import Runtime
from cli.streams import visible


def writer(run: Runtime, log_format: str) -> Say:
    """What writes a line on stderr for each thing, as ``text`` or ``json``. With -q only errors are wanted. Raises Usage."""
    if log_format not in ("text", "json"):
        raise Usage(f"{log_format!r} is no form of a log.", code="bad_log_format", hint="text | json")
    line: Callable[[Log], str] = _as_text if log_format == "text" else lambda log: _as_json(log, run.now())

    def say(log: Log) -> None:
        if not run.quiet or log.level == "error":
            run.streams.err(line(log) + "\n")

    return say


def _as_text(log: Log) -> str:
    more = f" ({log.suppressed:,} more like it)" if log.suppressed else ""
    return visible(" ".join(log.message.splitlines()) + more)


def _as_json(log: Log, now: int) -> str:
    return msgspec.json.encode({"at": rfc3339(now)} | msgspec.to_builtins(log)).decode()
