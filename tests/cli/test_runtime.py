"""What a command holds while it runs."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from careline.clock import Clock
from careline.errors import Exit, Failed, Usage
from cli.output import Column
from cli.runtime import Runtime
from cli.streams import Streams


def make(
    tmp_path: Path, *, stdin: str = "", terminal: bool = False, env: Mapping[str, str] | None = None, **flags: object
) -> tuple[Runtime, io.StringIO, io.StringIO]:
    stdout, stderr = io.StringIO(), io.StringIO()
    streams = Streams(io.StringIO(stdin), stdout, stderr, in_terminal=terminal, out_terminal=terminal, err_terminal=terminal)
    run = Runtime(streams, {"CARELINE_HOME": str(tmp_path), **(env or {})}, tmp_path)
    run.flags.update(flags)
    return run, stdout, stderr


def test_data_goes_to_stdout_and_words_to_stderr_and_quiet_keeps_the_data(tmp_path: Path) -> None:
    for quiet, words in ((False, "words\n"), (True, "")):
        run, stdout, stderr = make(tmp_path, quiet=quiet)
        run.say("words")
        run.tell("prose")
        run.write("text")
        run.write(b" bytes \xff")
        assert (stdout.getvalue(), stderr.getvalue()) == ("prose\ntext bytes \\xff", words)


def test_prose_for_a_terminal_keeps_our_colours_and_nothing_else_that_acts(tmp_path: Path) -> None:
    run, stdout, stderr = make(tmp_path, terminal=True)
    run.tell(f"{run.paint('late', 'bad')} \x1b[2J\x07 two\nlines")
    run.say("\x1b]0;x")
    assert stdout.getvalue() == "\x1b[31mlate\x1b[0m \\u001b[2J\\u0007 two\nlines\n"
    assert stderr.getvalue() == "\\u001b]0;x\n"


@pytest.mark.parametrize(("profile", "colour"), [("shop", "31"), ("sandbox-it", "32")])
def test_a_live_profile_is_red_and_a_sandbox_green_above_what_is_shown(tmp_path: Path, profile: str, colour: str) -> None:
    run, stdout, _ = make(tmp_path, terminal=True, profile=profile)
    run.show([{"n": 1}], columns=[Column("n")], title=f"{run.profile} · 1 waiting\x07\n")
    assert stdout.getvalue() == f"\x1b[{colour}m{profile}\x1b[0m · 1 waiting\\u0007\n\n\x1b[1mN\x1b[0m\n1\n"
    run, stdout, _ = make(tmp_path, profile=profile)
    run.show([{"n": 1}], columns=[Column("n")], title=run.profile)
    assert stdout.getvalue() == "1\n"


@pytest.mark.parametrize(
    ("terminal", "env", "flags", "painted"),
    [
        (True, {}, {}, True),
        (False, {}, {}, False),
        (True, {"NO_COLOR": "1"}, {}, False),
        (False, {}, {"color": "always"}, True),
        (True, {}, {"color": "never"}, False),
    ],
)
def test_colour_is_for_terminals_unless_somebody_says_otherwise(
    tmp_path: Path, terminal: bool, env: dict[str, str], flags: dict[str, str], painted: bool
) -> None:
    run, _, _ = make(tmp_path, terminal=terminal, env=env, **flags)
    assert run.paint("ok", "good") == ("\x1b[32mok\x1b[0m" if painted else "ok")


def test_the_output_is_a_table_on_a_terminal_and_tsv_in_a_pipe(tmp_path: Path) -> None:
    assert make(tmp_path, terminal=True)[0].output == "table"
    assert make(tmp_path, terminal=True)[0].on_screen
    assert make(tmp_path)[0].output == "tsv"
    assert make(tmp_path, env={"CARELINE_OUTPUT": "csv"})[0].output == "csv"
    run = make(tmp_path, env={"CARELINE_OUTPUT": "csv"}, output="table")[0]
    assert (run.output, run.on_screen) == ("table", False)


def test_a_question_needs_a_person_or_yes(tmp_path: Path) -> None:
    make(tmp_path, terminal=True, stdin="y\n")[0].confirm("Remove it?")
    make(tmp_path, yes=True)[0].confirm("Remove it?")
    make(tmp_path, dry_run=True)[0].confirm("Remove it?")
    with pytest.raises(Usage) as nobody:
        make(tmp_path)[0].confirm("Remove it?")
    assert nobody.value.exit == Exit.USAGE
    assert "--yes" in nobody.value.hint


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "yess\n"])
def test_anything_but_yes_is_no(tmp_path: Path, answer: str) -> None:
    run, stdout, stderr = make(tmp_path, terminal=True, stdin=answer)
    with pytest.raises(Failed):
        run.confirm("Remove it?")
    assert (stdout.getvalue(), stderr.getvalue()) == ("", "Remove it? [y/N] ")


def test_one_ctrl_c_ends_a_question_inside_an_event_loop(tmp_path: Path) -> None:
    class Person(io.StringIO):
        def readline(self, size: int | None = -1, /) -> str:
            signal.raise_signal(signal.SIGINT)
            return "y\n"

    run, _, _ = make(tmp_path, terminal=True)
    run.streams.stdin = Person()

    async def asked() -> None:
        run.confirm("Delete it?")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run.wait(asked())
    assert signal.getsignal(signal.SIGINT) is before


def test_names_come_from_the_line_and_from_stdin(tmp_path: Path) -> None:
    run, _, _ = make(tmp_path, stdin="57\n\n 63 \r\n")
    assert list(run.names(["41", "-", "29"])) == ["41", "57", "63", "29"]
    assert list(make(tmp_path, terminal=True)[0].names(["41"])) == ["41"]


def test_stdin_is_refused_when_it_is_a_terminal_too_large_or_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Usage, match="terminal"):
        make(tmp_path, terminal=True)[0].read_stdin()
    with pytest.raises(Usage, match="UTF-8"):
        make(tmp_path, stdin="caf\udce9")[0].read_stdin()
    with pytest.raises(Usage, match="16 MiB"):
        make(tmp_path, stdin="x" * (16 * 1024 * 1024 + 1))[0].read_stdin()


def test_a_text_is_written_in_the_persons_editor(tmp_path: Path) -> None:
    editor = tmp_path / "editor.py"
    editor.write_text("import sys; p = sys.argv[1]; t = open(p).read(); open(p, 'w').write(t + ' and more\\n\\n')")
    run, _, _ = make(tmp_path, terminal=True, env={"EDITOR": f"{sys.executable} '{editor}'"})
    assert run.edit("Some") == "Some and more"


@pytest.mark.parametrize(
    ("env", "terminal", "error"),
    [
        ({"EDITOR": "true"}, False, Usage),
        ({}, True, Usage),
        ({"EDITOR": "/no/such/editor"}, True, Usage),
        ({"EDITOR": "'"}, True, Usage),
        ({"EDITOR": "false"}, True, Failed),
    ],
)
def test_no_editor_is_no_traceback(tmp_path: Path, env: dict[str, str], terminal: bool, error: type[Exception]) -> None:
    with pytest.raises(error):
        make(tmp_path, terminal=terminal, env=env)[0].edit()


def test_the_clock_of_a_test_is_the_one_it_gives(tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    offset.write_text(str(10**15))
    streams = Streams(io.StringIO(), io.StringIO(), io.StringIO())
    assert Runtime(streams, {}, tmp_path, clock=Clock(offset)).now() > Clock().now() + 10**14


def test_progress_is_a_bar_on_a_terminal_lines_elsewhere_and_nothing_when_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, stdout, stderr = make(tmp_path, terminal=True)
    with run.progress("messages", 412) as step:
        step(412)
    assert stderr.getvalue() == ""
    monkeypatch.setattr("cli.progress.AFTER_S", 0.0)
    with run.progress("messages", 412) as step:
        step(412)
    assert "412/412" in stderr.getvalue()
    assert stdout.getvalue() == ""
    for quiet in (False, True):
        run, stdout, stderr = make(tmp_path, quiet=quiet)
        with run.progress("messages", 412) as step:
            step(10)
        assert (stdout.getvalue(), stderr.getvalue()) == ("", "")


def test_without_a_terminal_progress_is_a_line_now_and_then() -> None:
    from cli.progress import lines

    said: list[str] = []
    with lines(said.append, "messages", 2412, every_s=0.0) as step:
        step(1306)
        step(100)
    assert [line.rpartition(" ")[0] for line in said] == ["messages 1306/2412", "messages 1406/2412"]
    assert said[0].endswith("/s")
