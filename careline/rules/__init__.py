"""Pure decisions: what follows from what happened. No store, no clock, no network; ``now`` is always an argument."""
