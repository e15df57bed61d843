"""``python -m studio``: the same as main.py."""

import sys

from studio.app import main

if __name__ == "__main__":
    sys.exit(main())
