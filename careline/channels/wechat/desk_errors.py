"""What WeChat's numbers about its own desk, about tags and about followers mean to us."""

from __future__ import annotations

from collections.abc import Mapping

from careline.channels.tencent.errors import Meaning
from careline.errors import NotFound, NotSent, Refused, Usage

_STAFF = "careline channels staff CHANNEL list shows them."
_ONLINE = "They sign in at mpkf.weixin.qq.com, or in WeChat on their phone."
_SESSION = "careline channels staff CHANNEL sessions shows who serves whom."

DESK: Mapping[int, Meaning] = {
    61450: Meaning(NotSent, "WeChat's desk is busy", "Try again in a few seconds.", retry_after_s=1),
    61451: Meaning(Refused, "WeChat's desk does not take a parameter of this call", "Is the agent's account spelt right?"),
    61452: Meaning(NotFound, "There is no such agent on WeChat's desk", _STAFF, "unknown_servicer"),
    61453: Meaning(Refused, "The agent is on WeChat's desk already", _STAFF, "servicer_exists"),
    61454: Meaning(Usage, "The agent's account name is too long", "At most ten letters, digits and _ before the @."),
    61455: Meaning(Usage, "The agent's account name has a character that WeChat does not take", "Letters, digits and _."),
    61456: Meaning(Refused, "WeChat's desk is full", "It has 100 agents at most; older accounts ten."),
    61457: Meaning(Usage, "WeChat takes an agent's picture as JPEG", "640 × 640 pixels are advised, 5 MB allowed."),
    61458: Meaning(Refused, "Another agent serves this customer", _SESSION, "served_by_other"),
    61459: Meaning(Refused, "The agent is not online", _ONLINE, "servicer_offline"),
    65400: Meaning(
        Refused,
        "WeChat's new desk is not enabled for this account",
        "Add the function customer service in WeChat's console, under functions; the account needs a WeChat id of its own.",
        "desk_not_enabled",
    ),
    65401: Meaning(NotFound, "There is no such agent on WeChat's desk", _STAFF, "unknown_servicer"),
    65402: Meaning(
        Refused,
        "The agent is bound to no WeChat id",
        "Invite one: careline channels staff CHANNEL add ID --invite WECHAT-ID. They confirm it in WeChat.",
        "servicer_unbound",
    ),
    65403: Meaning(Usage, "WeChat does not take this nickname", "1 to 16 characters."),
    65404: Meaning(
        Usage, "WeChat does not take this account name", "Up to ten letters, digits and _, then @ and the account's id."
    ),
    65405: Meaning(Refused, "WeChat's desk is full", "It has 100 agents at most; older accounts ten."),
    65406: Meaning(Refused, "The agent is on WeChat's desk already", _STAFF, "servicer_exists"),
    65407: Meaning(Refused, "This WeChat id is an agent of yours already", _STAFF, "already_invited"),
    65408: Meaning(Refused, "This WeChat id is invited already", "They find the invitation in WeChat.", "already_invited"),
    65409: Meaning(Refused, "There is no such WeChat id", "It stands in WeChat under Me, below the name."),
    65410: Meaning(Refused, "This WeChat id serves as many accounts as it may", "Invite another, or let it leave one."),
    65411: Meaning(Refused, "An invitation of this agent still runs", "They find it in WeChat.", "already_invited"),
    65412: Meaning(Refused, "The agent is bound to a WeChat id already", "Remove it and add it again to bind another."),
    65413: Meaning(NotFound, "No agent serves this customer", _SESSION, "no_session"),
    65414: Meaning(Refused, "Another agent serves this customer", _SESSION, "served_by_other"),
    65415: Meaning(Refused, "The agent is not online", _ONLINE, "servicer_offline"),
    65416: Meaning(
        Refused, "WeChat does not take a parameter of this question", "Its span begins before it ends, and lies in the past."
    ),
    65417: Meaning(
        Refused,
        "WeChat tells at most 24 hours of its desk's history at once",
        "careline chats import asks for one day after another.",
    ),
}

FOLLOWERS: Mapping[int, Meaning] = {
    40032: Meaning(Refused, "Too many people at once, or none", "100 are told of in a call, 50 tagged, 20 barred."),
    45056: Meaning(Refused, "The account has 100 tags already", "careline tags pull FILE, and delete one it no longer needs."),
    45057: Meaning(
        Refused,
        "More than 100,000 people have this tag, and WeChat does not delete it so",
        "Take it from them first: careline contacts set CONTACT --remove-tag NAME, 50 in one call.",
    ),
    45058: Meaning(
        Refused, "The tags 0, 1 and 2 are WeChat's own", "The starred and the barred: nobody renames or deletes them."
    ),
    45059: Meaning(Refused, "Somebody of these has 20 tags already", "Take another tag from them first.", "too_many_tags"),
    45157: Meaning(
        Usage,
        "WeChat does not take this name of a tag, or another tag has it",
        "careline tags pull FILE writes those there are.",
    ),
    45158: Meaning(Usage, "The name of the tag is too long", "30 bytes: ten Chinese characters."),
    45159: Meaning(NotFound, "There is no such tag", "careline tags pull FILE writes those that are there.", "unknown_tag"),
    49003: Meaning(
        Refused, "This OpenID belongs to another account", "An OpenID belongs to one account: was it copied from another?"
    ),
}
