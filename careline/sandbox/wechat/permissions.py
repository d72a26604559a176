"""Which calls an Official Account of some kind has. The others answer 48001.

WeChat grants calls by kind and verification, and its console lists them. What is here is what its pages agree on: parametric
codes and template messages are for verified service accounts; customers, tags, the desk and material for verified ones.
"""

from __future__ import annotations

import re

from careline.sandbox.running import Sandbox
from careline.sandbox.wechat.errors import WeChatError

_SERVICE = re.compile(r"/cgi-bin/(qrcode|template|message/template|shorten)/|/sns/")
_VERIFIED = re.compile(
    r"/cgi-bin/(user|tags|groups|menu|media|material|message|customservice|comment|draft|freepublish|ticket)/|"
    r"/(customservice|datacube|wxaapi)/"
)
KINDS = ("service", "subscription", "unverified")


def check(sandbox: Sandbox, path: str) -> None:
    """Refuse a call that the account of this sandbox does not have."""
    kind = sandbox.world.settings.wechat_account
    if kind != "service" and (_SERVICE.match(path) or (kind == "unverified" and _VERIFIED.match(path))):
        raise WeChatError(48001)
