"""Where the program begins. Loaded first, so it imports nothing but ``sys``: ``--version`` and TAB answer at once."""

import sys


def main() -> int:
    """Run the command line of this process and return its exit code."""
    words = sys.argv[1:]
    try:
        if words in (["--version"], ["-V"]):
            return _version()
        if words[:1] == ["__names"]:
            from cli.names import answer

            return answer(words[1:])
        import os

        from cli.app import start

        return start(words, os.environ)
    except KeyboardInterrupt:
        return 130


def _version() -> int:
    from careline import __version__

    try:
        print(f"careline {__version__}", flush=True)  # noqa: T201  the streams' own module would cost more than the answer
    except OSError as error:
        import os

        os._exit(0 if isinstance(error, BrokenPipeError) else 1)  # at an ordinary end Python would complain of the unread line
    return 0
