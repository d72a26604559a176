"""The files of chats when their store moves: a profile has one folder of them, whatever database it uses.

So they stay where they are, unless the store becomes another profile's own, under this home or another: then they follow.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from careline.media.shelf import Shelf
from careline.settings import StoreAddress

Step = Callable[[int], None]  # told how many more are done


def following(source: StoreAddress, target: StoreAddress, profile: Path) -> tuple[Shelf, list[Path]]:
    """The shelf that the files go to, and those that it lacks. ``profile`` is the folder of the one that is in use."""
    theirs, ours = Shelf((_own(source) or profile) / "media"), Shelf((_own(target) or profile) / "media")
    return ours, ours.lacks(theirs) if _own(target) else []


def bring(shelf: Shelf, files: list[Path], step: Step) -> None:
    """Put copies of the files on the shelf. Cut off anywhere, those that are there then are lacked no more."""
    for path in files:
        shelf.take_in(path)
        step(1)


def _own(address: StoreAddress) -> Path | None:
    """The folder of the profile whose own store that is; None for a database, and for a file elsewhere."""
    folder = address.path.parent.absolute()
    own = not address.url and address.path.name == "careline.db" and folder.parent.name == "profiles"
    return folder if own else None
