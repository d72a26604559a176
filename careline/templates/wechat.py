"""Templates of an Official Account in the journal: named by their titles, because WeChat's ids mean nothing to anybody.

Two templates of an account may have one title. Each keeps the name it was first known by; the second of a title has the
beginning of its id behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from careline.channels.wechat.templates import Listed, Templates, check, components, slots
from careline.errors import Refused
from careline.events import TemplateReported
from careline.model import Channel, Template
from careline.rules.subscriptions import LASTING, NOTICE, ONCE, SUBSCRIPTIONS, WECHATS
from careline.store.base import Store
from careline.templates.account import keep

if TYPE_CHECKING:
    from careline.templates.preview import Preview

LANGUAGE = "zh_CN"  # WeChat's templates have none: they are written in Chinese
MARK = 6  # characters of an id behind a title that two templates have


def is_wechats(template: Template) -> bool:
    """True for a template of an Official Account."""
    return template.category in WECHATS


async def read(client: Templates, known: Sequence[Template]) -> list[TemplateReported]:
    """Every template of the account as it stands there, and those of ``known`` that it has no more.

    An account that may use one kind of templates only is no error; raises Refused for one that may use neither.
    """
    found: list[Listed] = []
    kinds: set[str] = set()
    refusal: Refused | None = None
    for listing, those in ((client.notices, {NOTICE}), (client.subscriptions, {*SUBSCRIPTIONS})):
        try:
            found += await listing()
            kinds |= those
        except Refused as refused:
            refusal = refused
    if refusal is not None and not kinds:
        raise refusal
    missing = _missing(found, [one for one in known if one.category in kinds])
    names = {one.name for one in missing}
    there = reports(found, [one for one in known if one.name not in names])
    taken = {one.name for one in there}  # by a new template of the title
    return [*there, *(one for one in missing if one.name not in taken)]


def reports(found: Iterable[Listed], known: Sequence[Template]) -> list[TemplateReported]:
    """What the listed templates come to in the journal, each under its name."""
    listed = list(found)
    there = {one.id for one in listed}
    names = {one.id: one.name for one in known if one.id in there or one.state != "deleted"}
    for one in listed:
        if one.id not in names:
            taken = one.title in names.values() or not one.title
            names[one.id] = f"{one.title} {one.id[:MARK]}".strip() if taken else one.title
    return [
        TemplateReported(
            account="",
            name=names[one.id],
            language=LANGUAGE,
            id=one.id,
            state="approved",
            category=NOTICE if not one.subscription else LASTING if one.lasting else ONCE,
            components=json.dumps(components(one), ensure_ascii=False),
            named=True,
        )
        for one in listed
    ]


def note(store: Store, channel: Channel, told: list[TemplateReported]) -> list[Template]:
    """The templates as the journal knows them after noting what is news."""
    return keep(store, channel, told, "platform")


def gone(template: Template) -> TemplateReported:
    """That the account has a template no more. Its title may be used again at once."""
    return TemplateReported(account="", name=template.name, language=template.language, state="deleted")


def preview(template: Template, given: Sequence[tuple[str, str]]) -> Preview:
    """What the customer will see; a field that is not given shows its example. Raises Usage for a value WeChat would refuse."""
    from careline.templates.preview import Bubble, Preview

    values = dict(given)
    check(template, values, whole=False)
    shown = {slot.slot: slot.example for slot in slots(template) if slot.example} | values
    header, body = (part.get("text", "") for part in json.loads(template.components))
    for slot, value in shown.items():
        body = body.replace(f"{{{{{slot}}}}}", value)
    return Preview(
        name=template.name,
        language=template.language,
        category=template.category,
        message=Bubble(header=header, body=body),
        parameters=values,
    )


def _missing(found: Iterable[Listed], known: Iterable[Template]) -> list[TemplateReported]:
    there = {one.id for one in found}
    return [gone(one) for one in known if one.id not in there and one.state != "deleted"]
