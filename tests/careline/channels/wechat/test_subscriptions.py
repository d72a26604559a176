"""What customers answer to notifications, in every shape in which WeChat has told it."""

from __future__ import annotations

import json

import pytest

from careline.channels.wechat.hear import hear
from careline.heard import HeardAct
from tests.careline.channels.wechat.pushes import ACCOUNT, NOW, OPENID, TIMESTAMP, event

ACCEPT = {"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": "0"}
REJECT = {"TemplateId": "T2", "SubscribeStatusString": "reject", "PopupScene": "2"}


def rows(*all: dict[str, str]) -> str:
    return "".join(f"<List>{''.join(f'<{name}>{value}</{name}>' for name, value in one.items())}</List>" for one in all)


def in_xml(name: str, wrapper: str, *all: dict[str, str]) -> bytes:
    return event(name, f"<{wrapper}>\n  {rows(*all)}\n</{wrapper}>")


def in_json(name: str, list_: object) -> bytes:
    told = {"ToUserName": ACCOUNT, "FromUserName": OPENID, "CreateTime": TIMESTAMP, "MsgType": "event", "Event": name}
    return json.dumps(told | {"List": list_}).encode()


def answers(push: bytes) -> tuple[tuple[str, str], ...]:
    (said,) = hear(push, NOW)
    assert isinstance(said, HeardAct)
    assert (said.kind, said.who.handle) == ("subscription", OPENID)
    return said.answers


@pytest.mark.parametrize(
    "push",
    [
        in_xml("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", ACCEPT, REJECT),
        in_json("subscribe_msg_popup_event", [ACCEPT, REJECT]),
    ],
)
def test_a_popup_tells_an_answer_for_each_template(push: bytes) -> None:
    assert answers(push) == (("T1", "accept"), ("T2", "reject"))


def test_a_single_answer_is_no_list_in_json() -> None:
    assert answers(in_json("subscribe_msg_popup_event", ACCEPT)) == (("T1", "accept"),)


def test_to_refuse_in_the_settings_is_to_withdraw() -> None:
    told = {"TemplateId": "T1", "SubscribeStatusString": "reject"}
    assert answers(in_xml("subscribe_msg_change_event", "SubscribeMsgChangeEvent", told)) == (("T1", "withdraw"),)
    assert answers(in_json("subscribe_msg_change_event", told)) == (("T1", "withdraw"),)


def test_to_agree_in_the_settings_grants_nothing() -> None:
    assert answers(in_json("subscribe_msg_change_event", ACCEPT)) == ()


def test_an_answer_that_nobody_knows_is_kept_and_changes_nothing() -> None:
    push = in_json("subscribe_msg_popup_event", [ACCEPT | {"SubscribeStatusString": "later"}, {"TemplateId": "", **REJECT}])
    (said,) = hear(push, NOW)
    assert isinstance(said, HeardAct)
    assert (said.answers, "later" in said.raw) == ((("T2", "reject"),), True)


def test_the_same_template_twice_in_one_popup_is_two_grants() -> None:
    assert answers(in_json("subscribe_msg_popup_event", [ACCEPT, ACCEPT])) == (("T1", "accept"),) * 2
