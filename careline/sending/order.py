"""What somebody wants sent, and what goes instead when the window is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from careline.channels.ports import Attachment
from careline.errors import Usage
from careline.model import Media, Rows, Template, TemplateUse
from careline.rules.decide.outgoing import Wish
from careline.rules.template import rendered


class Order(Struct, frozen=True):
    """A wish. ``outside`` is the template that goes instead when the window is closed.

    ``attachment`` is the file of the wish's ``media``, which is uploaded first.
    ``guard`` looks at the rows in the same transaction and raises what forbids it.
    """

    wish: Wish
    definition: Template | None = None
    outside: Wish | None = None
    outside_definition: Template | None = None
    guard: Callable[[Rows], None] | None = None
    attachment: Attachment | None = None


def template_wish(
    definition: Template, parameters: Sequence[tuple[str, str]], actor: str, key: str, media: Media | None = None
) -> Wish:
    """A template filled in with (slot, value) pairs, and with a file in its header."""
    use = TemplateUse(definition.name, definition.language, tuple(parameters))
    return Wish(kind="template", actor=actor, text=rendered(definition, parameters), template=use, media=media, send_key=key)


def outside_template(outside: str) -> str:
    """The template that ``--outside template:NAME`` names; empty for ``fail``. Raises Usage for anything else."""
    way, _, name = outside.partition(":")
    if way == "fail" and not name:
        return ""
    if way != "template" or not name:
        raise Usage(f"--outside is fail or template:NAME, not {outside!r}.", code="bad_outside")
    return name
