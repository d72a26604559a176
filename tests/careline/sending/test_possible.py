"""Which templates are offered when the window is closed."""

from __future__ import annotations

from pathlib import Path

from careline.events import Content, Entry, MessageQueued, TemplateReported
from careline.model import Channel
from careline.sending.possible import MOST, Standing, standing
from careline.sending.recipient import recipient
from tests.careline.world import ANNA, NOON, World, wrote


def offered(folder: Path, *templates: tuple[str, str], last: str = "") -> Standing:
    """What is offered to somebody whose ``last`` template was in that language, by an account with these approved ones."""
    world = World(folder)
    world.hear("shop-it", wrote(1))
    for name, language in templates:
        told = TemplateReported(
            account="account-whatsapp", name=name, language=language, state="approved", category="utility", components="[]"
        )
        world.record(Entry(event=told, channel="shop-it", occurred_at=NOON))
    if last:
        content = Content(handle=ANNA.handle, text="Ciao")
        sent = MessageQueued(message=2, kind="template", template="a", language=last, content=content)
        world.record(Entry(event=sent, channel="shop-it", conversation=1, contact=1, occurred_at=NOON, actor="auto:send"))
    channel = world.store.get(Channel, "shop-it")
    assert channel is not None
    found = standing(world.store, channel, recipient("c1", channel, world.store))
    world.store.close()
    return found


def names(found: Standing) -> list[str]:
    return [f"{one.name}/{one.language}" for one in found.templates]


def test_a_template_is_offered_once_whatever_languages_it_has(tmp_path: Path) -> None:
    found = offered(tmp_path, ("a", "de"), ("a", "en"), ("a", "it"), ("b", "en"))
    assert (names(found), found.more) == (["a/de", "b/en"], 0)


def test_what_is_in_the_customers_language_or_its_base_comes_first(tmp_path: Path) -> None:
    found = offered(tmp_path, ("a", "en"), ("b", "de"), ("b", "en"), ("c", "de"), ("c", "de_AT"), last="de_AT")
    assert names(found) == ["c/de_AT", "b/de", "a/en"]


def test_it_is_said_how_many_more_there_are(tmp_path: Path) -> None:
    many = [(f"t{number}", language) for number in range(MOST + 2) for language in ("en", "it")]
    found = offered(tmp_path, *many)
    assert (len(found.templates), found.more) == (MOST, 2)
