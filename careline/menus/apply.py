"""Carries a plan out, one call after the other, each noted in the journal before the next.

A run that ends between two calls leaves an account that the next plan reads as it is: the rerun does what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from careline.channels.wechat.menus import Menus
from careline.crashpoint import reached
from careline.events import Entry, MenuChanged
from careline.menus.menu import Buttons, Menu, of_account, of_console
from careline.menus.plan import Step
from careline.model import Channel
from careline.model import Menu as Known
from careline.store.base import Store


async def read(client: Menus) -> Menu:
    """The account's menus. One that was made in the console is told by another call, and has no conditional ones."""
    answer = await client.get()
    return of_account(answer) if answer is not None else of_console(await client.current())


async def carry_out(client: Menus, steps: Sequence[Step], done: Callable[[Step], None]) -> None:
    """Make the calls; ``done`` hears of each that worked. Raises what the platform says to the first that does not."""
    for step in steps:
        if step.action == "none":
            continue
        if step.menu is None:
            await client.create([one.body() for one in step.buttons])
        elif step.action == "delete":
            await client.delete_conditional(step.menu.id)
        else:
            await client.add_conditional([one.body() for one in step.buttons], dict(step.menu.rule))
        reached("menus.answered")
        done(step)


def note(store: Store, channel: Channel, step: Step, actor: str) -> None:
    """Write into the journal what was done."""
    _record(store, channel, [MenuChanged(action=step.action, rule=step.rule, names=names(step.buttons))], actor)


def learn(store: Store, channel: Channel, menu: Menu, actor: str) -> None:
    """Note how the buttons of the account's menus are called, if that is news."""
    known = store.get(Known, channel.name)
    told = [("", menu.buttons), *((one.says, one.buttons) for one in menu.conditional)]
    news = [(rule, names(buttons)) for rule, buttons in told if set(names(buttons)) - set(known.names if known else ())]
    _record(store, channel, [MenuChanged(action="read", rule=rule, names=found) for rule, found in news], actor)


def names(buttons: Buttons) -> tuple[tuple[str, str], ...]:
    """What a tap on each button tells, and the button's name."""
    leaves = [leaf for one in buttons for leaf in (one.inside or (one,))]
    return tuple((value, one.name) for one in leaves for field, value in one.holds if field in ("key", "url", "pagepath"))


def _record(store: Store, channel: Channel, events: list[MenuChanged], actor: str) -> None:
    if events:
        store.change(
            lambda change: change.record(
                [Entry(event=event, channel=channel.name, occurred_at=change.now, actor=actor) for event in events]
            )
        )
