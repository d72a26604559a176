"""Many codes asked of a platform: some at once, at an even pace, each noted as soon as it is there.

What holds for every code (a quota, a credential, a line that is down) ends the asking; what concerns one code ends that one.
What was answered is noted whatever happens to the rest. Asking again for what was not noted costs nothing: a temporary code is
one more, and the same permanent scene is given the code it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from careline.crashpoint import reached
from careline.errors import CarelineError, NotSent, Refused, Unknown, Usage
from careline.events import CodeCreated
from careline.model import Code
from careline.qr.wanted import Wanted

AT_ONCE = 16
A_SECOND = 200  # at the most; WeChat names a quota a day, and none a minute but that there is one
AGAIN_S = 1.0
OF_THE_ACCOUNT = ("not_granted", "barred", "daily_quota", "rate_limited")

Ask = Callable[[Wanted], Awaitable[CodeCreated]]
Note = Callable[[Sequence[tuple[Wanted, CodeCreated]]], Sequence[Code]]


class Asked(Struct):
    """How the asking ended: what failed, by line, and what ended it before all were asked."""

    failed: dict[int, CarelineError]
    stopped: CarelineError | None = None


async def ask_all(wanted: Sequence[Wanted], ask: Ask, note: Note, step: Callable[[int], object]) -> Asked:
    """Ask for the code of each and note it, in ``Wanted.code`` too. Raises what the store refuses."""
    asked = Asked({})
    answers: list[tuple[Wanted, CodeCreated]] = []
    news = asyncio.Event()
    pace = _Pace()
    left = iter(wanted)

    async def one_after_the_other() -> None:
        for one in left:
            if asked.stopped is not None:
                return
            try:
                await pace.wait()
                event = await _twice(ask, one)
            except CarelineError as error:
                if not _is_its_own(error):
                    asked.stopped = asked.stopped or error
                    return
                asked.failed[one.line] = error
                step(1)
                continue
            reached("qr.answered")
            answers.append((one, event))
            news.set()

    async def note_them() -> None:
        while not (over and not answers):
            await news.wait()
            news.clear()
            gathered, answers[:] = answers[:], []
            try:
                codes = await asyncio.to_thread(note, gathered) if gathered else []
            except CarelineError as error:
                asked.stopped = error
                raise
            for (one, _), code in zip(gathered, codes, strict=True):
                one.code = code
            if gathered:
                reached("qr.noted")
            step(len(gathered))

    over = False
    noting = asyncio.create_task(note_them())
    try:
        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    finally:
        over = True
        news.set()
        await noting
    return asked


async def _twice(ask: Ask, one: Wanted) -> CodeCreated:
    """The code; asked for once more a second later when it certainly was not made and no quota is the reason."""
    try:
        return await ask(one)
    except NotSent as error:
        if error.code in OF_THE_ACCOUNT:
            raise
        await asyncio.sleep(AGAIN_S)
        return await ask(one)


def _is_its_own(error: CarelineError) -> bool:
    """True for an error that says nothing about the next code."""
    return isinstance(error, (Refused, Unknown, Usage)) and error.code not in OF_THE_ACCOUNT


class _Pace:
    """Lets one through every so often."""

    def __init__(self) -> None:
        self._next = 0.0

    async def wait(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(now, self._next) + 1 / A_SECOND
        await asyncio.sleep(self._next - now)
