"""Setting up a channel, step by step; a run that stopped half way is finished by the same command."""
