"""Codes that are asked for and drawn by the thousand: how far it has come, and what is said of each."""

from __future__ import annotations

from careline.errors import Interrupted, PartlyDone
from careline.qr.batch import Batch
from cli.output import Column
from cli.runtime import Runtime
from commands._qr import asking

RESULTS = [
    Column("scene", how="id"),
    Column("channel"),
    Column("state", how="state"),
    Column("file"),
    Column("expires_at", "EXPIRES", "when"),
    Column("message"),
    Column("line", how="count", shown=False),
    Column("url", shown=False),
    Column("error", shown=False),
]
AGAIN = "What is done is kept: run it again for the rest."
COUNTED = {"drawn": "drawn and read back", "same": "the same as before", "failed": "failed", "left": "left"}


def work(run: Runtime, batch: Batch) -> None:
    """Ask, note, draw and read back, as far as it goes."""
    try:
        _work(run, batch)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted.", hint=AGAIN) from None


def _work(run: Runtime, batch: Batch) -> None:
    if wanted := batch.to_ask():

        async def ask_them() -> None:
            async with asking(run, wanted) as ask:
                await batch.ask(ask, step)

        with run.progress("codes", len(wanted)) as step:
            run.wait(ask_them())
        run.line.write_names()
    if files := batch.to_draw():
        with run.progress("pictures", files) as step:
            batch.draw(step)


def show(run: Runtime, batch: Batch) -> None:
    """Show each, on a terminal those that went wrong; then raise what a script must know."""
    states = [batch.state(one) for one in batch.wanted]
    bad = [one for one, state in zip(batch.wanted, states, strict=True) if state in ("failed", "left")]
    if not run.on_screen:
        run.show([batch.record(one) for one in batch.wanted], columns=RESULTS)
    elif bad:
        limit = len(bad) if run.limit is None else run.limit
        run.show([batch.record(one) for one in bad[:limit]], columns=RESULTS, more=max(0, len(bad) - limit))
    said = [f"{states.count(state):,} {words}" for state, words in COUNTED.items() if state in states]
    run.say(f"{len(states):,} {'code' if len(states) == 1 else 'codes'}: {', '.join(said)}")
    if not bad:
        return
    why = batch.stopped or next(iter(batch.failed.values()))
    if not batch.drawn and not batch.same:
        raise why
    hint = "\n".join(filter(None, (why.message, why.hint, AGAIN)))
    raise PartlyDone(f"{len(bad):,} of {len(states):,} codes were not drawn.", hint=hint, platform_code=why.platform_code)
