"""Runs a command line, and turns whatever goes wrong into text and an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import typer

from careline.errors import Busy, CarelineError, Exit, Usage
from cli.failures import as_json, as_text, failure_of
from cli.lazy import tree
from cli.runtime import Runtime
from cli.streams import Streams

JSON = ("json", "jsonl")


def start(words: list[str], env: Mapping[str, str]) -> int:
    """Run a command line over the process's own streams and return its exit code."""
    return run([_as_typed(word) for word in words], Runtime(Streams.real(), env, _here()))


def run(words: list[str], runtime: Runtime) -> int:
    """Run a command line and return its exit code. Nothing is raised: what goes wrong is said on stderr."""
    streams = runtime.streams
    try:
        try:
            code = _call(words, runtime)
        finally:
            runtime.close()
        streams.flush()
    except BrokenPipeError:
        streams.hush()
        return Exit.DONE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the last one to catch it
        return _report(error, words, runtime)
    return code


def _call(words: list[str], runtime: Runtime) -> int:
    for word in words:
        if not _is_text(word):
            raise Usage(f"{word!r} is not UTF-8 text.", code="not_text")
    if {"--version", "-V"} & set(words[:1]):
        raise Usage("--version stands alone.", run="careline --version")
    try:
        width = min(max(runtime.width, 50), 100)
        with tree().make_context("careline", words, obj=runtime, terminal_width=width) as ctx:
            ctx.command.invoke(ctx)
    except typer.Exit as done:
        return done.exit_code
    return Exit.DONE


def _report(error: BaseException, words: list[str], runtime: Runtime) -> int:
    """Say what went wrong, after what was printed before it, and return its exit code."""
    failure = failure_of(error)
    if isinstance(failure, Busy) and runtime.if_busy == "skip":
        runtime.say(f"{failure.message} Skipped.")
        return Exit.DONE
    streams = runtime.streams
    with suppress(CarelineError):
        streams.color = runtime.settings.color
    text = as_json(failure) if _wants_json(words, runtime) else as_text(failure, streams)
    if failure.code == "defect" and runtime.verbose:
        import traceback

        text = "".join(traceback.format_exception(error)) + text
    try:
        streams.flush()
    except OSError:
        streams.hush()
    streams.err(text)
    return failure.exit


def _wants_json(words: list[str], runtime: Runtime) -> bool:
    """True where errors are for a script, also when the line could not be read to its end."""
    asked = runtime.flags.get("output") or runtime.env.get("CARELINE_OUTPUT", "")
    typed = {f"-o={after}" for word, after in pairwise(words) if word in ("-o", "--output")}
    typed |= {word.replace("--output", "-o") for word in words}
    return asked in JSON or any(f"-o={form}" in typed for form in JSON)


def _as_typed(word: str) -> str:
    """An argument as UTF-8, where the locale made Python read it byte by byte (LANG=C)."""
    return word.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _here() -> Path:
    """The working directory; the root where it was deleted under us."""
    try:
        return Path.cwd()
    except OSError:
        return Path("/")
