"""A template as the customer will see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.errors import Usage
from careline.templates import file
from careline.templates.preview import Bubble, Button, Preview, preview, row

GOOD = Path(__file__).parent / "files" / "good"


def seen(name: str, *values: tuple[str, str]) -> Preview:
    return preview(row(file.read(GOOD / f"{name}.toml")), values)


def test_values_stand_in_their_place_and_examples_where_none_are_given() -> None:
    made = seen("named", ("day", "oggi"), ("header.order", "99"))
    assert made.message == Bubble(
        "Ordine 99", "Ciao Anna, il tuo ordine arriva oggi nel nostro negozio di Milano.", "Negozio Rossi"
    )
    assert (made.name, made.language, made.category) == ("named", "it", "utility")


def test_what_is_no_text_is_a_word_with_what_is_known_of_it() -> None:
    assert seen("image_header").message.header == "[image: samples/shop.png]"
    assert seen("image_header", ("header.link", "https://a.b/c.png")).message.header == "[image: https://a.b/c.png]"
    assert seen("image_header", ("header.id", "123456")).message.header == "[image: 123456]"
    assert seen("document_header", ("header.filename", "fattura.pdf")).message.header == "[document: fattura.pdf]"
    assert seen("location_header").message.header == "[location]"
    assert seen("uploaded_sample").message.header == "[image]"


def test_a_code_reads_as_the_platform_words_it() -> None:
    assert seen("code_to_copy", ("1", "123456")).message == Bubble(
        "",
        "123456 is your verification code. For your security, do not share this code.",
        "This code expires in 10 minutes.",
        (Button("otp", "Copy code"),),
    )


def test_cards_offers_and_amounts_are_shown() -> None:
    made = seen("carousel", ("card1.1.currency", "EUR,10,dieci euro"))
    assert made.message.body == "Hello Anna, two bags that go with what you bought."
    assert [card.body for card in made.cards] == ["A bag of leather for the winter.", "A bag of dieci euro for the winter."]
    assert made.cards[0].buttons == (Button("quick_reply", "More like this"), Button("url", "Buy"))
    assert seen("offer", ("lto.expires", "2026-12-24T18:00:00+01:00")).message.body.startswith(
        "⏳ Only today, until 2026-12-24T18:00:00+01:00\n"
    )


def test_a_label_that_the_platform_writes_is_the_kind_of_button() -> None:
    assert seen("call_permission").message.buttons == (Button("call_permission_request", "Call permission request"),)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("positional", ("2", "x"), "positional/en has no parameter '2'."),
        ("positional", ("1", "a\nb"), "Parameter '1' of positional/en has a line break"),
        ("location_header", ("header.location", "nowhere"), "must be LATITUDE,LONGITUDE"),
        ("offer", ("lto.expires", "tomorrow"), "must be a time with its zone"),
    ],
)
def test_a_value_that_could_not_be_sent_is_refused_here_too(name: str, value: tuple[str, str], why: str) -> None:
    with pytest.raises(Usage) as error:
        seen(name, value)
    assert why in error.value.message
