"""``python -m reverse_oldify`` is ``reverse-oldify``."""

import sys

from reverse_oldify.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
