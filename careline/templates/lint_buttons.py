"""The rules of buttons (T040 to T053, and T071 for codes outside their category)."""

from __future__ import annotations

import re

from careline.channels.whatsapp.filling import COUPON, URL
from careline.templates.shape import Note
from careline.templates.variables import VARIABLE, variables
from careline.toml_file import Source, Table
from careline.toml_lines import Where

MOST, MOST_ON_CARD = 10, 2
OF_A_TYPE = {"url": 2}  # of every other type one; quick replies only count as buttons
ALONE = ("catalog", "mpm", "spm")
PHONE = 20
APPS = 5
CALL = (1440, 43_200)  # minutes in which it can be tapped
SEEN = 3

_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{3,}", re.ASCII)
_SIGNATURE = re.compile(r"[A-Za-z0-9+/=]{11}", re.ASCII)  # of an app: eleven characters


def check(source: Source, note: Note) -> None:
    """Note what is wrong with the buttons of a template whose fields have the right types."""
    table = source.table
    _row(table.get("buttons", []), (), MOST, note)
    kinds = [button["type"] for button in table.get("buttons", [])]
    if "otp" in kinds and table["category"].lower() != "authentication":
        note("T071", ("buttons", kinds.index("otp")), "an otp button belongs to the category authentication")
    replies = kinds.count("quick_reply")
    if len(kinds) > SEEN or 0 < replies < len(kinds):
        note("T051", ("buttons", 0), "WhatsApp on a computer does not show these buttons")
    if len(kinds) > SEEN:
        note("T052", ("buttons", 0), f"{len(kinds)} buttons: two are shown, the others behind “See all options”")
    for index, card in enumerate(table.get("cards", [])):
        _row(card.get("buttons", []), ("cards", index), MOST_ON_CARD, note)


def _row(buttons: list[Table], where: Where, most: int, note: Note) -> None:
    kinds = [button["type"] for button in buttons]
    if len(kinds) > most:
        note("T040", (*where, "buttons", most), f"{len(kinds)} buttons, {most} are allowed")
    for kind in dict.fromkeys(kinds):
        allowed = OF_A_TYPE.get(kind, 1)
        if allowed < kinds.count(kind) and kind != "quick_reply":
            last = max(index for index, one in enumerate(kinds) if one == kind)
            note("T041", (*where, "buttons", last), f"{kinds.count(kind)} {kind} buttons, {allowed} allowed")
        if kind in ALONE and len(kinds) > 1 and not where:
            note("T042", (*where, "buttons", kinds.index(kind)), f"the {kind} button stands alone")
    if _groups(kinds) > 2:
        note("T043", (*where, "buttons", 0), "quick replies must stand together, before or after the other buttons")
    for index, button in enumerate(buttons):
        if special := _EACH.get(button["type"]):
            special(button, (*where, "buttons", index), note)


def _groups(kinds: list[str]) -> int:
    """How many runs of quick replies and of other buttons there are, one after the other."""
    replies = [kind == "quick_reply" for kind in kinds]
    return sum(1 for index, one in enumerate(replies) if index == 0 or one != replies[index - 1])


def _url(button: Table, where: Where, note: Note) -> None:
    url = button["url"]
    used = variables(url)
    if not url.startswith(("https://", "http://")) or len(url) > URL or re.search(r"\s", VARIABLE.sub("", url)):
        note("T044", (*where, "url"), f"url must begin with https:// and have at most {URL} characters, none of them blank")
    if len(VARIABLE.findall(url)) > 1 or (used and not re.search(r"\}\}\Z", url)) or "{{" in VARIABLE.sub("", url):
        note("T045", (*where, "url"), "url may hold one variable, at its end")
    example = button.get("example")
    if used and example is None:
        note("T046", where, "example of the url button is missing: the whole address, filled in")
    elif used and example is not None and (not example.startswith(url.split("{{")[0]) or variables(example)):
        note("T046", (*where, "example"), f"example must begin with {url.split('{{')[0]} and be filled in")
    elif not used and example is not None:
        note("T046", (*where, "example"), "example has no place here: the url has no variable")


def _phone(button: Table, where: Where, note: Note) -> None:
    number = button["phone_number"]
    if len(number) > PHONE or not _PHONE.fullmatch(number):
        note("T047", (*where, "phone_number"), f"{number!r} is no phone number of at most {PHONE} characters")


def _coupon(button: Table, where: Where, note: Note) -> None:
    code = button["example"]
    if len(code) > COUPON or not (code.isascii() and code.isalnum()):
        note("T048", (*where, "example"), f"example must be letters and digits, at most {COUPON}")


def _otp(button: Table, where: Where, note: Note) -> None:
    kind = button["otp_type"].lower()
    if kind not in ("copy_code", "one_tap", "zero_tap"):
        note("T049", (*where, "otp_type"), "otp_type is copy_code, one_tap or zero_tap")
        return
    if kind == "copy_code":
        return
    apps = button.get("supported_apps") or [button]
    if len(apps) > APPS:
        note("T049", (*where, "supported_apps"), f"{len(apps)} supported_apps, {APPS} are allowed")
    if any("package_name" not in app or "signature_hash" not in app for app in apps):
        note("T049", where, f"a {kind} button needs package_name and signature_hash of each app")
    elif bad := next((app for app in apps if not _SIGNATURE.fullmatch(app["signature_hash"])), None):
        note("T049", where, f"the signature_hash of {bad['package_name']} must have eleven characters")
    if kind == "zero_tap" and button.get("zero_tap_terms_accepted") is not True:
        note("T049", where, "a zero_tap button needs zero_tap_terms_accepted = true")


def _flow(button: Table, where: Where, note: Note) -> None:
    named = [field for field in ("flow_id", "flow_name", "flow_json") if field in button]
    if len(named) != 1:
        note("T050", where, "a flow button has one of flow_id, flow_name and flow_json")
    action = button.get("flow_action", "navigate").lower()
    if action not in ("navigate", "data_exchange"):
        note("T050", (*where, "flow_action"), "flow_action is navigate or data_exchange")
    elif action == "navigate" and "flow_id" in button and "navigate_screen" not in button:
        note("T050", where, "a flow button that navigates needs navigate_screen")


def _call(button: Table, where: Where, note: Note) -> None:
    if not CALL[0] <= button.get("ttl_minutes", CALL[0]) <= CALL[1]:
        note("T053", (*where, "ttl_minutes"), f"ttl_minutes must be between {CALL[0]} and {CALL[1]}: one to thirty days")


_EACH = {"url": _url, "phone_number": _phone, "copy_code": _coupon, "otp": _otp, "flow": _flow, "voice_call": _call}
