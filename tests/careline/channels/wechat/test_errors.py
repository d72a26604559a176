from __future__ import annotations

import pytest

from careline.channels.wechat.errors import ASKING_FOR_A_TOKEN, MEANINGS, error_for
from careline.errors import CredentialsRefused, Exit, Refused
from careline.explaining.look import explain

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


# The numbers that WeChat publishes for Official Accounts, on its page of return codes and on those of single calls.
PUBLISHED = (
    *(-1, *range(40001, 40014), 40014, *range(40016, 40030), 40032, 40033, 40035, 40036, 40037, 40050, 40051, 40053, 40066),
    *(40097, 40101, *range(40117, 40122), 40125, 40132, 40137, 40155, 40163, 40164, 40243, *range(41001, 41010), 41030),
    *(42001, 42002, 42003, 42007, *range(43001, 43006), 43019, 43100, 43101, 43116, *range(44001, 44005)),
    *(*range(45001, 45012), *range(45015, 45019), 45026, 45027, 45028, 45047, *range(45056, 45060), *range(45064, 45068)),
    *(45072, 45080, 45081, 45098, *range(45157, 45160), 45166, *range(46001, 46005), 47001, 47003, 48001, 48002),
    *(*range(48004, 48007), 48008, 49003, 50001, 50002, 50005, *range(61450, 61460), 61500, 61501),
    *(*range(65301, 65315), 65316, 65317, *range(65400, 65418), 76001, 76002, 76003, 76021, 76022, 89503, 89506, 89507),
    *(*range(9001001, 9001011), *range(9001020, 9001037), 9410010, 9410011, 9410012),
)


@pytest.mark.parametrize("code", PUBLISHED)
def test_every_number_that_wechat_publishes_has_a_meaning_and_says_what_to_do(code: int) -> None:
    (found,) = explain(str(code), "wechat")
    assert found.exit not in (Exit.DONE, Exit.FAILED)
    assert found.means
    assert found.do


@pytest.mark.parametrize("code", [-1, 45011, 45066, 61450, 9001002])
def test_what_may_be_tried_again_soon_says_when_and_that_nothing_was_done(code: int) -> None:
    error = error_for(code, "")
    assert error.exit == Exit.NOT_SENT
    assert error.retry_after_s


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
