"""What WeChat's customers do from the command line: notifications they agree to, buttons they tap."""

from __future__ import annotations

from typing import Any

from careline.sandbox.server import Running
from tests.commands.test_sandbox import Shell, receiver, registered, sandbox, shell  # noqa: F401 - fixtures

ADD = 'api brand-cn POST wxaapi/newtmpl/addtemplate --input -'  # fmt: skip
LIBRARY = '{"tid": "2414", "kidList": [1, 2], "sceneDesc": "到货"}'


def test_a_customer_agrees_refuses_and_takes_back(registered: Shell, sandbox: Running) -> None:  # noqa: F811
    registered.done(ADD, input=LIBRARY)
    for answer, did in (("accept", "accepted"), ("reject", "rejected"), ("withdraw", "withdrew")):
        told: Any = registered.done(f"sandbox subscribe liwei 到货提醒 --answer {answer}", terminal=True)
        assert told.stdout.startswith(f"liwei {did}; ")
    pushes = [one["what"] for one in sandbox.control.log()["pushes"]]
    popup, change = "subscribe_msg_popup_event", "subscribe_msg_change_event"
    assert pushes == [popup, popup, change]


def test_a_notification_that_is_not_there_and_an_answer_that_is_none(registered: Shell) -> None:  # noqa: F811
    missing = registered("sandbox subscribe liwei 没有")
    assert (missing.exit, "no subscription template" in missing.stderr) == (5, True)
    registered.done(ADD, input=LIBRARY)
    assert registered("sandbox subscribe liwei 到货提醒 --answer perhaps").exit == 2
    assert registered("sandbox subscribe +393331234567 到货提醒").exit == 2


def test_a_button_is_tapped_by_its_name(registered: Shell, sandbox: Running, tmp_path: Any) -> None:  # noqa: F811
    menu = tmp_path / "menu.toml"
    menu.write_text('[[button]]\nname = "订单"\ntype = "click"\nkey = "orders"\n', "utf-8")
    registered.done(f"menus apply {menu}")
    registered.done("sandbox tap liwei 订单")
    wrong = registered("sandbox tap liwei 没有")
    assert (wrong.exit, "On it: 订单" in wrong.stderr) == (5, True)
