"""`python -m server` is `giangduong`."""

import sys

from server.cli import main

sys.exit(main())
