"""The spare entrance, ``python -m careline``, for where the script is not on the path."""

import sys

from cli.entry import main

sys.exit(main())
