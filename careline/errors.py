"""What can go wrong, in words a person can act on, and the exit code each way of failing has.

An error says what failed, why in the platform's words, and one command to run next. The shell of the program turns it into
text or JSON; nothing here prints.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """The exit codes, one enum for all of careline. ``careline help exit-codes`` prints this table."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    CREDENTIALS = 4
    NOT_FOUND = 5
    REFUSED = 6
    OUTSIDE_WINDOW = 7
    NOT_SENT = 8
    CONFIGURATION = 9
    BUSY = 10
    ATTENTION = 11
    NOT_SETTLED = 12
    INTERRUPTED = 130


class CarelineError(Exception):
    """Something failed. ``code`` is a stable word for scripts, ``run`` the one command to run next.

    ``hint`` may have several lines; ``platform_code`` and ``trace_id`` are the platform's own.
    """

    exit: ClassVar[Exit] = Exit.FAILED
    code: str = "failed"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        run: str = "",
        platform_code: str = "",
        trace_id: str = "",
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.hint = hint
        self.run = run
        self.platform_code = platform_code
        self.trace_id = trace_id
        self.retry_after_s = retry_after_s


class Failed(CarelineError):
    """It did not work and none of the kinds below says why: look first."""


class Usage(CarelineError):
    """The command line asks for something that cannot be: nothing was tried."""

    exit = Exit.USAGE
    code = "usage"


class PartlyDone(CarelineError):
    """Some of several were done and some failed; what was done stays done."""

    exit = Exit.PARTLY
    code = "partly_done"


class CredentialsRefused(CarelineError):
    """A secret is missing, or the platform refuses it. Nothing was sent."""

    exit = Exit.CREDENTIALS
    code = "credentials"


class NotFound(CarelineError):
    """The thing named does not exist."""

    exit = Exit.NOT_FOUND
    code = "not_found"


class Refused(CarelineError):
    """The platform or the customer's opt-out said no: never again unchanged. Nothing was sent."""

    exit = Exit.REFUSED
    code = "refused"


class OutsideWindow(CarelineError):
    """The customer service window is closed or its quota used up. Nothing was sent."""

    exit = Exit.OUTSIDE_WINDOW
    code = "window_closed"


class SessionHeld(CarelineError):
    """WeCom: a servicer has the customer's session, or it has ended, and only they may write. Nothing was sent."""

    exit = Exit.OUTSIDE_WINDOW
    code = "session_held"


class NotSent(CarelineError):
    """Proven not sent: rate limit, service or network down. Safe to run again as it stands."""

    exit = Exit.NOT_SENT
    code = "not_sent"


class Misconfigured(CarelineError):
    """A setting is wrong or missing, or the store is on hold."""

    exit = Exit.CONFIGURATION
    code = "configuration"


class Busy(CarelineError):
    """Another run holds the lock."""

    exit = Exit.BUSY
    code = "busy"


class StoreUnreachable(CarelineError):
    """The store's server does not answer: nothing was sent. Safe to run again as it stands."""

    exit = Exit.NOT_SENT
    code = "store_unreachable"


# What is wrong with the store itself and passes or is mended: never the fault of what was to be written.
STORE_TROUBLE = frozenset(
    {
        "store_locked",
        "store_unreachable",
        "store_not_writable",
        "store_damaged",
        "store_newer",
        "store_older",
        "store_sealed",
        "store_incomplete",
        "disk_full",
        "disk_failed",
        "memory_full",
        "server_failed",
    }
)


# The store became another one: a program that is running must stop, and whoever starts it look.
STORE_CHANGED = frozenset({"store_newer", "store_older", "store_sealed", "store_incomplete"})


class Unknown(CarelineError):
    """The request may have reached the platform: perhaps sent. Never repeated by careline itself."""

    exit = Exit.NOT_SETTLED
    code = "unknown_outcome"


class Interrupted(CarelineError):
    """A person pressed Ctrl-C; cursors and plans are kept."""

    exit = Exit.INTERRUPTED
    code = "interrupted"
