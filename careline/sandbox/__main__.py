"""``python -m careline.sandbox --home DIR --port P``: the process that ``careline sandbox start --background`` starts."""

from __future__ import annotations

import sys

from careline.sandbox.server import main

raise SystemExit(main(sys.argv[1:]))
