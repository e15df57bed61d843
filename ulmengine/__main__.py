"""``python -m ulmengine``: the command line."""

import sys

from ulmengine.cli import main

if __name__ == "__main__":
    sys.exit(main())
