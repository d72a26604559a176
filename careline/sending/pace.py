"""How long to leave a customer alone whom WhatsApp says we write to too fast. It is said, and nothing is sent again by itself.

WhatsApp: one message in six seconds to the same person, 45 at once on credit; after each further refusal four times as long.
"""

from __future__ import annotations

from careline.clock import HOUR
from careline.errors import CarelineError
from careline.model import Message
from careline.store.base import Store

TOO_FAST = "131056"
REFUSALS = 5  # the fifth in a row asks for 17 minutes, and so does each after it
APART = HOUR  # a refusal so long after the one before has nothing to do with it

_LATEST = (
    "WHERE conversation = ? AND direction = 'out' AND (accepted_at IS NOT NULL OR state = 'failed')"
    f" ORDER BY occurred_at DESC, id DESC LIMIT {REFUSALS}"
)


def slowed(store: Store, message: Message, error: CarelineError) -> None:
    """Let the refusal of a message that was too fast for its customer say how long to wait; any other stays as it is."""
    if error.platform_code != TOO_FAST:
        return
    refusals, since = 0, store.now()
    for latest in store.select(Message, _LATEST, message.conversation):
        if latest.error is None or latest.error.platform_code != TOO_FAST or since - latest.occurred_at > APART:
            break
        refusals, since = refusals + 1, latest.occurred_at
    error.retry_after_s = max(error.retry_after_s or 0, 4**refusals)
