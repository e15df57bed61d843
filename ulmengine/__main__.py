"""``python -m ulmengine``: the command line."""

import sys

if __name__ == "__main__":
    try:
        from ulmengine.cli import main  # here: what it needs takes a second to open, in which Ctrl+C may come

        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
