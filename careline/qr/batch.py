"""Codes by the thousand: asked for, noted, drawn, read back and noted again, so that a run after any end goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from careline.crashpoint import reached
from careline.errors import CarelineError
from careline.events import CodeCreated, CodeDrawn
from careline.model import Code
from careline.qr import ledger
from careline.qr.asking import Ask, ask_all
from careline.qr.drawing import Drawn, Job, draw_all
from careline.qr.wanted import Wanted
from careline.store.base import Store

Step = Callable[[int], object]


class Batch:
    """The codes of one run, and what becomes of them. ``actor`` is who has them made, for the journal."""

    def __init__(self, store: Store, wanted: Sequence[Wanted], actor: str) -> None:
        self.wanted = wanted
        self.failed: dict[int, CarelineError] = {}  # by line
        self.stopped: CarelineError | None = None
        self.same = {one.line for one in wanted if one.is_drawn()}
        self.drawn: set[int] = set()
        self._store = store
        self._actor = actor
        self._files: list[list[Wanted]] = []

    def to_ask(self) -> list[Wanted]:
        """Those that have no code yet."""
        return [one for one in self.wanted if one.code is None]

    async def ask(self, ask: Ask, step: Step) -> None:
        """Ask for the codes that are missing, and note each."""
        asked = await ask_all(self.to_ask(), ask, self._note_codes, step)
        self.failed |= asked.failed
        self.stopped = asked.stopped

    def to_draw(self) -> int:
        """How many files have to be made: those whose codes are all there, a sheet's too, and not all drawn."""
        files: dict[str, list[Wanted]] = {}
        for one in self.wanted:
            files.setdefault(str(one.path), []).append(one)
        self._files = [
            ones for ones in files.values() if all(one.code for one in ones) and not all(one.line in self.same for one in ones)
        ]
        return len(self._files)

    def draw(self, step: Step) -> None:
        """Make those files and note each picture once it is read back. Raises Failed when one who draws was killed."""
        for part in draw_all([_job(number, ones) for number, ones in enumerate(self._files)]):
            reached("qr.drawn")
            self._note_pictures(part)
            reached("qr.kept")
            step(len(part))

    def state(self, one: Wanted) -> str:
        """``drawn``, ``same`` as before, ``failed``, or ``left`` for another run."""
        for state, lines in (("failed", self.failed), ("drawn", self.drawn), ("same", self.same)):
            if one.line in lines:
                return state
        return "left"

    def record(self, one: Wanted, state: str = "") -> dict[str, Any]:
        """What is said of one."""
        code, error = one.code, self.failed.get(one.line)
        return {
            "line": one.line or None,
            "scene": one.scene,
            "channel": one.channel.name,
            "state": state or self.state(one),
            "file": str(one.path),
            "url": code.url if code else None,
            "expires_at": code.expires_at if code else None,
            "error": error.code if error else None,
            "message": error.message if error else None,
        }

    def _note_codes(self, answers: Sequence[tuple[Wanted, CodeCreated]]) -> list[Code]:
        return ledger.keep_all(self._store, [(one.channel.name, event) for one, event in answers], self._actor)

    def _note_pictures(self, part: Sequence[Drawn]) -> None:
        made: list[Wanted] = []
        for drawn in part:
            ones = self._files[drawn.number]
            if drawn.error is None:
                made += ones
            else:
                self.failed |= {one.line: drawn.error for one in ones}
        lines = {one.line for one in made}
        self.same -= lines
        self.drawn |= lines
        if made:
            events = [
                (one.channel.name, CodeDrawn(scene_key=one.key, file=str(one.path), look=one.said_look())) for one in made
            ]
            ledger.keep_all(self._store, events, self._actor)


def _job(number: int, ones: Sequence[Wanted]) -> Job:
    codes = tuple((one.code.url, one.look) for one in ones if one.code)
    return Job(number, str(ones[0].path), ones[0].written, codes, ones[0].sheet)
