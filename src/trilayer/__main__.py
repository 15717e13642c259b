"""``python -m trilayer`` is ``trilayer``."""

import sys

from trilayer.cli import main

if __name__ == "__main__":
    sys.exit(main())
