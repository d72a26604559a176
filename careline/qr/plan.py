"""What a table of codes comes to, checked as a whole before anybody is asked for anything."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from careline.errors import CarelineError, Usage
from careline.model import Channel
from careline.qr import draw, ledger, terms
from careline.qr.look import Format, Look, format_of
from careline.qr.poster import grid_of
from careline.qr.table import Cells
from careline.qr.wanted import Wanted
from careline.rules.times import parse_duration
from careline.store.base import Store

SHOWN = 20
LONGEST_NAME = 120
OTHER_PICTURES = (".gif", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".eps", ".ai")


class Defaults(Struct, frozen=True, kw_only=True):
    """What holds for every row that does not say otherwise."""

    look: Look
    folder: Path
    base: Path
    """The folder that a logo in the table is looked for in: the table's own."""
    written: Format = "png"
    expires: int | None = None
    permanent: bool = False
    numeric: bool = False
    text: str | None = None
    campaign: str = ""
    account: str = ""
    sheet: str = ""


AccountOf = Callable[[Channel, str], str]
"""The id of a channel's account by its name; of the only one, where there is no name and one is needed."""


def plan(
    store: Store, rows: Sequence[Cells], channel_of: Callable[[str], Channel], account_of: AccountOf, defaults: Defaults
) -> list[Wanted]:
    """What each row wants, with the code that its scene has already.

    Raises Usage that names every row which cannot be, by its line.
    """
    wanted: list[Wanted] = []
    wrong: list[tuple[int, CarelineError]] = []
    checked: dict[Look, CarelineError | None] = {}
    for row in rows:
        try:
            one = _row(row, channel_of, account_of, defaults)
            if one.look not in checked:
                checked[one.look] = _wrong_with(one)
            if (cannot := checked[one.look]) is not None:
                raise cannot
            wanted.append(one)
        except CarelineError as error:
            wrong.append((row.line, error))
    if wanted and not any(one.channel.kind == "wechat" for one in wanted):  # then what is WeChat's was meant for nobody
        terms.lifetime(
            wanted[0].channel, defaults.expires, permanent=defaults.permanent, numeric=defaults.numeric, text=defaults.text
        )
    wrong += _twice(wanted)
    known = ledger.usable_of(store, [(one.channel.name, one.key) for one in wanted])
    for one in wanted:
        one.code = known.get((one.channel.name, one.key))
        if one.code is not None:
            try:
                terms.check_same(one.code, permanent=one.permanent, text=one.text, account=one.account)
            except Usage as error:
                wrong.append((one.line, error))
    if wrong:
        raise _bad_rows(sorted(wrong, key=itemgetter(0)))
    for one in wanted:
        if one.channel.kind == "wecom" and one.code is None:
            one.account = account_of(one.channel, one.account)
    if defaults.sheet:
        _lay_on_sheets(wanted, defaults)
    return wanted


def _lay_on_sheets(wanted: Sequence[Wanted], defaults: Defaults) -> None:
    """Give each code its sheet and its place there, in the order of the table."""
    many = grid_of(defaults.sheet, [one.look for one in wanted]).count
    for at, one in enumerate(wanted):
        sheet, place = divmod(at, many)
        one.path = defaults.folder / f"sheet-{sheet + 1:03}.pdf"
        one.place = f"{place + 1}/{min(many, len(wanted) - sheet * many)}"


def _row(row: Cells, channel_of: Callable[[str], Channel], account_of: AccountOf, defaults: Defaults) -> Wanted:
    said = row.values
    channel = channel_of(said.get("channel", ""))
    wechat = channel.kind == "wechat"
    if "scene" not in said:
        raise Usage("the scene is empty.")
    key = ledger.scene_key(said["scene"], numeric=defaults.numeric and wechat)
    expires = parse_duration(said["expires"]) if "expires" in said else defaults.expires if wechat else None
    permanent = defaults.permanent and wechat and "expires" not in said
    text = said.get("text", defaults.text if channel.kind == "whatsapp" else None)
    lasts = terms.lifetime(channel, expires, permanent=permanent, numeric=False, text=text)
    terms.check_key(channel, key, permanent=permanent)
    account = said.get("account", defaults.account if channel.kind == "wecom" else "")
    logo = defaults.base / said["logo"] if "logo" in said else defaults.look.logo
    look = replace(defaults.look, caption=said.get("caption", defaults.look.caption), logo=logo)
    path, written = _target(said.get("file", ""), key[2:], defaults)
    return Wanted(
        line=row.line,
        channel=channel,
        key=key,
        look=look,
        path=path,
        written=written,
        permanent=permanent,
        lasts=lasts,
        text=text,
        campaign=said.get("campaign", defaults.campaign),
        account=account_of(channel, account) if account else "",
        sheet=defaults.sheet,
    )


def _target(file: str, scene: str, defaults: Defaults) -> tuple[Path, Format]:
    """The picture's file below the folder, and its format."""
    if defaults.sheet:
        if file:
            raise Usage("a code on a sheet has no file of its own.")
        return defaults.folder, "pdf"
    if not file:
        return defaults.folder / f"{file_name(scene)}.{defaults.written}", defaults.written
    path = Path(file)
    if path.is_absolute() or ".." in path.parts or not file.isprintable():
        raise Usage(f"the file {file!r} is not a name below the folder of --out.")
    known = path.suffix.lower() in (".png", ".svg", ".pdf")
    if path.suffix.lower() in OTHER_PICTURES:
        format_of(path.suffix)
    written = format_of(path.suffix) if known else defaults.written
    return defaults.folder / (file if known else f"{file}.{written}"), written


def file_name(scene: str) -> str:
    """A scene as the name of a file, on any disk."""
    name = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]+', "_", unicodedata.normalize("NFC", scene))
    return name.strip(" .").encode()[:LONGEST_NAME].decode(errors="ignore") or "_"


def _wrong_with(one: Wanted) -> CarelineError | None:
    """What would keep this look from being drawn for any text."""
    try:
        draw.check(one.look, one.written)
    except CarelineError as error:
        return error
    return None


def _twice(wanted: Sequence[Wanted]) -> list[tuple[int, CarelineError]]:
    """Rows that want the scene or the file of a row before them."""
    found: list[tuple[int, CarelineError]] = []
    scenes: dict[tuple[str, str], int] = {}
    files: dict[str, int] = {}
    for one in wanted:
        first = scenes.setdefault((one.channel.name, one.key), one.line)
        if first != one.line:
            found.append((one.line, Usage(f"The scene {one.scene} is that of line {first}.")))
        elif not one.sheet:
            first = files.setdefault(str(one.path).casefold(), one.line)
            if first != one.line:
                found.append((one.line, Usage(f"The file {one.path.name} is that of line {first}.")))
    return found


def ending_anyway(wanted: Sequence[Wanted]) -> int:
    """How many WeChat codes are temporary: with --permanent those whose own row says when they expire."""
    return sum(one.channel.kind == "wechat" and not one.permanent for one in wanted)


def same_texts(wanted: Sequence[Wanted]) -> dict[str, int]:
    """WhatsApp channels with the number of their codes that say the same as another one: their chats look alike."""
    texts: dict[tuple[str, str], int] = defaultdict(int)
    for one in wanted:
        if one.channel.kind == "whatsapp":
            texts[one.channel.name, one.text or ""] += 1
    alike: dict[str, int] = defaultdict(int)
    for (channel, _), count in texts.items():
        if count > 1:
            alike[channel] += count
    return dict(alike)


def _bad_rows(wrong: Sequence[tuple[int, CarelineError]]) -> Usage:
    lines = [f"line {line}: {_after_a_colon(why.message)}" for line, why in wrong[:SHOWN]]
    if len(wrong) > SHOWN:
        lines.append(f"and {len(wrong) - SHOWN:,} more")
    count = len({line for line, _ in wrong})
    hints = {why.hint for _, why in wrong}
    return Usage(
        f"{count:,} row{' cannot' if count == 1 else 's cannot'} be drawn; nothing was asked for.\n" + "\n".join(lines),
        code="bad_rows",
        hint=(hints.pop() if len(hints) == 1 else "") or "Mend them in the table, then run it again.",
    )


def _after_a_colon(sentence: str) -> str:
    """The sentence with a small letter at its beginning, unless it begins with a name: WeChat's."""
    first = sentence.partition(" ")[0]
    return sentence if any(letter.isupper() for letter in first[1:]) else sentence[:1].lower() + sentence[1:]
