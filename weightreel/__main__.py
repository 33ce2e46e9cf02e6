"""`python -m weightreel`."""

import sys

from weightreel.cli import main

sys.exit(main())
