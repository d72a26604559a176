"""What a person types after ``--to``, as somebody the platform knows."""

from __future__ import annotations

import re

from careline.errors import NotFound, Refused, Usage
from careline.model import Channel, Contact, Identity, Rows
from careline.rules.decide.outgoing import Recipient
from careline.rules.decide.people import find_identity
from careline.store.base import Store

_CONTACT = re.compile(r"c([0-9]{1,18})", re.ASCII)
_BSUID = re.compile(r"[A-Z]{2}(\.ENT)?\.[A-Za-z0-9]{1,128}", re.ASCII)  # Meta: a country and up to 128 letters and digits
_PHONE = re.compile(r"[+0-9][0-9 ()./-]*", re.ASCII)
MAX_ID = 200


def recipient(to: str, channel: Channel, store: Store) -> Recipient:
    """The person ``to`` names on this channel: ``c17``, CHANNEL/ID, a phone with its +, a BSUID, an OpenID.

    Raises Usage for what can be nobody's id, NotFound for a contact number that does not exist or is not on this channel.
    """
    text = to.strip().removeprefix(f"{channel.name}/").strip()
    if not text or len(text) > MAX_ID or not text.isprintable():
        raise Usage(
            "--to names nobody.", code="bad_recipient", hint="A phone (+39 333 1234567), an OpenID, or a contact (c17)."
        )
    if match := _CONTACT.fullmatch(text):
        return _known(int(match[1]), channel, store)
    if channel.kind == "whatsapp" and _PHONE.fullmatch(text):
        handle, kind = _digits(text), "wa_phone"
    else:
        from careline.rules.kinds import KINDS

        handle, kind = text, KINDS[channel.kind].people
    found = known_as(store.rows(), channel.name, handle, kind)
    if found.identity is not None:
        return found
    if kind == "wa_phone" or (kind == "wa_bsuid" and _BSUID.fullmatch(handle)):
        return Recipient(handle, kind)
    raise NotFound(
        f"Nobody is known as {text!r} on {channel.name}.",
        code="unknown_recipient",
        hint="A person's name is never an address: a phone with its +, a contact (c17), or an id that has written here.",
        run="careline chats list --state all",
    )


def check_not_blocked(identity: Identity | None) -> None:
    """Raises Refused for somebody we have blocked: WhatsApp takes such a message and fails it later with 130403."""
    if identity is not None and identity.blocked:
        raise Refused(
            f"c{identity.contact} is blocked on {identity.channel}: nothing we send arrives.",
            code="contact_blocked",
            hint="Let them write again first.",
            run=f"careline contacts unblock c{identity.contact}",
        )


def known_as(rows: Rows, channel: str, handle: str, kind: str) -> Recipient:
    """Whoever goes by that id on the channel; with no identity when nobody does.

    A phone that is known by its country's other form is the same person, and is written to as it was typed.
    """
    identity = find_identity(rows, channel, handle)
    if identity is not None:
        return Recipient(identity.handle, identity.kind, identity)
    if kind != "wa_phone":
        return Recipient(handle, kind)
    from careline.channels.whatsapp.people import other_form

    other = other_form(handle)
    return Recipient(handle, kind, find_identity(rows, channel, other) if other else None)


def _known(contact: int, channel: Channel, store: Store) -> Recipient:
    if store.get(Contact, contact) is None:
        raise NotFound(f"There is no contact c{contact}.", run="careline chats list")
    found = list(store.select(Identity, "WHERE contact = ? AND channel = ? ORDER BY last_in_at DESC", contact, channel.name))
    if not found:
        elsewhere = ", ".join(sorted({i.channel for i in store.select(Identity, "WHERE contact = ?", contact)}))
        raise NotFound(f"c{contact} is not known on {channel.name}.", hint=f"Known on: {elsewhere}" if elsewhere else "")
    return Recipient(found[0].handle, found[0].kind, found[0])


def _digits(text: str) -> str:
    """The digits of a phone written with its + (or 00), as WhatsApp names people."""
    text = f"+{text[2:]}" if text.startswith("00") else text
    digits = re.sub(r"\D", "", text)
    if not text.startswith("+"):
        raise Usage(
            f"{text} has no country code: a phone begins with +.",
            code="bad_phone",
            hint="Without it WhatsApp would put your own country in front and perhaps write to a stranger: +39 333 1234567",
        )
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Usage(f"{text} cannot be a phone number.", code="bad_phone", hint="E.164: +, country code, number.")
    return digits
