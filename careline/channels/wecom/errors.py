"""What WeCom's error numbers mean to us: whether anything was sent, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from careline.channels.tencent.errors import Meaning
from careline.errors import CredentialsRefused, Misconfigured, NotFound, NotSent, OutsideWindow, Refused, SessionHeld

STALE_TOKEN = frozenset({40014, 42001})
STALE_NUDGE = 95007

_CONSOLE = "work.weixin.qq.com, Applications, WeChat customer service"
_OPENS = "It opens again when the customer writes."
_LISTED = "careline channels accounts CHANNEL lists those there are."
_WHICH = "WeCom's own words say which one."
_REGISTER = "careline channels register wecom CHANNEL --corp-id ID takes the corp id and the secret."
_ASSIGN = (
    "They answer in WeCom. To end the session: careline chats assign CHAT --to end\n"
    "The API may write again when the customer writes next."
)

MEANINGS: Mapping[int, Meaning] = {
    # Nothing was sent; the same again may work
    -1: Meaning(NotSent, "WeCom is busy", "Try again in a few seconds: three times at most."),
    45009: Meaning(NotSent, "Too many calls", "WeCom counts them by minute and hour: try again later.", "rate_limited", 60),
    45033: Meaning(NotSent, "Too many calls at once", "Try again in a few seconds.", "rate_limited", 5),
    # The window
    95001: Meaning(
        OutsideWindow, "Five messages went out since the customer last wrote", f"{_OPENS} WeCom allows no sixth.", "quota_used"
    ),
    95002: Meaning(OutsideWindow, "The customer last wrote more than 48 hours ago", _OPENS),
    95013: Meaning(SessionHeld, "The session has ended", "It is new again when the customer writes."),
    95018: Meaning(SessionHeld, "A servicer has the session, or it waits for one: the API may not write", _ASSIGN),
    # The customer
    40096: Meaning(Refused, "No such customer", "Their id belongs to one company: was it copied from another?"),
    # The message
    40007: Meaning(Refused, "WeCom does not know this file", "Files are kept for three days, and belong to one company."),
    40008: Meaning(Refused, "WeCom does not know this type of message", "careline send --help names those there are."),
    40033: Meaning(Refused, "The text holds characters that WeCom does not take", "Send it without control characters."),
    40035: Meaning(Refused, "WeCom does not take a parameter of this call", _WHICH),
    40058: Meaning(Refused, "WeCom does not take a parameter of this call", _WHICH),
    95007: Meaning(
        NotSent,
        "WeCom's nudge is older than ten minutes, or for another account",
        "Pull without it: careline channels sync CHANNEL",
        "nudge_stale",
    ),
    95008: Meaning(Refused, "A menu has ten items at most", "Leave some out, or send two menus."),
    95009: Meaning(Refused, "WeCom does not know this kind of menu item", "There are click, view, miniprogram and text."),
    # Servicers and sessions
    40003: Meaning(Refused, "WeCom knows no such member of the company", "It is the userid of its address book."),
    95014: Meaning(
        Refused, "This member is no servicer of the account", "careline channels staff CHANNEL lists them.", "not_a_servicer"
    ),
    95016: Meaning(
        SessionHeld, "A session cannot go from where it is to there", "new → bot → pool → human → ended, never back."
    ),
    # The accounts
    95000: Meaning(NotFound, "There is no such customer service account", _LISTED, "unknown_account"),
    95004: Meaning(NotFound, "There is no such customer service account, or it was removed", _LISTED, "unknown_account"),
    95011: Meaning(Refused, "Customer service is in use inside WeCom already", f"Switch it to the API ({_CONSOLE})."),
    95012: Meaning(Refused, "Customer service is not in use inside WeCom", f"Switch it on first ({_CONSOLE})."),
    95017: Meaning(Refused, "The account does not let the API speak", f"Hand it to the API ({_CONSOLE}).", "not_granted"),
    40201: Meaning(Refused, "WeCom has barred the account from sending", "WeCom's console says why.", "barred"),
    48002: Meaning(
        Refused,
        "The app may not use customer service",
        f"Add it to the apps that may ({_CONSOLE}, apps that may call the interface).",
        "not_granted",
    ),
    60011: Meaning(Refused, "The app may not do this", f"Widen what it sees and manages ({_CONSOLE}).", "not_granted"),
    # Credentials
    40001: Meaning(CredentialsRefused, "The secret is wrong", "It is that of the app which may use customer service."),
    40013: Meaning(CredentialsRefused, "There is no such corp id", "work.weixin.qq.com, My company: it begins with ww."),
    40014: Meaning(CredentialsRefused, "WeCom refuses the access token, and a new one too", _REGISTER),
    41001: Meaning(CredentialsRefused, "The access token is missing", _REGISTER),
    41002: Meaning(CredentialsRefused, "The corp id is missing", _REGISTER),
    41004: Meaning(CredentialsRefused, "The secret is missing", _REGISTER),
    42001: Meaning(CredentialsRefused, "WeCom says the access token has expired, and a new one too", _REGISTER),
    60020: Meaning(
        CredentialsRefused,
        "WeCom does not let this machine's address in",
        "Add {address} to the app's trusted addresses (work.weixin.qq.com, Applications, the app, trusted IP).",
        "address_not_allowed",
    ),
    # Our side
    43001: Meaning(Misconfigured, "The request reached WeCom as another than GET", "Is --api-url right? Is a proxy between?"),
    43002: Meaning(Misconfigured, "The request reached WeCom as another than POST", "Is --api-url right? Is a proxy between?"),
}

FAILED: Mapping[int, tuple[str, str]] = {  # fail_type of msg_send_fail: our word for scripts, and what it means
    0: ("refused", "WeCom does not say why"),
    1: ("unknown_account", "the customer service account was removed"),
    2: ("not_granted", "the app is switched off"),
    4: ("window_closed", "more than 48 hours since the customer's last message"),
    5: ("session_held", "the session was closed"),
    6: ("quota_used", "more than five messages since the customer's last one"),
    7: ("not_granted", "the company has no Channels account"),
    8: ("not_granted", "the company is not verified"),
    9: ("not_granted", "the company has no Channels account and is not verified"),
    10: ("blocked", "the customer refuses messages"),
}
OUTSIDE = frozenset({4, 5, 6})  # of these: the window's, not the customer's no
