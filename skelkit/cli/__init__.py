"""The `skelkit` command."""
