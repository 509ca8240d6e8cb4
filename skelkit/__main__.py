"""`python -m skelkit` is the `skelkit` command."""

import sys

from .cli import main

sys.exit(main())
