"""Pacing: of a new marketing template Meta sends some messages, holds the rest, and looks at what customers make of them."""

from __future__ import annotations

from careline.sandbox.phone import Bubble
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Held, WhatsAppCustomer


def hold(sandbox: Sandbox, customer: WhatsAppCustomer, bubble: Bubble, number: str) -> bool:
    """Hold a message that was just accepted, if pacing wants it: True when it goes no further for now."""
    pace = sandbox.world.settings.pacing
    if not pace or not bubble.template or bubble.category != "marketing":
        return False
    whatsapp = sandbox.world.whatsapp
    template = next(one for one in whatsapp.templates.values() if f"{one.name}/{one.language}" == bubble.template)
    before = sum(one.template == bubble.template for each in whatsapp.customers.values() for one in each.messages)
    if template.quality != "UNKNOWN" or before <= pace:
        return False
    whatsapp.held.append(Held(customer, bubble, number))
    return True


def let_go(sandbox: Sandbox, template: str) -> list[Held]:
    """The messages of a template that were held, which are not any more."""
    whatsapp = sandbox.world.whatsapp
    freed = [one for one in whatsapp.held if one.bubble.template == template]
    whatsapp.held = [one for one in whatsapp.held if one.bubble.template != template]
    return freed
