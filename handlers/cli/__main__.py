"""`python -m handlers.cli` is `artify`."""

import sys

from handlers.cli import main

sys.exit(main())
