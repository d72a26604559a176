"""What WeChat's numbers mean that few calls of careline's own bring: those of signing in, mass messages, material, reports.

``careline api`` may ask for anything, and ``careline explain`` for any of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from careline.channels.tencent.errors import Meaning
from careline.errors import NotFound, NotSent, Refused

_CONSOLE = "WeChat's console says more."
_API = "careline api CHANNEL POST PATH: is every field of the call's page in the body?"
_AGAIN = "Let the customer open the page again: a grant is good for one sign-in."
_FILES = "careline channels media list CHANNEL shows what there is."
_TRACE = "The rid stands at the end of WeChat's own words, and is known for some days to its own account."
_GROUPS = "Groups are WeChat's old tags: careline tags pull FILE writes those that are there."

_SIGNING_IN = {
    40029: Meaning(Refused, "The code of a sign-in is none", _AGAIN),
    40163: Meaning(Refused, "The code of a sign-in was used already", _AGAIN),
    41003: Meaning(Refused, "The refresh_token is missing", _API),
    41008: Meaning(Refused, "The code of a sign-in is missing", _API),
    42002: Meaning(Refused, "The refresh_token of a sign-in has expired", _AGAIN),
    42003: Meaning(Refused, "The code of a sign-in has expired", _AGAIN),
    42007: Meaning(Refused, "The customer changed their password, which ends what they granted", _AGAIN),
}

_PARAMETERS = {
    40101: Meaning(Refused, "A parameter is missing", _API),
    40132: Meaning(Refused, "That is no WeChat id", "It stands in WeChat under Me, below the name."),
    40155: Meaning(Refused, "The address is the home page of another account", "Lead to a page of your own."),
    41005: Meaning(Refused, "The file is missing", "It goes into the form's field media, with a name and a type."),
    41006: Meaning(Refused, "The media_id is missing", _API),
    41007: Meaning(Refused, "The buttons below a button are missing", "careline menus lint FILE says where."),
    41009: Meaning(Refused, "The OpenID is missing", _API),
    40050: Meaning(Refused, "There is no group of that number", _GROUPS),
    40051: Meaning(Refused, "WeChat does not take the name of the group", _GROUPS),
    40117: Meaning(Refused, "WeChat does not take the name of the group", _GROUPS),
    45016: Meaning(Refused, "The group is WeChat's own", "Nobody renames or deletes it."),
    45017: Meaning(Refused, "The name of the group is too long", "30 characters."),
    45018: Meaning(Refused, "The account has as many groups as WeChat allows", _GROUPS),
}

_MATERIAL = {
    40118: Meaning(Refused, "The media_id has not the length of one", _FILES),
    40121: Meaning(Refused, "That is no media_id", _FILES),
    40137: Meaning(Refused, "WeChat does not take the picture's format", "It takes jpg, png, gif and bmp."),
    46001: Meaning(Refused, "The account has no such file", _FILES),
    48005: Meaning(Refused, "The file is in use", "Take it out of the menu, the replies and the articles that show it."),
}

_TEMPLATES = {
    40036: Meaning(Refused, "The template's id has not the length of one", "careline templates list --channel NAME"),
    43100: Meaning(Refused, "The industry was changed this month already", "WeChat allows one change a month."),
    45027: Meaning(
        Refused,
        "The template is of another industry than the account",
        "careline api CHANNEL GET cgi-bin/template/get_industry",
    ),
    200011: Meaning(Refused, "WeChat has no such template in its library, or barred it", "Choose another in WeChat's console."),
    200012: Meaning(Refused, "The account has as many templates of notifications as WeChat allows", "Delete one first."),
    200014: Meaning(NotFound, "The account has no such template of notifications", "careline templates list --channel NAME"),
    200020: Meaning(Refused, "WeChat does not take these keywords together", "Two to five of the template's, each once."),
}

_TYPING = {
    45072: Meaning(Refused, "WeChat does not know this command of typing", "It is Typing or CancelTyping."),
    45080: Meaning(Refused, "Typing is shown only within half a minute of a message", "Nothing is lost: write instead."),
    45081: Meaning(Refused, "Typing is shown already", "Nothing is lost: it lasts some fifteen seconds."),
}

_MASS = {
    45028: Meaning(Refused, "No mass message is left", "A service account has four a month, others one a day."),
    45065: Meaning(
        Refused, "This mass message went out already", "Its msg_id stands in the answer: there is nothing to repeat."
    ),
    45066: Meaning(
        NotSent, "This mass message was tried a moment ago", "Try again in a minute.", "rate_limited", retry_after_s=60
    ),
    45067: Meaning(Refused, "The clientmsgid is too long", "Take a shorter one."),
}

_LOOKING = {
    48006: Meaning(Refused, "The quotas were cleared as often as WeChat allows", "Ten times a month."),
    61500: Meaning(Refused, "That is no day of a report", "2026-03-06, from 2014-12-01 to yesterday."),
    61501: Meaning(
        Refused, "The days of a report are too many, or the wrong way round", "Ask for fewer: most take seven or thirty."
    ),
    76001: Meaning(NotFound, "WeChat knows no such request", _TRACE),
    76002: Meaning(NotFound, "WeChat has forgotten this request", _TRACE),
    76003: Meaning(NotFound, "The request is of another account", _TRACE),
    76021: Meaning(NotFound, "WeChat has no such path to tell a quota of", "It begins with /cgi-bin/."),
    76022: Meaning(NotFound, "WeChat tells no quota of this path to this account", _CONSOLE),
    9410010: Meaning(Refused, "The data is too long for a short key", "4 KB."),
    9410011: Meaning(Refused, "The short key would live too long", "30 days at most."),
    9410012: Meaning(NotFound, "There is no such short key, or none any more", "Make another."),
}

_PLACES_AND_DEVICES = {
    **dict.fromkeys(
        (*range(9001001, 9001011), *range(9001020, 9001037)),
        Meaning(Refused, "A call about places or devices is refused", _CONSOLE),
    ),
    9001002: Meaning(NotSent, "WeChat's service for places and devices is down", "Try again later.", retry_after_s=60),
    9001003: Meaning(Refused, "The ticket is none", _CONSOLE),
    9001006: Meaning(Refused, "The OpenID is none", "An OpenID belongs to one account: was it copied from another?"),
    9001007: Meaning(Refused, "The file is missing", "It goes into the form's field media, with a name and a type."),
    9001008: Meaning(Refused, "WeChat does not take this type of file", _CONSOLE),
    9001009: Meaning(Refused, "WeChat does not take a file of this size", _CONSOLE),
}

RARE: Mapping[int, Meaning] = {
    **_SIGNING_IN,
    **_PARAMETERS,
    **_MATERIAL,
    **_TEMPLATES,
    **_TYPING,
    **_MASS,
    **_LOOKING,
    **_PLACES_AND_DEVICES,
}
