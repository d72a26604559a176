from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from careline.channels.tencent.flat import read_flat
from careline.channels.tencent.parse import MAX_DEPTH, MAX_PARTS, Hostile, Node, Unreadable, _xml, parse
from careline.channels.wechat.webhook import WeChatWebhook

MIB = 1024 * 1024
FULL = WeChatWebhook.max_body


def test_xml_and_json_of_the_same_push_are_the_same_tree() -> None:
    as_xml = parse(b"<xml><A>1</A><List><B>x</B></List><List><B>y</B></List><C><![CDATA[]]></C></xml>")
    as_json = parse(b'{"A": 1, "List": [{"B": "x"}, {"B": "y"}], "C": null}')
    assert as_xml == as_json
    assert [row.said("B") for row in as_json.all("List")] == ["x", "y"]


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (" gh_1 ", "gh_1"),
        ("\n  gh_1\n", "gh_1"),
        ("<![CDATA[gh_1]]>", "gh_1"),
        (" <![CDATA[ gh_1]]> ", "gh_1"),
        ("![CDATA[gh_1]]", "gh_1"),
        ("&lt;![CDATA[ gh_1 ]]&gt;", "gh_1"),
        ("a &amp; b", "a & b"),
        ("", ""),
    ],
)
def test_stray_spaces_and_cdata_marks_left_as_text_are_no_part_of_an_id(inner: str, said: str) -> None:
    assert parse(f"<xml><Id>{inner}</Id></xml>".encode()).said("Id") == said


def test_a_byte_order_mark_and_spaces_before_it_do_no_harm() -> None:
    assert parse(b"\xef\xbb\xbf\n<xml><A>1</A></xml>") == parse(b'\xef\xbb\xbf {"A":"1"}')


def test_the_bytes_are_utf8_whatever_the_declaration_says() -> None:
    assert parse('<?xml version="1.0" encoding="gbk"?><xml><A>你</A></xml>'.encode()).said("A") == "你"


@pytest.mark.parametrize(
    ("literal", "said"),
    [
        ('"a\\u0000b"', "a\ufffdb"),
        ('"a\\\\u0000b"', "a\\u0000b"),
        ('"a\\\\\\u0000b"', "a\\\ufffdb"),
        ('"a\\ud800b"', "a\ufffdb"),
        ('"\\ud83d\\ude00"', "😀"),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
    ],
)
def test_odd_json_is_read_as_text_that_can_be_stored(literal: str, said: str) -> None:
    assert parse(f'{{"A": {literal}}}'.encode()).said("A") == said


def test_a_64_bit_id_in_json_keeps_every_digit() -> None:
    assert parse(b'{"MsgID": 9223372036854775807}').said("MsgID") == "9223372036854775807"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"hello",
        b"<xml>",
        b"<xml></xm>",
        b"<xml/><xml/>",
        b"<xml>\x00</xml>",
        b"<xml>\xff</xml>",
        b"<xml>&unknown;</xml>",
        b"{",
        b"[1]",
        b"null",
        b"\xff\xfe<\x00",
    ],
)
def test_what_is_neither_xml_nor_a_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)


BOMBS = {
    "a hundred thousand levels of XML": b"<a>" * 100_000,
    "a hundred thousand levels, closed": b"<a>" * 100_000 + b"</a>" * 100_000,
    "a hundred thousand levels of JSON": b'{"a":' * 100_000,
    "a hundred thousand lists": b"[" * 100_000,
    "levels within what the decoder takes": b'{"a":' * 500 + b"1" + b"}" * 500,
    "lists within what the decoder takes": b'{"a":' + b"[" * 500 + b"1" + b"]" * 500 + b"}",
    "a billion laughs": b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><xml><A>&b;</A></xml>',
    "a file": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><A>&f;</A></xml>',
    "an address": b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:1/x.dtd"><xml><A>1</A></xml>',
    "an empty DOCTYPE": b"<!DOCTYPE xml><xml><A>1</A></xml>",
    "a quarter of a million elements": b"<xml>" + b"<a/>" * (MIB // 4 - 3) + b"</xml>",
    "half a million values": b'{"a":[' + b"1," * (MIB // 2 - 6) + b"1]}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_what_was_made_to_cost_is_refused_before_it_does(bomb: bytes) -> None:
    began = time.perf_counter()
    with pytest.raises(Hostile):
        parse(bomb)
    assert time.perf_counter() - began < 1


def test_the_bounds_are_where_they_are_said_to_be() -> None:
    parse(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH)
    parse(b'{"a":' * (MAX_DEPTH - 1) + b"1" + b"}" * (MAX_DEPTH - 1))
    parse(b"<xml>" + b"<a/>" * (MAX_PARTS - 1) + b"</xml>")
    with pytest.raises(Hostile):
        parse(b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1))
    with pytest.raises(Hostile):
        parse(b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH)
    with pytest.raises(Hostile):
        parse(b"<xml>" + b"<a/>" * MAX_PARTS + b"</xml>")


SHAPES = [
    b"<xml><A><![CDATA[1]]></A><B>2</B></xml>",
    b"<xml>\n<A> </A> <B></B>\r\n</xml>\n",
    b"<xml><A><![CDATA[<b>&amp;</b>]]></A></xml>",
    b"<xml><A><![CDATA[a\nb]]></A></xml>",
    b"<xml><A><![CDATA[a\rb]]></A></xml>",
    b"<xml><A><![CDATA[a]b]]></A></xml>",
    b"<xml><A>1</A><A>2</A></xml>",
    b"<xml><A><![CDATA[1]]><![CDATA[2]]></A></xml>",
    b"<xml><A>&lt;</A></xml>",
    b"<xml><A><B>1</B></A></xml>",
    b"<xml><A>1</A>\x0c</xml>",
    b"<xml><A>\xef\xbf\xbf</A></xml>",
    b"<xml><A>\x7f\xc2\x80</A></xml>",
    b"<xml></xml>",
    b"<xml>text</xml>",
    b"<xml><A>1</B></xml>",
    b"<xml><A>1</A></xml><xml/>",
]
LETTERS = st.sampled_from([*"aA]<>&\r\n\t \x0b\x0c\x00\x7f\x85\ufffe\uffff你", "]]>", "</A>", "<A>", "<![CDATA[", "<!---->"])


def tree(read: Callable[[bytes], Node | None], body: bytes) -> Node | None:
    try:
        return read(body)
    except Unreadable:
        return None


@given(at=st.integers(0, 60), text=st.lists(LETTERS, max_size=4).map("".join), body=st.sampled_from(SHAPES))
@example(at=0, text="", body=SHAPES[0])
@settings(max_examples=500, deadline=None)
def test_what_the_short_way_reads_is_what_the_parser_reads(at: int, text: str, body: bytes) -> None:
    body = body[:at] + text.encode() + body[at:]
    texts = read_flat(body)
    if texts:
        assert Node("", texts) == tree(_xml, body)


@pytest.mark.parametrize(("shape", "short"), [(body, n in (0, 1, 2, 3, 12, 13)) for n, body in enumerate(SHAPES)])
def test_the_short_way_takes_one_shape_alone(shape: bytes, short: bool) -> None:
    assert (read_flat(shape) is not None) == short


COSTLY = {
    "leaves": (b"<xml>", b"<a></a>", b"</xml>"),
    "attributes": (b"<xml><a ", b'b="" ', b"/></xml>"),
    "entities": (b"<xml><a>", b"&amp;", b"</a></xml>"),
    "line feeds": (b"<xml><a>", b"\r\n", b"</a></xml>"),
    "comments": (b"<xml>", b"<!---->", b"</xml>"),
    "brackets": (b"<xml><a><![CDATA[", b"]", b"]]></a></xml>"),
    "marks left over": (b"<xml><Encrypt>", b"![CDATA[", b"</Encrypt></xml>"),
    "numbers": (b'{"a":[', b"1,", b"1]}"),
    "long numbers": (b'{"a":[', b"9" * 4299 + b",", b"1]}"),
    "odd numbers": (b'{"a":[NaN,', b"1e9,", b"1]}"),
    "NUL": (b'{"a":"', b"\\u0000", b'"}'),
    "halves": (b'{"a":["', b"\\ud800", b'"]}'),
    "backslashes": (b'{"a":"\\u0000', b"\\\\", b'"}'),
    "lists": (b'{"a":[', b"[],", b"1]}"),
}


@pytest.mark.parametrize("parts", COSTLY.values(), ids=COSTLY.keys())
def test_the_costliest_push_holds_nobody_up_for_fifty_milliseconds(parts: tuple[bytes, bytes, bytes]) -> None:
    begin, unit, end = parts
    body = begin + unit * ((FULL - len(begin) - len(end)) // len(unit)) + end
    took = []
    for _ in range(3):
        began = time.thread_time()
        with suppress(Unreadable, Hostile):
            parse(body).said("Encrypt")
        took.append(time.thread_time() - began)
    assert min(took) < 0.05


MARKS = b'<xml> </xml> <A> </A> <! <![CDATA[ ]]> <?xml ?> & &#0; &#x4f60; <!DOCTYPE { } [ ] : , "A" " 1e999 \\u'.split()
PIECES = [*MARKS, b" ", b"\xff", b"\x00", "你".encode()]
markup = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


@given(body=st.binary(max_size=300) | markup)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_tree_or_refused_in_one_of_two_ways(body: bytes) -> None:
    with suppress(Unreadable, Hostile):
        parse(body)
