"""What a person or a script reads when something goes wrong: what failed, why, and one command to run next."""

from __future__ import annotations

import errno
import json
from difflib import get_close_matches
from types import TracebackType

from typer.exceptions import Abort, TyperException

from careline.errors import CarelineError, Failed, Interrupted, Usage
from careline.rules.times import say_duration
from cli.streams import Streams, visible

PACKAGES = ("careline.", "commands.", "cli.")
DISK = {
    errno.ENOSPC: "Make room on that disk, or write elsewhere.",
    errno.EDQUOT: "The quota of that disk is used up: make room, or write elsewhere.",
    errno.EROFS: "That disk is mounted read-only: write elsewhere.",
    errno.EACCES: "You may not do that there: ask for the right to, or use another place.",
    errno.EPERM: "You may not do that there: ask for the right to, or use another place.",
}


def failure_of(error: BaseException) -> CarelineError:
    """Anything that can be raised, as one of careline's own errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, CarelineError):
        return error
    if isinstance(error, (KeyboardInterrupt, Abort)):
        return Interrupted("Interrupted.")
    if isinstance(error, TyperException):
        return _usage(error)
    if isinstance(error, OSError) and error.strerror:
        return _disk(error)
    return Failed(
        f"A defect in careline: {type(error).__name__}{_place(error.__traceback__)}.",
        code="defect",
        hint="The same command with -v shows the traceback; please report it.",
    )


def as_text(failure: CarelineError, streams: Streams) -> str:
    """An error for a person, ending with the command to run next."""
    lines = [streams.paint(failure.message, "bad", err=True)]
    if failure.platform_code or failure.trace_id:
        codes = (("platform code", failure.platform_code), ("trace id", failure.trace_id))
        lines.append(", ".join(f"{name} {value}" for name, value in codes if value))
    if failure.retry_after_s is not None:
        lines.append(f"Try again in {say_duration(failure.retry_after_s * 1_000_000)}.")
    lines += [failure.hint] if failure.hint else []
    lines += [f"  {failure.run}"] if failure.run else []
    return visible("\n".join(lines)) + "\n"


def as_json(failure: CarelineError) -> str:
    """An error for a script: one line, every field there, null where nothing is known."""
    hint = "\n".join(part for part in (failure.hint.strip("\n"), failure.run) if part)
    fields = {
        "code": failure.code,
        "message": failure.message,
        "hint": hint or None,
        "exit": int(failure.exit),
        "platform_code": failure.platform_code or None,
        "trace_id": failure.trace_id or None,
        "retry_after_s": failure.retry_after_s,
    }
    return json.dumps({"error": fields}, ensure_ascii=False) + "\n"


def _usage(error: TyperException) -> Usage:
    """A mistake on the command line, in our form: the parser's own words, what was meant, and where help is."""
    context = getattr(error, "ctx", None)
    if context is None:
        return Usage(f"{error.format_message().rstrip('.')}.", run="careline --help")
    typed = getattr(error, "option_name", None)
    if typed is None or not hasattr(error, "possibilities"):
        return Usage(f"{error.format_message().rstrip('.')}.", run=f"{context.command_path} --help")
    known = {name.lstrip("-"): name for param in context.command.get_params(context) for name in param.opts if name[0] == "-"}
    close = [known[name] for name in get_close_matches(typed.lstrip("-"), known, n=2)]
    return Usage(
        f"{context.command_path} has no option {typed}.",
        hint=f"Did you mean {' or '.join(close)}?" if close else "A text that begins with - goes after --.",
        run=f"{context.command_path} --help",
    )


def _disk(error: OSError) -> Failed:
    where = f"{error.filename}: " if error.filename else ""
    return Failed(f"{where}{error.strerror}.", code="os_error", hint=DISK.get(error.errno or 0, ""))


def _place(trace: TracebackType | None) -> str:
    """Where in our own code it happened. What the error says is left out: it may quote a customer or a secret."""
    place = ""
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.startswith(PACKAGES):
            place = f" in {module}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
