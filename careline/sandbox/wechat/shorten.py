"""WeChat's short keys: fifteen letters and digits for up to 4 KB of data, for as long as 30 days.

It is data that is shortened, no address: what is too long for a scene goes into the key's.
"""

from __future__ import annotations

import string
from typing import Any

from careline.sandbox import chance
from careline.sandbox.phone import Json
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import Shortened

SECOND = 1_000_000
LONGEST = 2_592_000
BYTES = 4096
KEY = 15


def _gen(call: Call) -> Json:
    data, seconds = call.sent.get("long_data"), call.sent.get("expire_seconds", LONGEST)
    if not isinstance(data, str) or not data or not _is_whole(seconds) or seconds < 1:
        raise WeChatError(40035)
    if len(data.encode()) > BYTES:
        raise WeChatError(9410010)
    if seconds > LONGEST:
        raise WeChatError(9410011)
    key = "".join(chance.choice(string.ascii_letters + string.digits) for _ in range(KEY))
    call.account.shortened[key] = Shortened(data, call.now, call.now + seconds * SECOND)
    return OK | {"short_key": key}


def _fetch(call: Call) -> Json:
    kept = call.account.shortened.get(str(call.sent.get("short_key", "")))
    if kept is None or kept.ends_at <= call.now:
        raise WeChatError(9410012)
    left = -(-(kept.ends_at - call.now) // SECOND)
    return OK | {"long_data": kept.data, "create_time": kept.made_at // SECOND, "expire_seconds": left}


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


ROUTES: Routes = {("POST", "/cgi-bin/shorten/gen"): _gen, ("POST", "/cgi-bin/shorten/fetch"): _fetch}
