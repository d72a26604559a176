"""What somebody wants sent, and what goes instead when the window is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from careline.channels.ports import Attachment
from careline.errors import Usage
from careline.model import Channel, Media, Rows, Template, TemplateUse
from careline.rules.decide.outgoing import Wish
from careline.rules.template import rendered
from careline.rules.window import Window


class Order(Struct, frozen=True):
    """A wish. ``outside`` is the template that goes instead when the window is closed.

    ``attachment`` is the file of the wish's ``media``, which is uploaded first.
    ``room`` is how many messages the window must have left for it, this one and those that go after it.
    ``guard`` looks at the rows in the same transaction and raises what forbids it.
    """

    wish: Wish
    definition: Template | None = None
    outside: Wish | None = None
    outside_definition: Template | None = None
    guard: Callable[[Rows], None] | None = None
    attachment: Attachment | None = None
    room: int = 1

    def fits(self, window: Window | None) -> bool:
        """True when the window is there and has room for it and for what goes after it."""
        return window is not None and (window.left is None or window.left >= self.room)


def template_wish(
    definition: Template, parameters: Sequence[tuple[str, str]], actor: str, key: str, media: Media | None = None
) -> Wish:
    """A template filled in with (slot, value) pairs, and with a file in its header."""
    use = TemplateUse(definition.name, definition.language, tuple(parameters))
    return Wish(kind="template", actor=actor, text=rendered(definition, parameters), template=use, media=media, send_key=key)


def parts(order: Order, channel: Channel) -> tuple[Order, ...]:
    """The messages of an order: two, a file and its caption, where files go out alone; the window must have room for both."""
    from careline.rules.kinds import KINDS

    wish = order.wish
    if KINDS[channel.kind].captions or wish.media is None or wish.kind == "template" or not wish.text:
        return (order,)
    key = f"{wish.send_key}/caption" if wish.send_key else ""
    caption = replace(wish, kind="text", media=None, send_key=key)
    return replace(order, wish=replace(wish, text=""), room=2), Order(caption, guard=order.guard)


def outside_template(outside: str) -> str:
    """The template that ``--outside template:NAME`` names; empty for ``fail``. Raises Usage for anything else."""
    way, _, name = outside.partition(":")
    if way == "fail" and not name:
        return ""
    if way != "template" or not name:
        raise Usage(f"--outside is fail or template:NAME, not {outside!r}.", code="bad_outside")
    return name
