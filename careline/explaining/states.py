"""The states a message of ours can be in: what each means, and what to do. By the state, with the exit that it leads to."""

from __future__ import annotations

from collections.abc import Mapping

from careline.errors import Exit

_SHOW = "careline outbox show MESSAGE"

STATES: Mapping[str, tuple[Exit, str, str, str]] = {
    "queued": (Exit.DONE, "It is in the store, and nothing has left yet.", "Nothing.", ""),
    "sending": (Exit.DONE, "A process is handing it to the platform.", "If that process dies, it becomes unknown.", _SHOW),
    "accepted": (Exit.DONE, "The platform has taken it.", "Whether it arrives is told later, by webhooks.", _SHOW),
    "sent": (Exit.DONE, "The platform has sent it towards the customer's phone.", "Nothing.", ""),
    "delivered": (Exit.DONE, "It is on the customer's phone.", "Nothing.", ""),
    "read": (Exit.DONE, "The customer has read it.", "Nothing.", ""),
    "failed": (Exit.FAILED, "It did not go out, or did not arrive.", "Its error says why; the exit is that error's.", _SHOW),
    "unknown": (
        Exit.NOT_SETTLED,
        "Perhaps it went out: the platform's answer is missing.",
        "It counts as sent. Only again with the same --key; a status of WhatsApp's settles it.",
        _SHOW,
    ),
}
