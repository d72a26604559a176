"""The messaging limit: how many people all numbers together may write to within 24 hours without having been written to.

Meta: it counts people, not messages, and only those outside the customer service window.
"""

from __future__ import annotations

from careline.sandbox.running import Sandbox
from careline.sandbox.world import WhatsAppCustomer

DAY = 24 * 3600 * 1_000_000
TIERS = {"TIER_50": 50, "TIER_250": 250, "TIER_1K": 1_000, "TIER_2K": 2_000, "TIER_10K": 10_000, "TIER_100K": 100_000}
UNLIMITED = "TIER_UNLIMITED"


def spend(sandbox: Sandbox, customer: WhatsAppCustomer) -> int:
    """Count a message that goes out now; the code with which it fails instead, if it is for one person too many, else 0."""
    whatsapp, now = sandbox.world.whatsapp, sandbox.now()
    if customer.window_open(now):
        return 0
    reached = whatsapp.reached  # the longest ago first
    while reached and (first := next(iter(reached))) and reached[first] <= now - DAY:
        del reached[first]
    most = TIERS.get(whatsapp.messaging_limit)
    if most is not None and len(reached) >= most and customer.user_id not in reached:
        return sandbox.world.settings.over_limit
    reached.pop(customer.user_id, None)
    reached[customer.user_id] = now
    return 0
