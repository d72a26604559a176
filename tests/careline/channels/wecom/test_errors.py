"""WeCom's error numbers: each that it documents has its exit code, and says what to do next."""

from __future__ import annotations

import pytest

from careline.channels.tencent.errors import error_for
from careline.channels.wecom.errors import MEANINGS, STALE_TOKEN
from careline.errors import Exit

OF_95 = (95008, 95009, 95011, 95012, 95014, 95017)
DOCUMENTED = {
    Exit.NOT_SENT: (-1, 45009, 45033, 95007),
    Exit.OUTSIDE_WINDOW: (95001, 95002),
    Exit.REFUSED: (40003, 40007, 40008, 40033, 40035, 40058, 40096, 40201, 48002, 60011, *OF_95),
    Exit.NOT_FOUND: (95000, 95004),
    Exit.CREDENTIALS: (40001, 40013, 40014, 41001, 41002, 41004, 42001, 60020),
}
HELD = (95013, 95016, 95018)


def told(code: int, words: str = "some words") -> str:
    tail = (
        f", hint: [17900547366102], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e={code}"
    )
    return words + tail


@pytest.mark.parametrize(("exit", "code"), [(exit, code) for exit, codes in DOCUMENTED.items() for code in codes])
def test_each_documented_number_has_its_exit_code_and_a_next_step(exit: Exit, code: int) -> None:
    error = error_for(code, told(code), MEANINGS, "WeCom")
    assert error.exit == exit
    assert error.hint
    assert error.message.endswith(": some words")
    assert (error.platform_code, error.trace_id) == (str(code), "17900547366102")


@pytest.mark.parametrize("code", HELD)
def test_a_session_that_forbids_it_says_when_it_may_again(code: int) -> None:
    error = error_for(code, told(code), MEANINGS, "WeCom")
    assert error.code == "session_held"
    assert error.hint


def test_an_address_that_is_not_let_in_is_named() -> None:
    assert "203.0.113.7" in error_for(60020, told(60020), MEANINGS, "WeCom").hint


def test_a_number_that_nobody_documents_is_told_in_wecoms_words_alone() -> None:
    error = error_for(95003, told(95003, "what it means is not known"), MEANINGS, "WeCom")
    assert error.message == "WeCom refuses: what it means is not known"


def test_another_token_is_asked_for_where_the_token_is_what_was_wrong() -> None:
    assert {40014, 42001} == STALE_TOKEN
