"""Who wrote. A phone number may be missing (customers with a username), so a person is any of the ids Meta gives.

Phone numbers are kept as digits, as Meta writes them; ids of the other kind (business-scoped user ids) are opaque.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_list
from careline.heard import Who

PHONE = "wa_phone"
USER = "wa_bsuid"

_PHONE = re.compile(r"\+?[0-9][0-9 ().-]*")


def digits(phone: str) -> str:
    """The digits of a phone number however it is written; empty when it is something else."""
    if phone.isascii() and phone.isdigit():  # as Meta writes it
        return phone
    return re.sub("[^0-9]", "", phone) if _PHONE.fullmatch(phone) else ""


_TWO_FORMS = (  # country, its longer form, its shorter one: both were or are in use for the same phone
    (re.compile("(55[1-9][1-9])9([6-9][0-9]{7})"), re.compile("(55[1-9][1-9])([6-9][0-9]{7})"), "9"),  # Brazil
    (re.compile("(52)1([1-9][0-9]{9})"), re.compile("(52)([1-9][0-9]{9})"), "1"),  # Mexico
    (re.compile("(54)9([1-9][0-9]{9})"), re.compile("(54)([1-9][0-9]{9})"), "9"),  # Argentina
)


def other_form(number: str) -> str:
    """The other way to write a number of Brazil, Mexico or Argentina; empty elsewhere. To find people, never to send."""
    for longer, shorter, digit in _TWO_FORMS:
        if found := longer.fullmatch(number):
            return found[1] + found[2]
        if found := shorter.fullmatch(number):
            return found[1] + digit + found[2]
    return ""


class Beside(Struct, frozen=True):
    """The people named beside the messages of one change; ``alone``: one person, and all the messages have one sender."""

    contacts: Sequence[Fields]
    alone: bool


def beside(value: Fields) -> Beside:
    """The people named in the ``value`` of a change."""
    contacts = [as_fields(contact) for contact in as_list(value.get("contacts"))]
    messages = as_list(value.get("messages"))
    alone = len(messages) < 2 or len({as_id(as_fields(message).get("from")) for message in messages}) < 2
    return Beside(contacts, alone=len(contacts) == 1 and alone)


def author(message: Fields, key: str, named: Beside) -> Who:
    """The person who wrote ``message``, of whom ``named`` may tell more. Without any id it is whoever wrote ``key``."""
    sender, sender_user = as_id(message.get("from")), as_id(message.get("from_user_id"))
    contact = _contact(sender, sender_user, named)
    profile = as_fields(contact.get("profile"))
    return person(
        sender=sender,
        sender_user=sender_user,
        sender_parent=as_id(message.get("from_parent_user_id")),
        wa_id=as_id(contact.get("wa_id")),
        user_id=as_id(contact.get("user_id")),
        parent=as_id(contact.get("parent_user_id")),
        name=as_id(profile.get("name")),
        username=as_id(profile.get("username")),
        key=key,
    )


def person(
    *,
    sender: str,
    sender_user: str,
    sender_parent: str,
    wa_id: str,
    user_id: str,
    parent: str,
    name: str,
    username: str,
    key: str,
) -> Who:
    """The person that a message and the contact beside it tell of, by all the ids they give. None: whoever wrote ``key``."""
    user = sender_user or user_id
    number, wa_number = digits(sender), digits(wa_id)
    if sender and sender != user:
        handle, kind = (number, PHONE) if number else (sender, USER)
    elif user:
        handle, kind = user, USER
    elif wa_number:
        handle, kind = wa_number, PHONE
    else:
        handle, kind = f"anonymous:{key}", "anonymous"
    phone = handle if kind == PHONE else wa_number if wa_id != user else ""
    others = {sender_parent: "wa_parent_bsuid", parent: "wa_parent_bsuid", wa_number or wa_id: "wa_id", user: USER}
    return Who(
        handle=handle,
        kind=kind,
        others=tuple([(k, v) for v, k in others.items() if v and v != handle]),
        name=name,
        username=username.removeprefix("@"),
        phone=f"+{phone}" if phone else "",
    )


def _contact(sender: str, user: str, named: Beside) -> Fields:
    """The contact that shares an id with the message, or the only one there can be.

    Numbers of Brazil and Mexico differ between ``from`` and ``wa_id``, so the only contact may carry another number. Where
    there are several people, guessing would glue two of them together.
    """
    for contact in named.contacts:
        for id in as_id(contact.get("wa_id")), as_id(contact.get("user_id")):
            if id and id in (sender, user):
                return contact
    return named.contacts[0] if named.alone else {}
