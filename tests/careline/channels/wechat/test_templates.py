"""Templates of an Official Account: how they are listed, what their fields take, and the request that sends one."""

from __future__ import annotations

import json
from time import perf_counter
from typing import Any

import httpx
import pytest

from careline.channels.ports import Accepted, Outgoing, Request
from careline.channels.wechat.client import WeChatClient
from careline.channels.wechat.fields import TYPES, problem
from careline.channels.wechat.templates import NOTICE, SUBSCRIPTION, Listed, Templates, check, components, slots
from careline.errors import Refused, Unknown, Usage
from careline.model import Template, TemplateUse
from tests.careline.channels.wechat.test_client import WeChat, refuses, run, says

CONTENT = "订单编号：{{character_string1.DATA}}\n快递：{ {thing2.DATA} }，{{phrase3.DATA}}\n备注：{{thing4.DATA}}\n"
EXAMPLE = "订单编号：A1\n快递：顺丰，已发货\n备注：请签收\n"
GIVEN = {"character_string1": "A1", "thing2": "顺丰", "phrase3": "已发货", "thing4": "谢谢"}


def template(category: str = "notice", content: str = CONTENT, example: str = EXAMPLE) -> Template:
    made = components(Listed("id-1", "发货通知", content, example))
    return Template(
        account="wx1", name="发货通知", language="zh_CN", id="id-1", category=category, components=json.dumps(made), named=True
    )


def request(given: dict[str, str], definition: Template | None = None, ours: str = "m7@store") -> Request:
    definition = definition or template()
    use = TemplateUse(definition.name, "zh_CN", tuple(given.items()))
    message = Outgoing(to="o1", to_kind="wechat_openid", kind="template", template=use, definition=definition, ours=ours)
    return WeChatClient(None).request(message)  # type: ignore[arg-type]


def body(given: dict[str, str], definition: Template | None = None, **more: Any) -> Any:
    return json.loads(request(given, definition, **more).body)


# What there is


def test_both_lists_are_read_whatever_they_leave_out() -> None:
    rows = {"template_list": [{"template_id": "a", "title": " 标题 ", "content": "{{thing1.DATA}}", "example": ""}]}
    found = run(WeChat(says(rows)), lambda door: Templates(door).notices(), lambda door: door)
    assert found == [Listed("a", "标题", "{{thing1.DATA}}")]
    told = {"errcode": 0, "errmsg": "ok", "data": [{"priTmplId": "b", "title": "t", "content": "c", "type": 3}]}
    found = run(WeChat(says(told)), lambda door: Templates(door).subscriptions(), lambda door: door)
    assert found == [Listed("b", "t", "c", "", True, True)]
    assert run(WeChat(says({})), lambda door: Templates(door).notices(), lambda door: door) == []


def test_a_fields_example_is_taken_from_its_line_where_it_stands_alone() -> None:
    told = {slot.slot: (slot.type, slot.example) for slot in slots(template())}
    assert told == {
        "character_string1": ("character_string", "A1"),
        "thing2": ("thing", ""),
        "phrase3": ("phrase", ""),
        "thing4": ("thing", "请签收"),
    }


# What goes out


def test_the_request_holds_every_field_and_an_id_that_a_repeat_has_too() -> None:
    made = request(GIVEN)
    sent = json.loads(made.body)
    assert (made.method, made.path) == ("POST", NOTICE)
    assert sent["touser"] == "o1"
    assert sent["template_id"] == "id-1"
    assert sent["data"] == {key: {"value": value} for key, value in GIVEN.items()}
    assert len(sent["client_msg_id"]) == 32
    assert sent["client_msg_id"] == body(GIVEN)["client_msg_id"]
    assert sent["client_msg_id"] != body(GIVEN, ours="m8@store")["client_msg_id"]
    assert "\\u" not in made.body


def test_a_link_goes_where_each_of_the_two_calls_wants_it() -> None:
    linked = GIVEN | {"link.url": "https://shop.example/o/1"}
    assert body(linked)["url"] == "https://shop.example/o/1"
    subscription = request(linked, template("subscription"))
    sent = json.loads(subscription.body)
    assert (subscription.path, sent["page"]) == (SUBSCRIPTION, "https://shop.example/o/1")
    assert "client_msg_id" not in sent
    program = GIVEN | {"link.appid": "wx2", "link.page": "pages/o"}
    assert body(program)["miniprogram"] == {"appid": "wx2", "pagepath": "pages/o"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"thing2": "x"}, "'character_string1'"),
        (GIVEN | {"thing9": "x"}, "has no parameter 'thing9'"),
        (GIVEN | {"thing2": "x" * 21}, "'thing2' of 发货通知 has 21 characters, and takes at most 20"),
        (GIVEN | {"phrase3": "shipped"}, "'phrase3'"),
        (GIVEN | {"character_string1": "编号"}, "'character_string1'"),
        (GIVEN | {"thing4": "  "}, "is empty"),
        (GIVEN | {"link.url": "shop.example"}, "begins with https://"),
        (GIVEN | {"link.page": "pages/o"}, "both link.appid and link.page"),
    ],
)
def test_what_47003_would_say_is_said_before_the_call_and_names_the_field(given: dict[str, str], said: str) -> None:
    with pytest.raises(Usage) as refused:
        request(given)
    assert said in refused.value.message


def test_a_preview_may_leave_fields_out_and_still_looks_at_those_given() -> None:
    check(template(), {"thing2": "x"}, whole=False)
    with pytest.raises(Usage):
        check(template(), {"thing2": "x" * 21}, whole=False)


VALUES = {
    "thing": (["羊毛围巾", "x" * 20], ["x" * 21]),
    "number": (["12", "-3.5", "1" * 32], ["1" * 33, "twelve"]),
    "letter": (["Abc"], ["A1", "a" * 33, "字"]),
    "symbol": (["¥", "!!!!!"], ["!!!!!!", "a"]),
    "character_string": (["A-1 #2", "x" * 32], ["x" * 33, "编号"]),
    "time": (["16:30", "2026年3月6日 16:30", "2026-03-06 16:30:01", "16:30~18:00", "2026年3月6日"], ["soon", "6 March"]),
    "date": (["2026年3月6日", "2026/3/6", "2026-03-06 16:30"], ["16:30", "tomorrow"]),
    "amount": (["¥12.50", "12元", "100", "$1,234.50"], ["free", "12345678901234"]),
    "phone_number": (["+39 02 1234 5678", "021-62000000"], ["1" * 18, "call us"]),
    "car_number": (["粤A8Z888挂"], ["粤A8Z888挂号号"]),
    "name": (["王小明", "Anna Maria Rossi", "字" * 10], ["字" * 11, "a" * 21]),
    "phrase": (["已发货"], ["已发货了没有", "sent"]),
    "const": (["x" * 20], ["x" * 21]),
}


def test_every_type_has_values_that_go_and_values_that_do_not() -> None:
    assert VALUES.keys() == TYPES.keys()
    for type, (good, bad) in VALUES.items():
        for value in good:
            assert problem(f"{type}1", value) == "", (type, value)
        for value in bad:
            assert problem(f"{type}12", value), (type, value)


def test_a_type_that_nobody_knows_takes_any_text() -> None:
    assert problem("keyword1", "x" * 200) == problem("site01", "上海") == ""
    assert problem("keyword1", "a\x00b") == "holds a control character"


def test_long_values_are_refused_quickly() -> None:
    began = perf_counter()
    for type in TYPES:
        for value in ("1" * 20_000, "1:11-" * 5_000, "2026年3月6日 " * 3_000):
            assert problem(f"{type}1", value)
    assert perf_counter() - began < 2


# What WeChat answers


def test_its_number_is_text_and_may_be_missing() -> None:
    made = request(GIVEN)
    number = 9_007_199_254_740_993
    assert run(WeChat(says({"errcode": 0, "errmsg": "ok", "msgid": number})), lambda c: c.send(made)) == Accepted(
        id=str(number)
    )
    assert run(WeChat(says({"errcode": 0, "errmsg": "ok"})), lambda c: c.send(made)) == Accepted(id="")


def test_43101_says_that_ledger_and_platform_disagree() -> None:
    made = request(GIVEN, template("subscription"))
    with pytest.raises(Refused) as refused:
        run(WeChat(refuses(43101)), lambda c: c.send(made))
    error = refused.value
    assert (error.code, error.platform_code, "disagrees" in error.message) == ("no_grant", "43101", True)


@pytest.mark.parametrize(("code", "word"), [(43004, "not_following"), (47003, "refused"), (40037, "refused")])
def test_its_refusals_have_words_of_ours(code: int, word: str) -> None:
    with pytest.raises(Refused) as refused:
        run(WeChat(refuses(code, "argument invalid! data.thing1.value invalid")), lambda c: c.send(request(GIVEN)))
    assert (refused.value.code, "data.thing1.value" in refused.value.message) == (word, True)


def test_a_lost_answer_is_unknown() -> None:
    with pytest.raises(Unknown):
        run(WeChat(httpx.ReadTimeout("")), lambda c: c.send(request(GIVEN)))
