"""``python -m ulmengine``: the command line."""

import sys


def _run() -> int:
    try:
        from ulmengine.cli import main  # here: what it needs is opened for a second, in which Ctrl+C may come

        return main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(_run())
