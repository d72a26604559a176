from __future__ import annotations

import pytest

from careline.channels.wechat.errors import ASKING_FOR_A_TOKEN, MEANINGS, error_for
from careline.errors import CredentialsRefused, Exit, Refused

RID = "65f0a1b2-3c4d5e6f-0a1b2c3d"


@pytest.mark.parametrize(
    ("code", "exit", "word"),
    [
        (-1, Exit.NOT_SENT, "not_sent"),
        (45009, Exit.NOT_SENT, "daily_quota"),
        (45011, Exit.NOT_SENT, "rate_limited"),
        (45015, Exit.OUTSIDE_WINDOW, "window_closed"),
        (45047, Exit.OUTSIDE_WINDOW, "quota_used"),
        (40003, Exit.REFUSED, "refused"),
        (43004, Exit.REFUSED, "not_following"),
        (43019, Exit.REFUSED, "blocked"),
        (50005, Exit.REFUSED, "not_following"),
        (45002, Exit.REFUSED, "refused"),
        (48001, Exit.REFUSED, "not_granted"),
        (40001, Exit.CREDENTIALS, "credentials"),
        (40013, Exit.CREDENTIALS, "credentials"),
        (40125, Exit.CREDENTIALS, "credentials"),
        (40164, Exit.CREDENTIALS, "address_not_allowed"),
        (40243, Exit.CREDENTIALS, "credentials"),
        (41002, Exit.CREDENTIALS, "credentials"),
        (41004, Exit.CREDENTIALS, "credentials"),
        (50002, Exit.CREDENTIALS, "restricted"),
        (43002, Exit.CONFIGURATION, "configuration"),
        (99999, Exit.REFUSED, "refused"),
    ],
)
def test_each_number_has_its_exit_code_and_its_word(code: int, exit: Exit, word: str) -> None:
    error = error_for(code, "some words")
    assert (error.exit, error.code, error.platform_code) == (exit, word, str(code))


@pytest.mark.parametrize(
    ("errmsg", "words", "trace"),
    [
        (f"response out of time limit rid: {RID}", "response out of time limit", RID),
        (f"response out of time limit, rid: {RID}\n", "response out of time limit", RID),
        ("invalid openid hint: [aBc_1~] ", "invalid openid", "aBc_1~"),
        ("no trailer at all", "no trailer at all", ""),
        ("", "", ""),
    ],
)
def test_wechats_words_are_shown_and_its_request_id_is_the_trace(errmsg: str, words: str, trace: str) -> None:
    error = error_for(45015, errmsg)
    assert error.trace_id == trace
    assert error.message.endswith(words)
    assert RID not in error.message


@pytest.mark.parametrize(
    ("errmsg", "address"),
    [
        (f"invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: {RID}", "203.0.113.9"),
        (f"invalid ip 2001:db8::7, not in whitelist rid: {RID}", "2001:db8::7"),
        ("not in whitelist", "this machine's address"),
    ],
)
def test_an_address_that_is_not_let_in_is_named_with_the_place_to_add_it(errmsg: str, address: str) -> None:
    error = error_for(40164, errmsg)
    assert isinstance(error, CredentialsRefused)
    assert f"Add {address} to the IP allow-list (mp.weixin.qq.com" in error.hint


def test_40001_means_the_secret_when_a_token_is_asked_for_and_the_token_elsewhere() -> None:
    assert "secret" in error_for(40001, "", ASKING_FOR_A_TOKEN).message
    assert "token" in error_for(40001, "").message


def test_a_number_nobody_knows_is_a_refusal_in_wechats_own_words() -> None:
    error = error_for(87654, "brand new trouble")
    assert isinstance(error, Refused)
    assert error.message == "WeChat refuses: brand new trouble"


def test_a_text_without_end_is_cut() -> None:
    assert len(error_for(40003, "x" * 1_000_000).message) < 700


def test_every_meaning_says_something_and_fills_its_hint() -> None:
    for code in {**MEANINGS, **ASKING_FOR_A_TOKEN}:
        error = error_for(code, "")
        assert error.message
        assert "{" not in error.hint
