"""Whether a customer wants marketing from us: they stop it and resume it, and what came later counts.

WhatsApp: the customer does both under the business's name, and a webhook tells; a template sent to somebody who stopped it is
refused with 131050, which tells it too.
"""

from __future__ import annotations

from msgspec.structs import replace

from careline.clock import SECOND
from careline.errors import Refused
from careline.model import Identity, Problem, Template

SAID = {"marketing_messages_stop": False, "marketing_messages_resume": True}
_STOPPED = "131050"


def stopped_by(error: Problem | None) -> bool:
    """True for a refusal that says that the customer has stopped marketing."""
    return error is not None and error.platform_code == _STOPPED


def wanting(identity: Identity, wants: bool, at: int) -> Identity:
    """The customer who wanted marketing, or wanted none, at that instant; what they said later stands."""
    at -= at % SECOND  # a webhook tells whole seconds: it is not older than what we noted within its second
    if (identity.wants_at or 0) > at:
        return identity
    return replace(identity, wants_marketing=wants, wants_at=at)


def check_wanted(identity: Identity | None, template: Template) -> None:
    """Raises Refused for a marketing template to somebody who wants no marketing. All else may go."""
    if template.category.lower() == "marketing" and identity is not None and identity.wants_marketing is False:
        raise Refused(
            f"Not sent: this customer has stopped marketing, and {template.name} is that.",
            code="opted_out",
            hint="Answers and utility templates still go. Marketing does again when they resume it in WhatsApp.",
        )
