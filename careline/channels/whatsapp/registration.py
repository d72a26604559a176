"""A number's way into the Cloud API, its PIN and its name. Every call may be made again: Graph tells what is done already."""

from __future__ import annotations

import re
from collections.abc import Mapping

from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.loose import as_id
from careline.errors import Refused, Usage

METHODS = {"sms": "SMS", "voice": "VOICE"}
NAME_CHARACTERS = range(2, 76)
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2})?", re.ASCII)


class Registration:
    """What brings one business number into service."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def add(self, phone: str, name: str) -> str:
        """Add a number (digits with the country's) to the business account; its id. Raises Refused for one that is there."""
        country, national = _parted(phone)
        wanted = {"cc": country, "phone_number": national, "verified_name": check_display_name(name)}
        return as_id((await self._graph.post(f"{self._graph.account}/phone_numbers", wanted, "id")).get("id"))

    async def request_code(self, method: str, language: str) -> None:
        """Have Meta send a code of six digits to the number, by ``sms`` or ``voice``. It is good for ten minutes."""
        if method not in METHODS:
            raise Usage(f"--method is {method!r}: it is sms or voice.", code="bad_method")
        if not _LANGUAGE.fullmatch(language):
            raise Usage(
                f"{language!r} is no language.", code="bad_language", hint="Two letters, with a country or without: it, pt_BR"
            )
        await self._done("request_code", {"code_method": METHODS[method], "language": language.replace("-", "_")})

    async def verify_code(self, code: str) -> None:
        """Confirm the number with the code that came. Meta takes digits only, so hyphens and blanks are left out."""
        await self._done("verify_code", {"code": check_code(code)})

    async def register(self, pin: str) -> None:
        """Register the number: with the PIN it has, which becomes its PIN where it has none. Again is no error."""
        await self._done("register", {"messaging_product": "whatsapp", "pin": check_pin(pin)})

    async def set_pin(self, pin: str) -> None:
        """Give the number another PIN for two-step verification. Meta lets nobody take it away."""
        await self._done("", {"pin": check_pin(pin)})

    async def set_display_name(self, name: str) -> None:
        """Ask for another name to be shown; Meta reviews it, and it counts when the number is registered again."""
        await self._done("", {"new_display_name": check_display_name(name), "messaging_product": "whatsapp"})

    async def _done(self, edge: str, wanted: Mapping[str, object]) -> None:
        path = f"{self._graph.number}/{edge}" if edge else self._graph.number
        answer = await self._graph.post(path, wanted, "success")
        if answer.get("success") is not True:
            raise Refused("WhatsApp did not do it, and gives no reason.")


def check_code(code: str) -> str:
    """The six digits of a code. Raises Usage for what is none."""
    digits = re.sub(r"[\s-]", "", code)
    if not re.fullmatch(r"[0-9]{6}", digits, re.ASCII):
        raise Usage(f"{code!r} is no code: it has six digits.", code="bad_code")
    return digits


def check_pin(pin: str) -> str:
    """The PIN, if it has six digits. Raises Usage, without repeating it."""
    if not re.fullmatch(r"[0-9]{6}", pin, re.ASCII):
        raise Usage("The secret pin has other than six digits.", code="bad_pin", hint="Two-step verification takes six digits.")
    return pin


def check_display_name(name: str) -> str:
    """The name without blanks around it, if its length may be. Raises Usage."""
    text = " ".join(name.split())
    if len(text) not in NAME_CHARACTERS:
        raise Usage(
            f"A display name has {NAME_CHARACTERS.start} to {NAME_CHARACTERS.stop - 1} characters; this one has {len(text)}.",
            code="bad_display_name",
        )
    return text


def phone_digits(text: str) -> str:
    """The digits of a number written with its +. Raises Usage for what is none."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text if text.startswith("+") else "")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Usage(f"{text!r} is no phone number.", code="bad_phone", hint="With + and the country: +39 02 1234 5678")
    return re.sub(r"\D", "", text)


def _parted(digits: str) -> tuple[str, str]:
    """The country's code and the rest."""
    import phonenumbers

    country = str(phonenumbers.parse(f"+{digits}").country_code)
    return country, digits.removeprefix(country)
