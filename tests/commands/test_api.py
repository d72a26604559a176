"""careline api: the rest of the platforms' APIs, and what it must never do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from careline.channels.anycall import any_call
from careline.clock import HOUR
from careline.errors import Usage
from careline.sandbox import account
from careline.sandbox.server import Running
from tests.commands.desk import Desk

NUMBER, ACCOUNT = account.PHONE_NUMBER_ID, account.BUSINESS_ACCOUNT_ID
META = "https://graph.facebook.com"


def test_it_reads_what_has_no_command_of_its_own(open_desk: Desk, platforms: Running) -> None:
    answer = open_desk.json(f"api shop-it GET {NUMBER} -f fields=throughput")
    assert answer == {"throughput": {"level": "STANDARD"}, "id": NUMBER}
    assert open_desk.json(f"api shop-it get '/v23.0/{NUMBER}?fields=throughput'") == answer
    assert open_desk.json(f"api shop-it GET {platforms.url}/{NUMBER}?fields=throughput") == answer


def test_it_writes_and_deletes(open_desk: Desk, tmp_path: Path) -> None:
    made = open_desk.json(f"api shop-it POST {NUMBER}/message_qrdls -f prefilled_message=Ciao")
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"prefilled_message": "Salve", "code": made["code"]}))
    open_desk.done(f"api shop-it POST {NUMBER}/message_qrdls --input {body}")
    (one,) = open_desk.json(f"api shop-it GET {NUMBER}/message_qrdls --all-pages")
    assert one["prefilled_message"] == "Salve"
    assert open_desk.refused(f"api shop-it DELETE {NUMBER}/message_qrdls/{made['code']}", 2)["code"] == "needs_yes"
    open_desk.done(f"api shop-it DELETE {NUMBER}/message_qrdls/{made['code']} --yes")
    assert open_desk.json(f"api shop-it GET {NUMBER}/message_qrdls") == {"data": []}


@pytest.mark.parametrize(
    "call",
    [
        f"shop-it POST {NUMBER}/deregister",
        f"shop-it POST {NUMBER}/%64eregister",
        f"shop-it POST {ACCOUNT} -f is_enabled_for_insights=true",
        "brand-cn GET cgi-bin/menu/delete",
        "brand-cn POST cgi-bin/material/del_material -f media_id=1",
    ],
)
def test_what_cannot_be_undone_is_asked_about(open_desk: Desk, call: str) -> None:
    calls = len(open_desk.control.log()["calls"])
    assert open_desk.refused(f"api {call}", 2)["code"] == "needs_yes"
    assert len(open_desk.control.log()["calls"]) == calls


def test_all_pages_are_one_list_an_object_a_line_where_lines_are_wanted(open_desk: Desk, platforms: Running) -> None:
    for number in range(103):
        if number == 60:
            platforms.control.advance(2 * HOUR)  # Meta takes a hundred an hour
        body = {"type": "BODY", "text": f"Il pacco numero {number} arriva oggi, grazie."}
        wanted = {"name": f"parcel_{number}", "language": "it", "category": "UTILITY", "components": [body]}
        open_desk.done(f"api shop-it POST {ACCOUNT}/message_templates --input -", input=json.dumps(wanted))
    for shape in ("plain", "nodes", "nested", "links"):
        platforms.control.settings(paging=shape)
        lines = open_desk.done(f"api shop-it GET {ACCOUNT}/message_templates -f fields=name --all-pages -o jsonl").stdout
        assert len({json.loads(line)["name"] for line in lines.splitlines()}) == 103
    assert len(open_desk.json(f"api shop-it GET {ACCOUNT}/message_templates --all-pages")) == 103


def test_a_refusal_is_the_platforms_with_its_code(open_desk: Desk) -> None:
    error = open_desk.refused("api shop-it GET 123456", 5)
    assert (error["platform_code"], error["code"]) == ("100", "not_found")


def test_a_rehearsal_shows_the_request_without_secrets_and_asks_nobody(open_desk: Desk, platforms: Running) -> None:
    before = len(platforms.control.log()["calls"])
    shown = open_desk.json(f"api shop-it POST {NUMBER} --dry-run -f pin=123456")
    assert shown == {"method": "POST", "path": f"/{NUMBER}", "params": {}, "body": {"pin": "[hidden]"}}
    assert len(platforms.control.log()["calls"]) == before


def test_the_trace_of_a_call_holds_no_token(open_desk: Desk, tmp_path: Path) -> None:
    open_desk.done(f"api shop-it GET {NUMBER} --trace {tmp_path / 'trace'}")
    open_desk.done(f"api brand-cn GET cgi-bin/getcallbackip --trace {tmp_path / 'trace'}")
    traced = (tmp_path / "trace").read_text()
    assert f"/v23.0/{NUMBER}" in traced
    assert "access_token=[hidden]" in traced
    assert account.ACCESS_TOKEN not in traced


def test_it_speaks_to_wechat_too(open_desk: Desk) -> None:
    assert open_desk.json("api brand-cn GET cgi-bin/getcallbackip")["ip_list"]
    error = open_desk.refused("api brand-cn GET cgi-bin/nothing_here", 6)
    assert error["platform_code"] != ""
    assert open_desk.refused("api brand-cn GET cgi-bin/getcallbackip --all-pages", 2)["code"] == "bad_method"


def test_an_answer_is_json_and_nothing_else(open_desk: Desk) -> None:
    assert open_desk(f"api shop-it GET {NUMBER} -o csv").exit == 2


SENDS = [
    f"{NUMBER}/messages",
    f"/v23.0/{NUMBER}/messages",
    f"v23.0/{NUMBER}/messages/",
    f"/{NUMBER}//messages",
    f"{NUMBER}/MESSAGES",
    f"{NUMBER}/mess%61ges",
    f"{NUMBER}/mess%2561ges",
    f"{NUMBER}/messages;x=1",
    f"{NUMBER}/messages.json",
    f"{NUMBER}/messages?a=b",
    f"{NUMBER}/marketing_messages",
    f"{NUMBER}/messages_encrypted",
    f"{NUMBER}/calls",
    f"{META}/v23.0/{NUMBER}/messages",
    f"{NUMBER}?method=post",
    f"{NUMBER}?METHOD=post",
    "?batch=%5B%5D",
    "batch",
]


@pytest.mark.parametrize("path", SENDS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_sends_messages_is_refused_however_it_is_written(path: str, method: str) -> None:
    with pytest.raises(Usage) as refused:
        any_call("whatsapp", method, path, [], None, META)
    assert refused.value.code == "sends_messages"


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        (["batch=[]"], None),
        (["method=POST"], None),
        ([], '{"batch": [{"method": "POST", "relative_url": "1/messages"}]}'),
        ([], '{"messaging_product": "whatsapp", "to": "393331234567", "type": "text"}'),
        (["messaging_product=whatsapp"], '{"to": "393331234567"}'),
        (["messaging_product=whatsapp", "recipient=IT.1"], None),
    ],
)
def test_a_batch_another_method_or_a_message_in_the_body_is_refused_too(fields: list[str], body: str | None) -> None:
    with pytest.raises(Usage) as refused:
        any_call("whatsapp", "POST", NUMBER, fields, body, META)
    assert refused.value.code == "sends_messages"


def test_sending_is_refused_on_wechat_as_well() -> None:
    for path in (
        "message/custom/send",
        "message/mass/sendall",
        "message/template/send",
        "MESSAGE/custom/send",
        "a/uniform_send",
    ):
        with pytest.raises(Usage, match="sends messages"):
            any_call("wechat", "POST", f"cgi-bin/{path}", [], "{}", "https://api.weixin.qq.com")
    with pytest.raises(Usage, match="end those in use"):
        any_call("wechat", "POST", "/cgi-bin/stable_token", [], "{}", "https://api.weixin.qq.com")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("https://evil.example/1", "bad_path"),
        ("http://graph.facebook.com/1", "bad_path"),
        ("https://graph.facebook.com.evil.example/1", "bad_path"),
        ("https://graph.facebook.com@evil.example/1", "bad_path"),
        ("//evil.example/1", "bad_path"),
        ("1/../2/messages", "bad_path"),
        ("1/%2e%2e/2", "bad_path"),
        ("1%2fmessages", "bad_path"),
        ("1\\messages", "bad_path"),
        ("1 2", "bad_path"),
        ("1#x", "bad_path"),
        ("1\n2", "bad_path"),
        ("http://[", "bad_path"),
        ("1?access_token=EAAG", "bad_field"),
    ],
)
def test_the_token_goes_nowhere_else_and_comes_from_nowhere_else(path: str, code: str) -> None:
    with pytest.raises(Usage) as refused:
        any_call("whatsapp", "GET", path, [], None, META)
    assert refused.value.code == code


def test_a_field_without_a_value_and_a_body_that_is_none_are_told() -> None:
    for fields, body in ((["name"], None), (["=x"], None), ([], "[1]"), ([], "{")):
        with pytest.raises(Usage) as refused:
            any_call("whatsapp", "POST", NUMBER, fields, body, META)
        assert refused.value.code == "bad_field"
    with pytest.raises(Usage, match="has no body"):
        any_call("whatsapp", "GET", NUMBER, [], "{}", META)
    with pytest.raises(Usage, match="no method"):
        any_call("whatsapp", "PUT", NUMBER, [], None, META)
