"""What each notebook checks, prints and draws: one module per notebook."""
