"""Bodies made to break a reader: each is heard or refused with ValueError, within a time its length bounds."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careline.channels.whatsapp.hear import hear
from careline.channels.whatsapp.policy import PUSH_BYTES
from careline.heard import HeardMessage
from tests.careline.channels.whatsapp.payloads import RECEIVED_AT, change, entry, message, messages, status

GOOD = json.dumps(change("messages", messages(message("text", {"body": "ciao"})))).encode()

NO_PAYLOAD = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"   ", id="blanks"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'"text"', id="a text"),
    pytest.param(b"7", id="a number"),
    pytest.param(b"<xml/>", id="XML"),
    pytest.param(b"{'entry': []}", id="Python"),
    pytest.param(GOOD + b'{"more": 1}', id="text after the JSON"),
    pytest.param(GOOD[:-1], id="cut off"),
    pytest.param(b'{"entry": "\xff\xfe"}', id="not UTF-8"),
    pytest.param('{"entry": []}'.encode("utf-16"), id="UTF-16"),
    pytest.param(b"[" * 100_000, id="100,000 levels, open"),
    pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="100,000 levels"),
    pytest.param(b'{"entry":' + b"[" * 64 + b"]" * 64 + b"}", id="65 levels"),
    pytest.param(b'{"entry":[' + b"{}," * 100_000 + b"{}]}", id="100,002 parts"),
]


@pytest.mark.parametrize("body", NO_PAYLOAD)
def test_what_is_no_payload_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words differ between versions of Python
        hear(body, RECEIVED_AT)


def test_sixty_four_levels_are_a_payload() -> None:
    body = b'{"entry":' + b"[" * 63 + b"]" * 63 + b"}"
    assert len(hear(body, RECEIVED_AT)) == 1


def body_of(text: str) -> bytes:
    """A text message whose text is the JSON literal ``text``."""
    return GOOD.replace(b'"ciao"', text.encode())


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1e999", "1e999"),
        ("9" * 5000, "9" * 5000),
        ("true", ""),
        ("null", ""),
        (r'"a\ud800b"', "a\ufffdb"),
        (r'"a\udc00b"', "a\ufffdb"),
        (r'"a\u0000b"', "a\ufffdb"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\u202etxt"', "\u202etxt"),
        ('"first","body":"second"', "second"),
    ],
)
def test_odd_values_are_read_as_text_that_can_be_stored(literal: str, text: str) -> None:
    (said,) = hear(body_of(literal), RECEIVED_AT)
    assert isinstance(said, HeardMessage)
    assert said.text == text
    said.text.encode()
    said.raw.encode()


def test_raw_json_of_odd_values_can_be_stored_and_read() -> None:
    body = GOOD.replace(b'"text": {', rb'"odd": [NaN, 1e999, "\ud800\u0000", 9999999999999999999999], "text": {')
    (said,) = hear(body, RECEIVED_AT)
    assert json.loads(said.raw)["odd"] == ["NaN", "1e999", "?\u0000", "9999999999999999999999"]
    assert "\x00" not in said.raw


def test_a_byte_order_mark_is_no_fault() -> None:
    assert len(hear(b"\xef\xbb\xbf" + GOOD, RECEIVED_AT)) == 1


FULL = [
    pytest.param(b"[" * PUSH_BYTES, id="brackets"),
    pytest.param(b'{"a":"' + b"\\" * (PUSH_BYTES - 9) + b'"}', id="backslashes"),
    pytest.param(b'{"entry":[' + b"1," * (PUSH_BYTES // 2 - 8) + b"1]}", id="numbers"),
    pytest.param(b'{"entry":[' + b"{}," * (PUSH_BYTES // 3 - 8) + b"{}]}", id="empty entries"),
    pytest.param(b'{"a":1,' * 60 + b'"b":"' + b"x" * PUSH_BYTES + b'"' + b"}" * 60, id="a long text"),
    pytest.param(b"\x00" * PUSH_BYTES, id="zeros"),
]


@pytest.mark.parametrize("body", FULL)
def test_three_megabytes_of_nonsense_cost_bounded_time(body: bytes) -> None:
    began = time.monotonic()
    with suppress(ValueError):
        hear(body, RECEIVED_AT)
    assert time.monotonic() - began < 10


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["text", "failed", "1772812800"])
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)

RICH: dict[str, Any] = {
    "object": "whatsapp_business_account",
    "entry": [
        entry(
            {
                "field": "messages",
                "value": messages(
                    message("text", {"body": "ciao"}, context={"id": "wamid.1"}, referral={"source_type": "ad"}),
                    message("image", {"id": "1", "mime_type": "image/jpeg"}),
                    message("contacts", [{"name": {"formatted_name": "Ugo"}}]),
                    message("interactive", {"type": "list_reply", "list_reply": {"id": "r", "title": "t"}}),
                    message("reaction", {"message_id": "wamid.1", "emoji": "👍"}),
                    message("edit", {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "b"}}}),
                    message("system", {"body": "x"}),
                )
                | {
                    "statuses": [status("failed", errors=[{"code": 131047, "error_data": {"details": "d"}}])],
                    "errors": [{"code": 0}],
                },
            },
            {"field": "user_preferences", "value": {"user_preferences": [{"wa_id": "1", "value": "stop", "timestamp": 1}]}},
            {
                "field": "message_template_status_update",
                "value": {"event": "REJECTED", "message_template_id": 1, "rejection_info": {"reason": "r"}, "other_info": {}},
            },
            {"field": "account_update", "value": {"event": "X", "restriction_info": [{"restriction_type": "Y"}]}},
            time=1772812800,
        )
    ],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, as the keys that lead there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, each in inner for place in places(each, (*path, key))]


def with_changes(value: Any, changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    """A copy of ``value`` with something else in some places."""
    copy = json.loads(json.dumps(value))
    for path, new in changes:
        at = copy
        try:
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = new
        except (KeyError, IndexError, TypeError):
            pass  # an earlier change removed the place
    return copy


@settings(max_examples=300, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(places(RICH)), ANYTHING), min_size=1, max_size=4))
def test_anything_in_any_place_is_heard_and_can_be_stored(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    for said in hear(json.dumps(with_changes(RICH, changes)).encode(), RECEIVED_AT):
        said.raw.encode()
        assert said.key
        assert 0 < said.at < 2**63


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=64), at=st.integers(0, len(GOOD)), gone=st.integers(0, 40))
def test_torn_and_patched_bytes_are_heard_or_a_value_error(body: bytes, at: int, gone: int) -> None:
    with suppress(ValueError):
        hear(GOOD[:at] + body + GOOD[at + gone :], RECEIVED_AT)
