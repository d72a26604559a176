"""How often Graph is asked: the limit on management calls, and the headers that tell how much of it is used up.

Meta: 5,000 calls in a rolling hour for an account with a registered number, 200 without one; percentages in every answer, and
the minutes until calls are taken again.
"""

from __future__ import annotations

import json
from bisect import bisect_right

from careline.sandbox import account, chance
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.running import Sandbox

HOUR = 3600 * 1_000_000
MINUTE = 60 * 1_000_000
CALL_LIMITS = frozenset({4, 17, 613, 80007, 80008})


def count(sandbox: Sandbox) -> None:
    """One more management call. Raises GraphError 80007 when the hour has had as many as it may."""
    now = sandbox.now()
    calls = sandbox.world.whatsapp.calls
    del calls[: bisect_right(calls, now - HOUR)]
    if len(calls) >= sandbox.world.settings.calls_an_hour:
        raise GraphError(80007)
    calls.append(now)


def headers(sandbox: Sandbox, version: str, limited: bool) -> dict[str, str]:
    """Graph's headers. ``limited``: the call was refused for the number of calls, so there is a wait to tell."""
    calls = sandbox.world.whatsapp.calls
    percent = 100 * len(calls) // max(1, sandbox.world.settings.calls_an_hour)
    oldest = calls[0] if calls else sandbox.now()
    minutes = max(1, -(-(oldest + HOUR - sandbox.now()) // MINUTE)) if limited else 0
    usage = {"call_count": percent, "total_cputime": percent, "total_time": percent}
    business = [{"type": "whatsapp_business_management", **usage, "estimated_time_to_regain_access": minutes}]
    return {
        "facebook-api-version": version,
        "x-fb-trace-id": chance.token_urlsafe(8),
        "x-fb-request-id": chance.token_urlsafe(16),
        "x-fb-rev": "1000000001",
        "x-app-usage": json.dumps(usage),
        "x-business-use-case-usage": json.dumps({account.BUSINESS_ACCOUNT_ID: business}),
    }
