"""A piece of a message and its name, so that a refusal says which: ``interactive.action.buttons[0].reply.title``."""

from __future__ import annotations

from typing import Any

from careline.errors import Usage


class Part:
    """A JSON value and where in the message it stands. Every method gives what it promises or raises Usage naming the part."""

    def __init__(self, value: Any, name: str) -> None:
        self.value = value
        self.name = name

    def refused(self, why: str, hint: str = "") -> Usage:
        """The refusal of this part."""
        return Usage(f"{self.name} {why}", code="bad_message", hint=hint)

    def fields(self, required: str = "", optional: str = "") -> dict[str, Part]:
        """The fields of an object that has all the ``required`` ones and none beside the ``optional`` (names with blanks)."""
        found, needed = self.object(), required.split()
        for name in needed:
            if found.get(name) is None:
                raise self.refused(f"lacks {name!r}.")
        for name in found:
            if name not in needed and name not in optional.split():
                raise self.refused(f"has {name!r}, which WhatsApp does not know.", f"It takes {required} {optional}.".strip())
        return {name: Part(value, f"{self.name}.{name}") for name, value in found.items() if value is not None}

    def object(self) -> dict[str, Any]:
        """The value as an object."""
        if not isinstance(self.value, dict):
            raise self.refused("must be an object.")
        return self.value

    def file(self, optional: str = "") -> dict[str, Part]:
        """The fields of a file: its id or its address, and what it may have besides."""
        fields = self.fields("", f"id link {optional}")
        if ("id" in fields) == ("link" in fields):
            raise self.refused("needs either an id or a link.")
        if "id" in fields:
            fields["id"].text(200)
        else:
            fields["link"].address()
        return fields

    def items(self, least: int, most: int) -> list[Part]:
        """The items of a list of so many."""
        if not isinstance(self.value, list):
            raise self.refused("must be a list.")
        if not least <= len(self.value) <= most:
            raise self.refused(f"has {len(self.value)} items; WhatsApp takes {least} to {most}.")
        return [Part(value, f"{self.name}[{index}]") for index, value in enumerate(self.value)]

    def text(self, most: int, *, empty: bool = False) -> str:
        """The value as text of at most so many characters, not blank unless it may be ``empty``."""
        if not isinstance(self.value, str):
            raise self.refused("must be text.")
        if not empty and not self.value.strip():
            raise self.refused("is empty.")
        if len(self.value) > most:
            raise self.refused(f"has {len(self.value)} characters; WhatsApp takes {most}.")
        try:
            self.value.encode()
        except UnicodeEncodeError:
            raise self.refused("is not valid UTF-8.", "Is the terminal or the file in another encoding?") from None
        return self.value

    def word(self, *words: str) -> str:
        """The value as one of ``words``, in lower case."""
        text = self.text(100).lower()
        if text not in words:
            raise self.refused(f"is {self.value!r}; it must be one of {', '.join(words)}.")
        return text

    def number(self, least: float, most: float) -> float:
        """The value as a number in that range, be it written as text."""
        try:
            number = float(self.value) if isinstance(self.value, int | float | str) else None
        except (ValueError, OverflowError):
            number = None
        if number is None or isinstance(self.value, bool) or not least <= number <= most:
            raise self.refused(f"is {self.value!r}; it must be a number from {least:g} to {most:g}.")
        return number

    def flag(self) -> None:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.refused("must be true or false.")

    def address(self) -> str:
        """The value as an http(s) address."""
        text = self.text(2000)
        if not text.startswith(("https://", "http://")) or " " in text:
            raise self.refused("must be an https:// address.")
        return text


def different(parts: list[Part], what: str) -> None:
    """Raises Usage for the first of ``parts`` that repeats an earlier one."""
    seen: set[Any] = set()
    for part in parts:
        if part.value in seen:
            raise part.refused(f"repeats another {what}: {part.value!r}.")
        seen.add(part.value)
