"""The whole story."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from careline.demo.shell import Ran
from careline.demo.story import play
from careline.errors import CarelineError, Failed
from cli.runtime import Runtime, runtime

app = typer.Typer()


@app.command()
def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Keep pictures, exports and a transcript.")
    ] = None,
) -> None:
    """Watch a customer being served on WhatsApp and on WeChat: no account, no network, half a minute.

    Example: careline demo --dir out
    """
    run = runtime(ctx)
    if run.dry_run:
        run.say(f"Would play the story in {folder or 'a folder that is removed afterwards'}.")
        return
    if folder is not None:
        _play(run, _made(folder))
        run.tell(f"\nKept in {folder}: the pictures, the exports, transcript.txt.")
        return
    with tempfile.TemporaryDirectory(prefix="careline-demo-") as made:
        _play(run, Path(made))
    run.tell("\nTo keep the pictures, the exports and a transcript: careline demo --dir out")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Failed(f"{folder} is not empty.", hint="The demo begins in an empty folder.", run="careline demo --dir out2")
    except OSError as error:
        raise Failed(f"{folder} cannot be made: {error.strerror}.", run=f"ls -ld {folder.parent}") from None
    return folder.resolve()


def _play(run: Runtime, folder: Path) -> None:
    began, transcript = monotonic(), []
    color = run.paint("$", "dim") != "$"
    try:
        with closing(play(folder, run.env, color=color)) as story:
            for told in story:
                lines = [f"\n# {told.words}"] if told.words else _typed(run, told.ran)
                for line in lines:
                    run.write(line + "\n")
                transcript += [f"\n# {told.words}"] if told.words else _plain(told.ran)
                run.streams.flush()
    except CarelineError as error:
        transcript.append(error.message)
        raise
    finally:
        (folder / "transcript.txt").write_text("\n".join(transcript).lstrip("\n") + "\n", "utf-8")
    run.tell(f"\nEvery step did what it said, in {monotonic() - began:.0f} seconds.")


def _typed(run: Runtime, ran: Ran | None) -> list[str]:
    if ran is None:
        return []
    shown = [ran.shown.rstrip("\n")] if ran.shown.strip() else []
    return [f"{run.paint('$', 'dim')} {run.paint(ran.typed, 'bold')}", *shown, *([f"exit {ran.exit}"] if ran.exit else [])]


def _plain(ran: Ran | None) -> list[str]:
    if ran is None:
        return []
    shown = [ran.plain.rstrip("\n")] if ran.plain.strip() else []
    return [f"$ {ran.typed}", *shown, *([f"exit {ran.exit}"] if ran.exit else [])]
