"""The exact body of what goes out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careline.channels.ports import Outgoing
from careline.channels.whatsapp.messages import body, wa_me_link
from careline.errors import Usage
from careline.model import Template, TemplateUse
from tests.careline.channels.whatsapp.payloads import ANNA, ANNA_USER


def text(words: str = "È arrivato!", to: str = ANNA, kind: str = "wa_phone", **fields: Any) -> Outgoing:
    return Outgoing(to=to, to_kind=kind, kind="text", text=words, **fields)


def template(*parameters: tuple[str, str], definition: Template | None = None) -> Outgoing:
    use = TemplateUse("order_update", "it", parameters)
    return Outgoing(to=ANNA, to_kind="wa_phone", kind="template", template=use, definition=definition)


ORDER = Template(
    account="1", name="order_update", language="it", components=json.dumps([{"type": "BODY", "text": "Ciao {{1}}!"}])
)


def test_a_text_to_a_phone() -> None:
    assert body(text(ours="m902@k3")) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+393331234567",
        "type": "text",
        "text": {"body": "È arrivato!"},
        "biz_opaque_callback_data": "m902@k3",
    }


def test_an_answer_to_a_message_quotes_it() -> None:
    assert body(text(reply_to="wamid.1"))["context"] == {"message_id": "wamid.1"}
    assert "context" not in body(text())


def test_a_customer_without_a_phone_is_reached_by_id() -> None:
    sent = body(text(to=ANNA_USER, kind="wa_bsuid"))
    assert sent["recipient"] == ANNA_USER
    assert "to" not in sent


@pytest.mark.parametrize("phone", ["393331234567", "+393331234567", "+39 333 123-4567", "+39 (333) 1234567"])
def test_a_phone_always_goes_out_with_its_plus(phone: str) -> None:
    assert body(text(to=phone))["to"] == "+393331234567"


@pytest.mark.parametrize("phone", ["", "+", "anna", "0039333", "+0393331234567", "12345", "1" * 16, "+39333x", "٣٩٣٣٣١٢٣٤٥٦٧"])
def test_what_is_no_phone_is_refused(phone: str) -> None:
    with pytest.raises(Usage, match="is not a phone number"):
        body(text(to=phone))


def test_nobody_can_be_written_to() -> None:
    with pytest.raises(Usage, match="nothing can be sent"):
        body(text(to="anonymous:wamid.1", kind="anonymous"))


@pytest.mark.parametrize("words", ["", " ", "\n\t"])
def test_an_empty_text_is_refused(words: str) -> None:
    with pytest.raises(Usage, match="is empty"):
        body(text(words))


def test_4096_characters_fit_and_one_more_does_not() -> None:
    assert body(text("你" * 4096))["text"]["body"] == "你" * 4096
    with pytest.raises(Usage, match="has 4097 characters; WhatsApp takes 4096"):
        body(text("你" * 4097))


def test_half_a_character_is_refused() -> None:
    with pytest.raises(Usage, match="not valid UTF-8"):
        body(text("perch\udcc3"))


def test_a_template_carries_its_name_language_and_values() -> None:
    sent = body(template(("1", "Anna"), definition=ORDER))
    assert sent["type"] == "template"
    assert sent["template"] == {
        "name": "order_update",
        "language": {"code": "it"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Anna"}]}],
    }


def test_a_template_without_variables_has_no_components() -> None:
    plain = Template(account="1", name="order_update", language="it", components='[{"type":"BODY","text":"Ciao"}]')
    assert body(template(definition=plain))["template"] == {"name": "order_update", "language": {"code": "it"}}


def test_the_body_of_a_template_nobody_listed_can_be_filled() -> None:
    sent = body(template(("2", "due"), ("1", "uno"), ("name", "Anna")))
    assert sent["template"]["components"][0]["parameters"] == [
        {"type": "text", "text": "uno"},
        {"type": "text", "text": "due"},
        {"type": "text", "parameter_name": "name", "text": "Anna"},
    ]


def test_the_buttons_of_a_template_nobody_listed_cannot() -> None:
    with pytest.raises(Usage, match="only the variables of its body") as error:
        body(template(("button0", "x")))
    assert error.value.run == "careline templates list"


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ([("1", "a"), ("1", "b")], "Parameter '1' is given twice."),
        ([("2", "a")], "order_update/it has no parameter '2'."),
        ([], "Parameter '1' of order_update/it is missing."),
        ([("1", "\udcff")], "The parameter 1 is not valid UTF-8."),
    ],
)
def test_wrong_parameters_are_named(parameters: list[tuple[str, str]], why: str) -> None:
    with pytest.raises(Usage) as error:
        body(template(*parameters, definition=ORDER))
    assert error.value.message == why


def test_a_link_opens_a_chat_with_the_text_typed_in() -> None:
    assert wa_me_link("+39 02 1234567", "Ciao & 你好? a/b") == (
        "https://wa.me/39021234567?text=Ciao%20%26%20%E4%BD%A0%E5%A5%BD%3F%20a%2Fb"
    )
    assert wa_me_link("39021234567", "") == "https://wa.me/39021234567"


def test_a_link_needs_a_phone() -> None:
    with pytest.raises(Usage, match="is not a phone number"):
        wa_me_link("shop", "x")
