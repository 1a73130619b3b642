"""``python -m needlemap``: the `needlemap` command."""

import sys

from viewer.command.main import main

if __name__ == "__main__":
    sys.exit(main())
