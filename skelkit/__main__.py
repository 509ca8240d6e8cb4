"""`python -m skelkit` is the `skelkit` command."""

import sys

from .cli.main import main

sys.exit(main())
