"""What WeChat allows an Official Account, as data.

Each act of a customer opens a window of its own. A follow through a code is a follow: WeChat gives both the same three messages
for the same minute, so a second window beside it could never allow more. A menu button that opens a page or picks a photo or
place opens nothing, and so does a phone that tells where it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from careline.clock import HOUR, MINUTE
from careline.rules.window import Grant

GRANTS: Mapping[str, Grant] = {  # WeChat's customer-service page, numbers since 2023-06-12
    "message": Grant(5, 48 * HOUR),
    "menu_tap": Grant(3, MINUTE),
    "follow": Grant(3, MINUTE),
    "scan": Grant(3, MINUTE),
    "payment": Grant(None, 48 * HOUR),  # service accounts; said to be without a limit on the same page
}

# Of one push. The longest are a customer's text (some sixteen thousand bytes, in compatible mode twice: as it is and in base64)
# and the result of a mass message (a few hundred rows): this is three times either, and costs a few milliseconds to read.
PUSH_BYTES = 128 * 1024

TEXT_BYTES = 2048  # of UTF-8: some 680 Chinese characters
MENU_CHOICES = 10  # WeChat refuses longer lists (45098) and publishes a number for WeCom only: this one

PERMANENT_SCENES = 100_000  # numeric scenes of permanent codes are 1 to this, and an account has as many codes in all
TEMPORARY_SCENES = 2**32 - 1
SCENE_CHARACTERS = 64
CODE_SECONDS = 30 * 24 * 3600  # the longest life of a temporary code
