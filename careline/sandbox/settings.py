"""How the sandbox behaves where the platforms leave room: what a scenario's ``set`` and ``/_sandbox/settings`` change."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from careline.sandbox.graph.errors import MESSAGES

CHOICES = {
    "merge": ("max", "each"),
    "closed_window": ("async", "sync"),
    "wecom_route": ("api", "pool", "human"),
    "errors": ("table", "openapi"),
    "wechat_template": ("success", "failed:user block", "failed: system failed"),
    "paging": ("plain", "nodes", "nested", "links"),
    "wechat_account": ("service", "subscription", "unverified"),
    "wechat_format": ("xml", "json"),
}


class Settings(Struct):
    """How this sandbox behaves where the platforms leave room, or where a test wants trouble. Seconds are real ones."""

    merge: str = "max"  # WeChat windows: max (they become one) or each (each act keeps its own)
    closed_window: str = "async"  # WhatsApp: 131047 as a later status, or sync as the answer
    over_limit: int = 131048  # the status above the messaging limit: Meta names none, this is the one of restricted numbers
    review_s: float = 30.0  # of virtual time
    verified: bool = False  # a verified business may have 6,000 templates, others 250
    creations: int = 100  # templates that may be created in an hour
    recategorise: bool = False  # every UTILITY template is approved as MARKETING
    pacing: int = 0  # so many messages of a marketing template without a quality go out, further ones are held
    sent_s: float = 0.02
    delivered_s: float = 0.05
    wechat_wait_s: float = 5.0
    wechat_account: str = "service"  # a verified service account; subscription: a verified one; unverified
    wechat_allow: str = ""  # the console's IP allow-list, with commas; empty: everybody
    wechat_permanent: int = 100_000  # permanent codes of the account
    wechat_a_minute: int = 0  # calls of a path in a minute; 0: as many as WeChat documents
    wechat_format: str = "xml"  # of pushes, or json
    wechat_desk: bool = True  # False: the desk that is built into WeChat is not enabled
    wechat_template: str = "success"  # what becomes of WeChat's template messages and notifications
    retry_s: float = 1.0  # first wait before a webhook comes again; doubles
    retry_cap_s: float = 30.0
    retries: int = 10
    errors: str = "table"  # Graph's errors: as on its error page, or (openapi) as in the samples of its API description
    paging: str = "plain"  # how Graph writes lists: as most edges do, or as nodes, nested, links
    calls_an_hour: int = 5000  # management calls of an account with a registered number; 200 without one
    wecom_trusted: bool = True  # this machine's address is among the app's trusted ones
    wecom_nudges: bool = True  # False: they are lost on the way
    wecom_page: int = 0  # messages in a page of sync_msg at most; 0: as many as are asked for
    wecom_empty: int = 0  # empty pages that say there is more, before each page that has something
    wecom_route: str = "api"  # where a customer's new session goes: to the API, the pool, or a servicer (human)
    slow_s: float = 3.0
    duplicate: int = 0  # extra copies of each webhook, in parallel
    late_s: float = 0.0
    reorder: int = 0  # hold so many webhooks, then send them last first


def change(settings: Settings, asked: dict[str, Any]) -> None:
    """Change some of the settings. Raises ValueError for one there is not, and for a value that it does not take."""
    for name, value in asked.items():
        if name not in Settings.__struct_fields__:
            raise ValueError(f"There is no setting {name}.")
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} is one of {', '.join(CHOICES[name])}.")
        if name == "over_limit" and (value not in MESSAGES or MESSAGES[value].where == "answer"):
            raise ValueError(f"{value} never comes by a status.")
    changed = msgspec.convert(msgspec.to_builtins(settings) | asked, Settings)
    for name in asked:
        setattr(settings, name, getattr(changed, name))
