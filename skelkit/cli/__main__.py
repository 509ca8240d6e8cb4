"""`python -m skelkit.cli` is the `skelkit` command."""

import sys

from .main import main

sys.exit(main())
