"""The rules of a template's identity, headers, offers, cards and codes (T006 to T010, T030 to T035, T060 to T072)."""

from __future__ import annotations

import re
from pathlib import Path

from careline.channels.whatsapp.files import MIB, MOST
from careline.errors import Usage
from careline.templates.build import UPLOADED, seconds
from careline.templates.languages import LANGUAGES, nearest
from careline.templates.shape import Note
from careline.toml_file import Source, Table
from careline.toml_lines import Where

CATEGORIES = ("utility", "marketing", "authentication")
TTL = {"authentication": (30, 900), "utility": (30, 43_200), "marketing": (43_200, 2_592_000)}  # seconds
THIRTY_DAYS = -1  # the same for codes and utility
SAMPLES = {  # what can be uploaded for a header: the endings, the first bytes and where they stand, the most bytes
    "image": ((".jpg", ".jpeg", ".png"), ((0, b"\xff\xd8\xff"), (0, b"\x89PNG")), MOST["image"]),
    "video": ((".mp4",), ((4, b"ftyp"),), MOST["video"]),
    "gif": ((".mp4",), ((4, b"ftyp"),), 7 * MIB // 2),
    "document": ((".pdf",), ((0, b"%PDF"),), MOST["document"]),
}
HEADERS = (*SAMPLES, "location", "product")
CARDS = (2, 10)
MINUTES = (1, 90)

_NAME = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)


def check(source: Source, note: Note) -> None:
    """Note what is wrong with the parts of a template whose fields have the right types."""
    table = source.table
    _identity(table, note)
    _header(table, (), source.path, note)
    if table["category"].lower() == "authentication":
        _code(table, note)
    else:
        for field in ("add_security_recommendation", "code_expiration_minutes"):
            if field in table:
                note("T070", (field,), f"{field} belongs to the category authentication")
    if "limited_time_offer" in table:
        _offer(table, note)
    if "cards" in table:
        _cards(table, source.path, note)


def _identity(table: Table, note: Note) -> None:
    if not _NAME.fullmatch(table["name"]):
        note("T006", ("name",), "name may hold a-z, 0-9 and _ only")
    language = table["language"]
    if language not in LANGUAGES:
        meant = nearest(language)
        also = f" of Meta's, {meant!r} is" if meant else " such as it, en_US or zh_CN"
        note("T007", ("language",), f"{language!r} is no language code{also}")
    category = table["category"].lower()
    if category not in CATEGORIES:
        note("T008", ("category",), f"category is one of {', '.join(CATEGORIES)}")
        return
    ttl = _seconds(table)
    least, most = TTL[category]
    if ttl is not None and not least <= ttl <= most and not (ttl == THIRTY_DAYS and category != "marketing"):
        note("T009", ("ttl",), f"ttl is {ttl} seconds; {category} takes {least} to {most}")
    elif ttl is not None and category == "marketing":
        note("T010", ("ttl",), "the ttl of a marketing template counts only in the Marketing Messages API")


def _seconds(table: Table) -> int | None:
    try:
        return seconds(table.get("ttl"))
    except Usage:
        return None


def _header(part: Table, where: Where, path: Path, note: Note) -> None:
    header, at = part.get("header"), (*where, "header")
    if not isinstance(header, dict):
        return
    kind = header["type"].lower()
    if kind not in HEADERS:
        note("T030", at, f"{header['type']!r} is no type of header; there are {', '.join(HEADERS)}")
    elif kind in SAMPLES:
        _sample(kind, header.get("sample"), at, path, note)
    elif "sample" in header:
        note("T031", at, f"a {kind} header has no sample")
    if kind == "gif":
        note("T034", at, "a gif is delivered only by the Marketing Messages API")
    buttons = [button["type"] for button in part.get("buttons", [])]
    if kind == "product" and not where and "spm" not in buttons:
        note("T035", at, "a product header needs an spm button")


def _sample(kind: str, sample: str | None, at: Where, path: Path, note: Note) -> None:
    if sample is None:
        note("T031", at, f"the {kind} header has no sample")
        return
    if sample.startswith(UPLOADED):
        return
    endings, beginnings, most = SAMPLES[kind]
    file = path.parent / sample
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            begins = opened.read(16)
    except (OSError, ValueError):
        note("T032", at, f"the sample {sample} is not there, or cannot be read")
        return
    if file.suffix.lower() not in endings or not any(begins[place:].startswith(mark) for place, mark in beginnings):
        note("T033", at, f"the sample {sample} is not {' or '.join(ending[1:].upper() for ending in endings)}")
    elif size > most:
        note("T033", at, f"the sample {sample} has {size:,} bytes, {most:,} are allowed")


def _code(table: Table, note: Note) -> None:
    for field in ("header", "body", "footer", "limited_time_offer", "cards"):
        if field in table:
            note("T070", (field,), f"a template for codes has no {field} of its own")
    if [button["type"] for button in table.get("buttons", [])] != ["otp"]:
        note("T071", ("buttons", 0), "a template for codes has one button, of type otp")
    minutes = table.get("code_expiration_minutes")
    if minutes is not None and not MINUTES[0] <= minutes <= MINUTES[1]:
        note("T072", ("code_expiration_minutes",), f"code_expiration_minutes is {minutes}; 1 to 90 are allowed")


def _offer(table: Table, note: Note) -> None:
    where: Where = ("limited_time_offer",)
    if "text" not in table["limited_time_offer"]:
        note("T003", where, "text of the limited_time_offer is missing or empty")
    if table["category"].lower() != "marketing":
        note("T060", ("category",), "a limited-time offer is marketing")
    header = table.get("header")
    if not isinstance(header, dict) or header["type"].lower() not in ("image", "video"):
        note("T060", ("header",), "a limited-time offer has a header of image or video")
    if "footer" in table:
        note("T060", ("footer",), "a limited-time offer has no footer")
    expires = bool(table["limited_time_offer"].get("has_expiration"))
    kinds = [button["type"] for button in table.get("buttons", [])]
    if kinds != (["copy_code", "url"] if expires else ["url"]) and (expires or kinds != ["copy_code", "url"]):
        wanted = "a copy_code button and then a url button" if expires else "a url button, before it perhaps a copy_code"
        note("T061", ("buttons", 0), f"this limited-time offer takes {wanted}")


def _cards(table: Table, path: Path, note: Note) -> None:
    cards = table["cards"]
    if not CARDS[0] <= len(cards) <= CARDS[1]:
        note("T065", ("cards", 0), f"a carousel has {CARDS[0]} to {CARDS[1]} cards, not {len(cards)}")
    for field in ("header", "footer", "buttons", "limited_time_offer"):
        if field in table:
            note("T065", (field,), f"a carousel has no {field} beside its cards")
    for index, card in enumerate(cards):
        where = ("cards", index)
        header, kinds = card.get("header"), [button["type"] for button in card.get("buttons", [])]
        form = header["type"].lower() if isinstance(header, dict) else ""
        if form not in ("image", "video", "product"):
            note("T067", (*where, "header"), "a card has a header of image, video or product")
        else:
            _header(card, where, path, note)
        if not kinds or set(kinds) - {"quick_reply", "url", "phone_number", *(["spm"] if form == "product" else [])}:
            note("T067", where, "a card has quick_reply, url or phone_number buttons")
        if _structure(card) != _structure(cards[0]):
            note("T066", where, f"card {index} is not made as card 0: {_made(card)}, not {_made(cards[0])}")


def _structure(card: Table) -> tuple[str, bool, list[str]]:
    header = card.get("header")
    form = header["type"].lower() if isinstance(header, dict) else "text" if header else "none"
    return form, "body" in card, [button["type"] for button in card.get("buttons", [])]


def _made(card: Table) -> str:
    form, body, kinds = _structure(card)
    return f"{form} header, {'body' if body else 'no body'}, {' + '.join(kinds) or 'no'} buttons"
