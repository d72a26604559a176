"""careline help."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from careline.channels.wechat import policy as wechat
from careline.channels.whatsapp import policy as whatsapp
from careline.clock import HOUR, MINUTE
from careline.errors import CarelineError, Exit
from careline.rules.window import Grant
from careline.settings_keys import KEYS, OUTPUTS
from commands.help import EXITS, TOPICS

Careline = Callable[..., tuple[int, str, str]]


def kinds(error: type[CarelineError]) -> list[type[CarelineError]]:
    return [error, *(inner for kind in error.__subclasses__() for inner in kinds(kind))]


def test_the_exit_codes_are_those_of_the_enum(careline: Careline) -> None:
    code, stdout, stderr = careline("help", "exit-codes")
    assert (code, stderr) == (0, "")
    rows = [line.split(maxsplit=1) for line in stdout.splitlines()[1:] if line.strip()][:-1]
    assert [int(number) for number, _ in rows] == [int(code) for code in Exit]
    for (_, text), code_ in zip(rows, Exit, strict=True):
        assert text.startswith(EXITS[code_][0])


def test_every_error_ends_in_a_code_that_is_documented() -> None:
    assert {kind.exit for kind in kinds(CarelineError)} <= set(EXITS)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_told_within_a_terminals_width(careline: Careline, topic: str) -> None:
    code, stdout, stderr = careline("help", topic)
    assert (code, stderr) == (0, "")
    assert max(len(line) for line in stdout.splitlines()) <= 80


def test_the_topics_name_what_there_is(careline: Careline) -> None:
    environment = careline("help", "environment")[1]
    assert all(key.variable in environment and key.says in environment for key in KEYS.values())
    output = careline("help", "output")[1]
    assert all(f"  {form} " in output for form in OUTPUTS)


def test_without_a_topic_it_is_the_help_of_careline(careline: Careline) -> None:
    assert careline("help") == careline("--help")


def test_an_unknown_topic_is_exit_5_and_a_word_is_told_its_own_help(careline: Careline) -> None:
    code, stdout, stderr = careline("help", "windos")
    assert (code, stdout) == (5, "")
    assert "windows" in stderr
    assert careline("help", "queue")[2].endswith("  careline queue --help\n")


def test_the_windows_told_are_the_windows_kept(careline: Careline) -> None:
    said = " ".join(careline("help", "windows")[1].split())
    assert whatsapp.GRANTS["message"] == Grant(None, 24 * HOUR)
    assert "WhatsApp 24 hours after the customer's last message, any number of messages" in said
    message, *moments = (wechat.GRANTS[act] for act in ("message", "follow", "scan", "menu_tap"))
    assert f"WeChat {message.lasting // HOUR} hours and {message.messages} messages after a message;" in said
    assert {(grant.lasting, grant.messages) for grant in moments} == {(MINUTE, 3)}
    assert "1 minute and 3 messages after a follow, a scan or a menu tap" in said
