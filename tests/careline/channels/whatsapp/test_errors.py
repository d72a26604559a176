"""Which of careline's errors each of Meta's codes becomes, in an answer and in a webhook."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from careline.channels.whatsapp import meanings
from careline.channels.whatsapp.errors import failure, problem, register_again, words
from careline.errors import (
    CarelineError,
    CredentialsRefused,
    Failed,
    Misconfigured,
    NotFound,
    NotSent,
    OutsideWindow,
    Refused,
    Unknown,
)
from careline.sandbox.graph import errors
from tests.careline.channels.whatsapp.payloads import ACCOUNT, CHANNEL, NUMBER

TOKEN = "EAAGtoken"


def refusal(error: Any, status: int = 400, *, may_change: bool = True, headers: dict[str, str] | None = None) -> CarelineError:
    """The error for an answer with Meta's error object ``error``; without one for None."""
    body = None if error is None else {"error": error}
    return failure(status, body, headers or {}, CHANNEL, may_change=may_change, secret=TOKEN)


KINDS: dict[type[CarelineError], list[int]] = {
    NotSent: [
        2, 4, 17, 613, 80007, 80008, 130429, 131000, 131016, 131056, 131057, 132069, 133004, 133015, 134101, 139102, 139103,
        2494100,
    ],
    CredentialsRefused: [0, 3, 10, 15, 104, 190, 200, 219, 299, 131005],
    NotFound: [33, 803],
    OutsideWindow: [131047],
    Refused: [
        100, 368, 1026, 2200, 2500, 130403, 130472, 130497, 131008, 131009, 131014, 131020, 131021, 131026, 131030, 131031,
        131035, 131036, 131037, 131041, 131042, 131045, 131048, 131049, 131050, 131051, 131052, 131053, 131055, 131062, 131063,
        131064, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 133000, 133005, 133006, 133008, 133009,
        133010, 133016, 134011, 134100, 134102, 135000, 136024, 136025, 137000, 138024, 138025, 139100, 139101, 141002, 147001,
        200005, 200006, 200007, 2388019, 2388023, 2388024, 2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299,
        2593107, 2593108, 2593109,
    ],
}  # fmt: skip
CODES = [(kind, code) for kind, codes in KINDS.items() for code in codes]


@pytest.mark.parametrize(("kind", "code"), CODES)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_the_code_decides_and_not_the_status(kind: type[CarelineError], code: int, status: int) -> None:
    error = refusal({"code": code, "message": f"(#{code}) no"}, status)
    assert type(error) is kind
    assert (error.message, error.platform_code) == (f"(#{code}) no", str(code))
    assert error.hint


DOCUMENTED = [(kind, code) for kind, code in CODES if code in (2, 3, 131000, 131016, 131057, 133004, 131045, 190, 131047)]


@pytest.mark.parametrize(("kind", "code"), DOCUMENTED)
def test_a_documented_code_means_the_same_with_a_server_error(kind: type[CarelineError], code: int) -> None:
    assert type(refusal({"code": code}, 500)) is kind


@pytest.mark.parametrize(("kind", "code"), CODES)
def test_a_webhook_and_an_answer_mean_the_same(kind: type[CarelineError], code: int) -> None:
    said = problem({"code": code, "title": "No"})
    assert (said.exit, said.code, said.platform_code) == (int(kind.exit), kind.code, str(code))


SUBCODES = [
    (NotFound, 33),
    (NotSent, 2494100),
    (NotSent, 2446079),
    *((CredentialsRefused, code) for code in (460, 463, 467, 1349174, 1349175, 1349176)),
    *((Refused, code) for code in (2388019, 2388023, 2388024, 2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299)),
    (Refused, 2207051),
]


@pytest.mark.parametrize(("kind", "subcode"), SUBCODES)
def test_where_the_code_is_vague_the_subcode_decides(kind: type[CarelineError], subcode: int) -> None:
    assert type(refusal({"code": 100, "error_subcode": subcode, "message": "Invalid parameter"})) is kind


def test_a_subcode_does_not_overrule_a_clear_code() -> None:
    assert type(refusal({"code": 190, "error_subcode": 33})) is CredentialsRefused


def test_a_transient_error_is_worth_another_try() -> None:
    assert type(refusal({"code": 1, "is_transient": True}, 500)) is NotSent
    assert type(refusal({"code": 1, "is_transient": False})) is Refused


def test_metas_unknown_error_with_a_server_error_leaves_a_send_unknown() -> None:
    assert type(refusal({"code": 1}, 500)) is Unknown
    assert type(refusal({"code": 1}, 500, may_change=False)) is NotSent


@pytest.mark.parametrize(("answered", "kind"), [("429", NotSent), ("503", NotSent), ("404", Refused), ("4290", Refused)])
def test_a_file_is_worth_another_try_when_its_server_was_only_busy(answered: str, kind: type[CarelineError]) -> None:
    details = f"Downloading media from weblink failed with http code {answered}, status message No"
    assert type(refusal({"code": 131053, "error_data": {"details": details}})) is kind


def test_a_parameter_without_its_name_is_told_how_to_get_one() -> None:
    error = refusal({"code": 100, "error_data": {"details": "Parameter name is missing or empty"}})
    assert "--param name=" in error.hint


def test_every_code_of_the_table_is_in_this_test_too() -> None:
    assert set(meanings.CODES) - {1} <= {code for _, code in CODES}
    assert set(meanings.SUBCODES) - {2494055, 2593002, 2388091, 2388093} <= {code for _, code in SUBCODES} | {2494100}


def test_the_sandbox_and_the_client_know_the_same_codes_and_where_they_come() -> None:
    theirs = {**errors.MESSAGES, **errors.ACCOUNT}
    assert set(meanings.CODES) - {138024, 138025, 141002} <= set(theirs) | set(errors.TEMPLATES)
    assert {code: known.where for code, known in theirs.items()} == {code: meanings.places(code) for code in theirs}


def test_every_meaning_says_something_and_fits_any_channel() -> None:
    for meaning in (*meanings.CODES.values(), *meanings.SUBCODES.values()):
        known = {"name": "n", "ids": "", "variable": "V", "pin": "P"}
        said = meaning.hint.format(**known)
        assert said.endswith(".")
        assert len(said) < 200
        assert "{" not in meaning.run.format(**known)


@pytest.mark.parametrize(
    ("status", "may_change", "kind"),
    [
        (500, True, Unknown),
        (502, True, Unknown),
        (500, False, NotSent),
        (504, False, NotSent),
        (429, True, NotSent),
        (429, False, NotSent),
        (400, True, Refused),
        (404, True, Refused),
        (301, True, Misconfigured),
        (307, False, Misconfigured),
        (200, True, Unknown),
        (200, False, Failed),
    ],
)
def test_an_answer_that_is_not_metas_is_unknown_unless_it_proves_more(
    status: int, may_change: bool, kind: type[CarelineError]
) -> None:
    assert type(refusal(None, status, may_change=may_change)) is kind


def test_an_undocumented_code_with_a_server_error_leaves_a_send_unknown() -> None:
    assert type(refusal({"code": 987654}, 500)) is Unknown
    assert type(refusal({"code": 987654}, 500, may_change=False)) is NotSent
    assert type(refusal({"code": 987654}, 400)) is Refused
    assert type(refusal({"code": 987654}, 429)) is NotSent


def test_an_error_tells_what_how_and_the_next_command() -> None:
    error = refusal(
        {
            "message": "Error validating access token: Session has expired",
            "type": "OAuthException",
            "code": 190,
            "error_subcode": 463,
            "fbtrace_id": "Az8or2yhqkZfEZ",
        },
        401,
    )
    assert error.message == "Error validating access token: Session has expired"
    assert (error.platform_code, error.trace_id) == ("190", "Az8or2yhqkZfEZ")
    assert "CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN" in error.hint
    assert error.run == register_again(CHANNEL)


def test_a_channel_is_registered_again_by_its_name_once_it_is_stored_and_before_that_by_its_ids() -> None:
    name, ids = "careline channels register whatsapp shop-it", f"--phone-number-id {NUMBER} --business-account-id {ACCOUNT}"
    assert register_again(replace(CHANNEL, created_at=1)) == name
    assert register_again(CHANNEL) == f"{name} {ids}"
    assert register_again(replace(CHANNEL, phone_number_id="")) == f"{name} --number N --business-account-id {ACCOUNT}"


def test_without_an_id_in_the_body_the_trace_comes_from_the_header() -> None:
    assert refusal({"code": 100}, headers={"x-fb-trace-id": "Hd7"}).trace_id == "Hd7"


SAYINGS = [
    ({"message": "(#100) No", "error_data": {"details": "body is empty"}}, "(#100) No: body is empty"),
    ({"message": "(#100) No", "error_data": "components are wrong"}, "(#100) No: components are wrong"),
    ({"message": "No", "error_user_msg": "O nome já existe"}, "No: O nome já existe"),
    ({"title": "Re-engagement", "message": "Re-engagement", "details": "24 hours"}, "Re-engagement: 24 hours"),
    ({"message": "No: body", "error_data": {"details": "body"}}, "No: body"),
    ({"message": "two\nlines\x1b[31m"}, "two lines[31m"),
    ({"message": "x" * 9_000}, "x" * 500),
    ({"message": {"nested": 1}}, "WhatsApp gives no reason."),
    ({}, "WhatsApp gives no reason."),
]


@pytest.mark.parametrize(("error", "said"), SAYINGS)
def test_the_platforms_words_fit_on_a_line(error: dict[str, Any], said: str) -> None:
    assert words(error) == said


@pytest.mark.parametrize("error", ["text", 7, [], {}, {"code": None}, {"code": []}, {"code": "x", "error_subcode": {}}])
def test_any_shape_of_error_is_an_error(error: Any) -> None:
    assert type(refusal(error)) is Refused


def test_the_token_is_in_no_error() -> None:
    error = refusal({"code": 190, "message": f"Malformed access token {TOKEN}"})
    assert error.message == "Malformed access token [hidden]"


USAGE = '{"1":[{"estimated_time_to_regain_access":0},{"estimated_time_to_regain_access":12}]}'


@pytest.mark.parametrize(
    ("code", "headers", "wait"),
    [
        (131056, {}, 4),
        (131049, {}, 86_400),
        (133015, {}, 300),
        (131057, {}, 60),
        (80007, {}, None),
        (80007, {"retry-after": "30"}, 30),
        (4, {"x-business-use-case-usage": USAGE}, 720),
        (4, {"x-business-use-case-usage": "not JSON"}, None),
        (4, {"x-business-use-case-usage": '{"1":7}'}, None),
        (100, {"retry-after": "30"}, None),
    ],
)
def test_how_long_to_wait_before_another_try(code: int, headers: dict[str, str], wait: int | None) -> None:
    assert refusal({"code": code}, headers=headers).retry_after_s == wait
