"""Files for what an account has. Meta shows a sample as an address that works for a while: what it gives is kept beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import Struct

from careline.errors import CarelineError
from careline.files import replace_file
from careline.http import Streamed
from careline.templates import gather
from careline.templates.build import FILE
from careline.templates.plan import GONE, Wanted

Fetch = Callable[[str, Mapping[str, str]], AbstractAsyncContextManager[Streamed]]

SAMPLES = "samples"
BIGGEST = 16 * 1024 * 1024
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "video/mp4": ".mp4", "application/pdf": ".pdf"}


class Pulled(Struct, frozen=True):
    """A template that goes into a file. ``replaces``: the file is there, and says something else."""

    name: str
    language: str
    path: Path
    raw: Any
    replaces: bool


def pulled(raws: Iterable[Mapping[str, Any]], wanted: Sequence[Wanted], folder: Path) -> list[Pulled]:
    """What has to be written so that the folder says what the account has. A file of another name keeps its name."""
    files = {(one.name, one.language): one for one in wanted}
    todo = []
    for raw in raws:
        one = gather.listed(raw)
        mine = files.get((one.name, one.language))
        if one.state in GONE or (mine is not None and not _differs(mine, one)):
            continue
        path = Path(mine.file) if mine else folder / f"{one.name}.{one.language}.toml"
        todo.append(Pulled(one.name, one.language, path, raw, mine is not None))
    return sorted(todo, key=lambda one: (one.name, one.language))


async def with_samples(raw: Mapping[str, Any], path: Path, fetch: Fetch) -> dict[str, Any]:
    """The template with its samples as files beside ``path``; one that cannot be had any more stays an address."""
    addresses = sorted(set(_addresses(raw.get("components") or [])))
    kept = {address: await _kept(address, path, fetch) for address in addresses}
    return dict(raw) | {"components": _replaced(raw.get("components") or [], kept)}


def _differs(mine: Wanted, one: Any) -> bool:
    return bool(mine.likeness.differences(one.likeness)) or mine.category.lower() != one.category


def _addresses(components: Any) -> Iterable[str]:
    for part in components if isinstance(components, list) else []:
        if isinstance(part, dict):
            example = part.get("example")
            handles = example.get("header_handle") if isinstance(example, dict) else None
            yield from (each for each in handles or [] if str(each).startswith(("http://", "https://")))
            for card in part.get("cards") or []:
                yield from _addresses(card.get("components"))


def _replaced(components: list[Any], kept: Mapping[str, str]) -> list[Any]:
    made = []
    for part in components:
        one = dict(part)
        if one.get("cards"):
            one["cards"] = [card | {"components": _replaced(card["components"], kept)} for card in one["cards"]]
        example = one.get("example")
        if isinstance(example, dict) and example.get("header_handle"):
            one["example"] = example | {"header_handle": [kept.get(each, each) for each in example["header_handle"]]}
        made.append(one)
    return made


async def _kept(address: str, path: Path, fetch: Fetch) -> str:
    """``FILE`` and where the sample now lies; the address where it cannot be had."""
    try:
        async with fetch(address, {}) as answer:
            ending = _ENDINGS.get(answer.headers.get("content-type", "").partition(";")[0])
            data = bytearray()
            async for chunk in answer.chunks():
                data += chunk
                if len(data) > BIGGEST:
                    return address
            if answer.status != 200 or ending is None:
                return address
    except CarelineError:
        return address
    folder = path.parent / SAMPLES
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{sha256(data).hexdigest()[:16]}{ending}"
    replace_file(folder / name, [bytes(data)])
    return f"{FILE}{SAMPLES}/{name}"
