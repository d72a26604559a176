"""Up to when WeChat wants an account verified: within 30 days of registering, then every year. What is not loses functions.

A pure function of two instants; the finding's code changes with each step, so that whoever looks for news is told three times.
"""

from __future__ import annotations

from careline.clock import DAY, MINUTE
from careline.model import Channel, Finding
from careline.rules.times import rfc3339, say_duration

CHECK = "verification"
STEPS = ((DAY, "verify_within_1_day"), (7 * DAY, "verify_within_7_days"), (14 * DAY, "verify_within_14_days"))


def finding(channel: Channel, now: int) -> Finding:
    """How it stands: a warning 14, 7 and 1 days before, an error from then on."""
    due = channel.verify_by_at
    remedy = f"careline channels update {channel.name} --verify-by DATE"
    if due is None:
        return Finding(CHECK, "ok", "verify_by_unknown", "nobody has said by when the account must be verified", remedy)
    at = rfc3339(due)
    if now >= due:
        told = f"the account had to be verified by {at}: WeChat takes functions away"
        return Finding(CHECK, "error", "verification_over", told, remedy, observed=at)
    left = due - now
    told = f"the account must be verified by {at}, in {say_duration(max(left, MINUTE))}"
    code = next((code for length, code in STEPS if left <= length), "")
    return Finding(CHECK, "warning" if code else "ok", code or "verified", told, remedy if code else "", observed=at)
