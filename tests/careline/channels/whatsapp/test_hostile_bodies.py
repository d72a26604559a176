"""Bodies made to break a reader: each is heard or refused with ValueError, within a time its length bounds."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from typing import Any

import msgspec
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
    pytest.param(b'{"entry":[' + b"1," * 300_001 + b"1]}", id="300,002 values"),
]


@pytest.mark.parametrize("body", NO_PAYLOAD)
def test_what_is_no_payload_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words differ between versions of Python
        hear(body, RECEIVED_AT)


def test_sixty_four_levels_are_a_payload() -> None:
    body = b'{"entry":' + b"[" * 63 + b"]" * 63 + b"}"
    assert len(hear(body, RECEIVED_AT)) == 1


def test_a_thousand_messages_of_which_twenty_are_nothing_but_brackets_and_commas_are_heard() -> None:
    texts = ["{" * 4096] * 10 + ["," * 4096] * 10 + ["ciao"] * 980
    items = [message("text", {"body": text}, id=f"wamid.{n}") for n, text in enumerate(texts)]
    assert len(hear(json.dumps(change("messages", messages(*items))).encode(), RECEIVED_AT)) == 1000


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
    assert json.loads(said.raw)["odd"] == ["NaN", "1e999", "\ufffd\ufffd", 9999999999999999999999]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\u0000", "\ufffd"),
        (r"\\u0000", r"\u0000"),
        (r"\\\u0000", "\\\ufffd"),
        (r"\\\\u0000", r"\\u0000"),
        (r"\u0000\u0000", "\ufffd\ufffd"),
        (r"\n\u0000\t", "\n\ufffd\t"),
        (r"\u005cu0000", r"\u0000"),
        (r"\ud800", "\ufffd"),
        (r"\udc00\ud800", "\ufffd\ufffd"),
        (r"\ud83d\ude00\u0000", "😀\ufffd"),
    ],
)
def test_no_nul_and_no_half_character_comes_through_at_any_depth(written: str, read: str) -> None:
    body = (
        json.dumps(RICH | {"written": {"written": ["written"]}}).replace("ciao", "written").replace("Ugo", "written").encode()
    )
    body = body.replace(b"wamid.1", b"written").replace(b"image/jpeg", b"written").replace(b"written", written.encode())
    said = hear(body, RECEIVED_AT)
    texts = [text for one in said for text in strings(msgspec.to_builtins(one))]
    inner = [text for one in said if one.raw for text in strings(json.loads(one.raw))]
    assert read in texts
    assert read in inner
    assert not [text for text in (*texts, *inner) if "\x00" in text or re.search("[\ud800-\udfff]", text)]


def strings(value: Any) -> list[str]:
    """Every text in a value, names of fields too."""
    if isinstance(value, str):
        return [value]
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list | tuple) else []
    return [text for each in inner for text in strings(each)]


@pytest.mark.parametrize(
    "number", ["-1", "0", "1e30", "NaN", "-Infinity", "1.5e300", '"-1772812800"', '"１７７"', "9" * 19, "9" * 5000, '"1e30"']
)
def test_a_time_that_is_none_is_the_time_of_receiving_and_a_size_that_is_none_is_unknown(number: str) -> None:
    item = message("document", {"id": "1", "file_size": "NUMBER"}, timestamp="NUMBER")
    body = json.dumps(change("messages", messages(item, statuses=[status("read", timestamp="NUMBER")]))).replace(
        '"NUMBER"', number
    )
    for said in hear(body.encode(), RECEIVED_AT):
        assert said.at == RECEIVED_AT
        if isinstance(said, HeardMessage) and said.media is not None and said.media.bytes is not None:
            assert -(2**63) <= said.media.bytes < 2**63


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
