"""What WeChat's error numbers mean to us: whether anything was sent, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from careline.channels.tencent import errors as tencent
from careline.channels.tencent.errors import Meaning
from careline.channels.wechat.desk_errors import DESK, FOLLOWERS
from careline.channels.wechat.menu_errors import MENUS
from careline.channels.wechat.rare_errors import RARE
from careline.errors import CarelineError, CredentialsRefused, Misconfigured, NotSent, OutsideWindow, Refused

STALE_TOKEN = frozenset({40001, 40014, 42001})
BUSY = frozenset({-1, 61450, 9001002})  # a second later it may work

_CONSOLE = "mp.weixin.qq.com, Settings and development, Basic configuration"
_FOLLOW = "Only followers can be written to: let the customer follow again, for example by a QR code."
_WAIT_TO_WRITE = "It opens again when the customer writes."
_PARAMETER = "WeChat's own words, in brackets or after a colon, may name it; --trace FILE shows what was asked."
_FILES = (
    "Pictures of 10 MB (jpg, png, gif, bmp), voice of 2 MB and a minute (amr, mp3), videos of 10 MB (mp4), thumbs of 64 KB."
)
_ALLOW = f"Add {{address}} to the IP allow-list ({_CONSOLE}). It works some minutes later."


MEANINGS: Mapping[int, Meaning] = {
    **DESK,
    **FOLLOWERS,
    **MENUS,
    **RARE,
    # Nothing was sent; the same again may work
    -1: Meaning(NotSent, "WeChat is busy", "Try again in a few seconds.", retry_after_s=1),
    45009: Meaning(
        NotSent,
        "The day's quota of this call is used up",
        "It starts anew at 00:00 in Beijing (16:00 UTC).",
        code="daily_quota",
    ),
    45011: Meaning(NotSent, "Too many calls within a minute", "Try again in the next minute.", "rate_limited", 60),
    # The window
    45015: Meaning(OutsideWindow, "WeChat says the window is closed, or the customer unfollowed", _WAIT_TO_WRITE),
    45047: Meaning(OutsideWindow, "WeChat says the messages of this window are used up", _WAIT_TO_WRITE, "quota_used"),
    # The customer
    40003: Meaning(Refused, "No such OpenID on this account", "An OpenID belongs to one account: was it copied from another?"),
    43004: Meaning(Refused, "The customer does not follow the account", _FOLLOW, "not_following"),
    43005: Meaning(Refused, "The customer does not follow the account", _FOLLOW, "not_following"),
    43019: Meaning(
        Refused,
        "The customer is on the account's blacklist",
        "Let them write again: careline contacts unblock CONTACT.",
        "blocked",
    ),
    43101: Meaning(
        Refused, "The customer did not agree to this notification", "One grant is good for one notification.", "no_grant"
    ),
    46004: Meaning(Refused, "No such customer", "An OpenID belongs to one account: was it copied from another?"),
    48002: Meaning(
        Refused,
        "The customer refuses messages of this account",
        "They allow them again in the account's settings on their phone.",
    ),
    50005: Meaning(Refused, "The customer does not follow the account", _FOLLOW, "not_following"),
    # The template
    40037: Meaning(
        Refused,
        "The account has no such template",
        "careline templates list --channel NAME shows what it has.",
    ),
    41030: Meaning(
        Refused, "WeChat does not take the page that the notification opens", "--param link.url=… or link.page=… names it."
    ),
    43116: Meaning(Refused, "WeChat has barred this template", "It was used for what it is not for.", "barred"),
    45026: Meaning(Refused, "The account has 25 templates, and no more are allowed", "Delete one first."),
    47003: Meaning(
        Refused,
        "WeChat does not take a value of the template",
        "The letters of a field's key name its type, and what it takes.",
    ),
    # The message
    40004: Meaning(Refused, "WeChat does not take this kind of file", "There are image, voice, video and thumb."),
    40005: Meaning(Refused, "WeChat does not take this type of file", _FILES),
    40006: Meaning(Refused, "The file is too large for WeChat", _FILES),
    40007: Meaning(
        Refused,
        "WeChat has no such file, or has it no more",
        "An uploaded file is kept for three days, permanent material until it is deleted.",
        "upload_gone",
    ),
    40008: Meaning(Refused, "WeChat does not know this type of message", "careline send --help names the types there are."),
    40009: Meaning(
        Refused, "The picture is too large for WeChat", "It publishes 10 MB, on an older page 2 MB: make it smaller."
    ),
    40010: Meaning(Refused, "The voice is too large for WeChat", _FILES),
    40011: Meaning(Refused, "The video is too large for WeChat", _FILES),
    40012: Meaning(Refused, "The thumb is too large for WeChat", _FILES),
    40033: Meaning(
        Refused,
        "The text holds characters that WeChat does not take",
        "It wants plain UTF-8: \\u escapes and control signs are none.",
    ),
    44002: Meaning(Refused, "WeChat got an empty request", "A proxy between may have dropped it; else give the call a body."),
    44001: Meaning(Refused, "WeChat got an empty file", "Look at the file: has it any bytes?"),
    44003: Meaning(Refused, "The article is empty", "It needs a title, and text or an address."),
    44004: Meaning(Refused, "The text is empty", "Write something: blanks alone are nothing."),
    45001: Meaning(Refused, "The file is too large for WeChat", _FILES),
    45002: Meaning(Refused, "The text is too long", "WeChat takes 2,048 bytes of UTF-8, some 680 Chinese characters."),
    45003: Meaning(Refused, "The title is too long", "Shorten it."),
    45004: Meaning(Refused, "The description is too long", "Shorten it."),
    45005: Meaning(Refused, "The address is too long", "Leave its parameters out, or let a shorter one lead there."),
    45006: Meaning(Refused, "The picture's address is too long", "Leave its parameters out, or let a shorter one lead there."),
    45007: Meaning(Refused, "The sound plays for too long", "WeChat takes a minute: cut it."),
    45008: Meaning(Refused, "WeChat takes one article a message", "Send the others by themselves: each counts."),
    45098: Meaning(Refused, "The menu has too many choices", "Take some out: ten are safe."),
    45166: Meaning(Refused, "WeChat's content check refuses this text", "Say it in other words.", "content_refused"),
    47001: Meaning(Refused, "WeChat cannot read the request", "It wants JSON: is what you gave valid?"),
    48008: Meaning(
        Refused, "The account may not send this type of message", "Send it as text, or get the right in WeChat's console."
    ),
    # The code
    40035: Meaning(Refused, "WeChat does not take a parameter of this call", _PARAMETER),
    40053: Meaning(
        Refused,
        "WeChat does not take this scene",
        "It answers the same when all 100,000 permanent codes of the account are used.",
    ),
    40097: Meaning(Refused, "WeChat does not take a parameter of this call", _PARAMETER),
    # The account
    48001: Meaning(
        Refused,
        "The account may not use this call",
        "Unverified accounts and subscription accounts do not have every call. WeChat's console lists those it has, under "
        "interface permissions.",
        "not_granted",
    ),
    48004: Meaning(Refused, "WeChat has barred the account from this call", "The reason is in WeChat's console.", "barred"),
    50001: Meaning(
        Refused,
        "The account did not grant this call",
        "WeChat's console lists what is granted, under interface permissions.",
        "not_granted",
    ),
    # Credentials
    40001: Meaning(CredentialsRefused, "WeChat refuses the access token, and a new one too", "Is another program renewing it?"),
    40002: Meaning(
        CredentialsRefused, "WeChat does not give tokens this way", "It takes the grant_type client_credential alone."
    ),
    40013: Meaning(CredentialsRefused, "There is no such appid", f"Compare it with the AppID in {_CONSOLE}."),
    40014: Meaning(CredentialsRefused, "WeChat refuses the access token, and a new one too", "Is another program renewing it?"),
    40125: Meaning(CredentialsRefused, "The app secret is wrong", f"Reset the AppSecret ({_CONSOLE}) and store the new one."),
    40164: Meaning(CredentialsRefused, "WeChat does not let this machine's address in", _ALLOW, "address_not_allowed"),
    40243: Meaning(CredentialsRefused, "The app secret is frozen", f"Unfreeze the AppSecret ({_CONSOLE})."),
    41001: Meaning(CredentialsRefused, "The access token is missing", "A proxy between may have cut the address short."),
    41002: Meaning(CredentialsRefused, "The appid is missing", f"It stands in {_CONSOLE}."),
    41004: Meaning(CredentialsRefused, "The app secret is missing", f"It stands in {_CONSOLE}, and only when it is reset."),
    42001: Meaning(
        CredentialsRefused, "WeChat says the access token has expired, and a new one too", "Is another program renewing it?"
    ),
    50002: Meaning(CredentialsRefused, "The account is restricted", "WeChat's console says why.", "restricted"),
    89503: Meaning(
        CredentialsRefused, "An administrator must let this machine's address in", "Wait for their answer, then try again."
    ),
    89506: Meaning(CredentialsRefused, "An administrator refused this machine's address", "Ask again after 24 hours."),
    89507: Meaning(CredentialsRefused, "An administrator refused this machine's address", "Ask again after an hour."),
    # Our side
    43001: Meaning(Misconfigured, "The request reached WeChat as another than GET", "Is --api-url right? Is a proxy between?"),
    43002: Meaning(Misconfigured, "The request reached WeChat as another than POST", "Is --api-url right? Is a proxy between?"),
    43003: Meaning(Misconfigured, "WeChat takes HTTPS only", "Is the channel's --api-url right?"),
}

ASKING_FOR_A_TOKEN: Mapping[int, Meaning] = {
    **MEANINGS,
    40001: Meaning(CredentialsRefused, "The app secret is wrong", f"Reset the AppSecret ({_CONSOLE}) and store the new one."),
    45009: Meaning(
        NotSent, "Too many access tokens were asked for today", "It starts anew at 00:00 in Beijing (16:00 UTC).", "daily_quota"
    ),
}


def error_for(errcode: int, errmsg: str, meanings: Mapping[int, Meaning] = MEANINGS) -> CarelineError:
    """The error that an answer of WeChat's is."""
    return tencent.error_for(errcode, errmsg, meanings, "WeChat")
