"""Whether the receiver can do its work now, asked by whoever sends it traffic."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from careline.errors import CarelineError
from careline.receiving.aside import PATIENCE_S, Kept

Check = Callable[[], str]  # what is wrong; empty when nothing is


class Health:
    """``checks`` by the name of the part each looks at. One that raises or takes two seconds is a part that fails."""

    def __init__(self, checks: Mapping[str, Check], stopping: Callable[[], bool]) -> None:
        self._checks = {part: Kept(check) for part, check in checks.items()}
        self._stopping = stopping

    async def failing(self) -> str:
        """A line for each part that fails; empty when pushes can be received and applied."""
        if self._stopping():
            return "receiver: stopping\n"
        found = await asyncio.gather(*(_wrong(check) for check in self._checks.values()))
        return "".join(f"{part}: {wrong}\n" for part, wrong in zip(self._checks, found, strict=True) if wrong)


async def _wrong(check: Kept[str]) -> str:
    try:
        return await check.get()
    except TimeoutError:
        return f"no answer within {PATIENCE_S:g} s"
    except CarelineError as error:
        return error.message
    except Exception as error:  # noqa: BLE001 - whatever it is, the part does not work
        return type(error).__name__
