"""Who wrote: phone numbers, ids of customers without one, and nobody at all."""

from __future__ import annotations

from typing import Any

import pytest

from careline.heard import HeardMessage, Who
from tests.careline.channels.whatsapp.payloads import ANNA, ANNA_USER, CONTACT, change, heard, heard_message, message, messages

NAME = {"profile": {"name": "Anna Rossi"}}


def text(**fields: Any) -> dict[str, Any]:
    """A text of somebody; a field that is None is left out."""
    item = message("text", {"body": "x"}) | fields
    return {key: value for key, value in item.items() if value is not None}


PEOPLE: list[tuple[str, dict[str, Any], list[Any], Who]] = [
    (
        "a phone number",
        text(),
        [CONTACT],
        Who(ANNA, "wa_phone", (), "Anna Rossi", "", f"+{ANNA}"),
    ),
    (
        "a phone number with its plus",
        text(**{"from": "+39 333 1234567"}),
        [CONTACT],
        Who(ANNA, "wa_phone", (), "Anna Rossi", "", f"+{ANNA}"),
    ),
    (
        "a phone number and a user id",
        text(from_user_id=ANNA_USER),
        [CONTACT | {"user_id": ANNA_USER}],
        Who(ANNA, "wa_phone", (("wa_bsuid", ANNA_USER),), "Anna Rossi", "", f"+{ANNA}"),
    ),
    (
        "a user id that only the contact tells",
        text(),
        [CONTACT | {"user_id": ANNA_USER}],
        Who(ANNA, "wa_phone", (("wa_bsuid", ANNA_USER),), "Anna Rossi", "", f"+{ANNA}"),
    ),
    (
        "a customer with a username and no phone",
        text(**{"from": None, "from_user_id": ANNA_USER}),
        [{"profile": {"name": "Anna Rossi", "username": "@anna.rossi"}, "user_id": ANNA_USER}],
        Who(ANNA_USER, "wa_bsuid", (), "Anna Rossi", "anna.rossi", ""),
    ),
    (
        "an empty phone number",
        text(**{"from": ""}),
        [NAME | {"wa_id": "", "user_id": ANNA_USER}],
        Who(ANNA_USER, "wa_bsuid", (), "Anna Rossi", "", ""),
    ),
    (
        "a user id repeated where phones belong",
        text(**{"from": "13491208655302741918", "from_user_id": "13491208655302741918"}),
        [NAME | {"wa_id": "13491208655302741918", "user_id": "13491208655302741918"}],
        Who("13491208655302741918", "wa_bsuid", (), "Anna Rossi", "", ""),
    ),
    (
        "an id in the place of a phone",
        text(**{"from": "user.9f2c"}),
        [],
        Who("user.9f2c", "wa_bsuid", (), "", "", ""),
    ),
    (
        "a company's id for the same person",
        text(from_user_id=ANNA_USER, from_parent_user_id="IT.ENT.77"),
        [CONTACT | {"parent_user_id": "IT.ENT.77"}],
        Who(ANNA, "wa_phone", (("wa_parent_bsuid", "IT.ENT.77"), ("wa_bsuid", ANNA_USER)), "Anna Rossi", "", f"+{ANNA}"),
    ),
    (
        "a Brazilian number with and without its nine",
        text(**{"from": "5511987654321"}),
        [{"profile": {"name": "Bia"}, "wa_id": "551187654321 "}],
        Who("5511987654321", "wa_phone", (("wa_id", "551187654321"),), "Bia", "", "+5511987654321"),
    ),
    (
        "only the contact has a number",
        text(**{"from": None}),
        [CONTACT],
        Who(ANNA, "wa_phone", (), "Anna Rossi", "", f"+{ANNA}"),
    ),
    (
        "a number change has no contacts",
        message("system", {"body": "x", "type": "user_changed_number"}),
        [],
        Who(ANNA, "wa_phone", (), "", "", f"+{ANNA}"),
    ),
    ("a contact that is none", text(), ["?", None, 7], Who(ANNA, "wa_phone", (), "", "", f"+{ANNA}")),
    (
        "a name without any id",
        text(**{"from": None}),
        [NAME],
        Who("anonymous:wamid.text", "anonymous", (), "Anna Rossi", "", ""),
    ),
    ("nobody", text(**{"from": None}), [], Who("anonymous:wamid.text", "anonymous", (), "", "", "")),
]


@pytest.mark.parametrize(("item", "contacts", "who"), [pytest.param(i, c, w, id=name) for name, i, c, w in PEOPLE])
def test_a_person_is_whatever_the_platform_gives(item: dict[str, Any], contacts: list[Any], who: Who) -> None:
    assert heard_message(item, contacts=contacts).who == who


def who_of(*items: dict[str, Any], contacts: list[Any]) -> list[Who]:
    found = heard(change("messages", messages(*items, contacts=contacts)))
    return [one.who for one in found if isinstance(one, HeardMessage)]


def test_two_people_in_one_body_keep_their_own_names() -> None:
    bruno = {"profile": {"name": "Bruno"}, "wa_id": "393338888888"}
    found = who_of(text(id="1"), text(id="2", **{"from": "393338888888"}), contacts=[bruno, CONTACT])
    assert [who.name for who in found] == ["Anna Rossi", "Bruno"]


def test_one_contact_beside_two_senders_is_only_its_own() -> None:
    anna, stranger = who_of(text(id="1"), text(id="2", **{"from": "393338888888"}), contacts=[CONTACT | {"user_id": ANNA_USER}])
    assert anna.others == (("wa_bsuid", ANNA_USER),)
    assert (stranger.handle, stranger.name, stranger.others) == ("393338888888", "", ())
