"""careline on a disk that is slow while a file says so: ``SLOW_DISK=FILE python -m tests.reliability.slow_disk WORDS``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from cli.entry import main
from tests.reliability.disk import Disk

SAYS = Path(os.environ["SLOW_DISK"])


def slow(action: str, path: Path) -> None:
    """Let a sync of the webhooks' file take as many seconds as the file says."""
    if action == "sync" and path.name.startswith("inbound.db") and SAYS.exists():
        time.sleep(float(SAYS.read_text()))


if __name__ == "__main__":
    DISK = Disk(slow)
    sys.exit(main())
