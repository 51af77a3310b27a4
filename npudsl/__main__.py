"""`python -m npudsl` is the command `npudsl`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
